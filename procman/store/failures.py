"""What SQLite and the system report, in words that say what to do."""

from __future__ import annotations

import errno
import os
import sqlite3

from procman.errors import StoreBusyError, StoreError
from procman.shortages import reason

BUSY_SECONDS = 10.0
"""How long others may keep a store before that is an error."""
FILES = 4
"""The store, its journal, their shared memory and a folder."""
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
PERMISSIONS = "see that you own it and its folder, and may write there"
FULL = "the disk is full: make room"
OF_SQLITE = {
    sqlite3.SQLITE_BUSY: f"another program has locked it for {BUSY_SECONDS:g} s: end that program",
    sqlite3.SQLITE_READONLY: f"it cannot be written: {PERMISSIONS}",
    sqlite3.SQLITE_PERM: f"permission denied: {PERMISSIONS}",
    sqlite3.SQLITE_CANTOPEN: f"it cannot be opened: {PERMISSIONS}",
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: "the disk refused: see that it has room and is well",
    sqlite3.SQLITE_CORRUPT: "damaged: move it away, and procman begins a new one",
    sqlite3.SQLITE_NOTADB: "damaged: move it away, and procman begins a new one",
}
OF_SYSTEM = {
    errno.EACCES: f"permission denied: {PERMISSIONS}",
    errno.EPERM: f"permission denied: {PERMISSIONS}",
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
}


def code(error: BaseException) -> int:
    """The primary result code of SQLite (sqlite.org/rescode.html); 0 for an error that is not its own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def failure(error: Exception, path: str) -> StoreError:
    """What went wrong with the store at this path."""
    if isinstance(error, OSError):
        return StoreError(f"{path}: {OF_SYSTEM.get(error.errno or 0) or reason(error)}")
    if code(error) == sqlite3.SQLITE_CANTOPEN and (why := _no_files_left()):
        return failure(why, path)
    text = OF_SQLITE.get(code(error))
    kind = StoreBusyError if code(error) == sqlite3.SQLITE_BUSY else StoreError
    return kind(f"{path}: {error}" if text is None else f"{path}: {text} ({error})")


def _no_files_left() -> OSError | None:
    """SQLite does not tell what the system said, so try whether as many files as it needs can be opened."""
    opened: list[int] = []
    try:
        for _ in range(FILES):
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error
    finally:
        for fd in opened:
            os.close(fd)
    return None
