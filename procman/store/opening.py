"""Finding, making and checking the file; a damaged one is put aside, never deleted."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager, suppress

from procman.errors import RefusedError, StoreError
from procman.statefolder import check, open_file
from procman.store.failures import BUSY_SECONDS, DAMAGED, code, failure
from procman.store.rows import words_as_json
from procman.typed import NamedTuple

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = ("schema.sql", "schema2.sql")
"""The n-th makes version n (`PRAGMA user_version`) of the one before."""
CHECKED_BYTES = 1 << 20
"""Files up to this size are read as a whole when they are opened: that takes 3 ms a megabyte."""
OLDEST_SQLITE = (3, 37, 0)
"""Which has STRICT tables."""
OWN_NAME = "procman.db"
NOT_OURS = "damaged or no SQLite file, and it may have more in it than jobs: bring it back from a backup"
PARTS = ("", "-wal", "-shm")
"""The file, its write-ahead log and the index of that."""


class Opened(NamedTuple):
    """A connection to a sound file. `moved_aside` is where the damaged one is that was there before."""

    connection: sqlite3.Connection
    file: os.stat_result
    moved_aside: str | None = None


def open_database(path: str, patience: float = BUSY_SECONDS) -> Opened:
    """Open a file of the current version: the one that is there, brought up to date, or a new one.

    Others may have it locked for `patience` seconds. Raises `StoreError`.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        raise RefusedError(f"this Python has SQLite {sqlite3.sqlite_version}: {needed} or newer is needed")
    try:
        found = _connect(path, patience)
        if found and _is_sound(found.connection, path):
            return found
        try:
            return _begin_anew(path, patience)
        finally:
            if found:
                found.connection.close()  # not before: to close a file where it belongs changes it
    except (sqlite3.Error, OSError) as error:
        raise failure(error, path) from error


def _begin_anew(path: str, patience: float) -> Opened:
    with _alone(path, patience):
        found = _connect(path, patience)
        if found and _is_sound(found.connection, path):  # somebody else was faster
            return found
        aside = _put_aside(path)
        if found:
            found.connection.close()
        _make(path)
        made = _connect(path)
        assert made, "nobody takes it away but who has the lock"
        return made._replace(moved_aside=aside)


def _connect(path: str, patience: float = BUSY_SECONDS) -> Opened | None:
    """None when there is no file; SQLite must not make it, for others could read that."""
    for part in PARTS:
        check(path + part)
    try:
        file = os.stat(path)
    except FileNotFoundError:
        return None
    try:
        return Opened(_connection(path, patience=patience), file)
    except sqlite3.OperationalError:
        if _is_there(path, file):
            raise
        return None  # somebody has put it aside just now


def _is_there(path: str, file: os.stat_result) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.stat(path), file)
    return False


def _connection(path: str, mode: str = "rw", patience: float = BUSY_SECONDS) -> sqlite3.Connection:
    name = os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return sqlite3.connect(
        f"file://{name}?mode={mode}",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
    )


def _is_sound(connection: sqlite3.Connection, path: str) -> bool:
    """Whether it is a store; brings it up to date. Raises what stands in the way of an answer."""
    try:
        version = _version(connection)
        if not _is_ours_alone(path) and _is_to_lodge(connection, path, version):
            _migrate(connection, path)
            _log_ahead(connection, path)
            return True
        if version > len(SCRIPTS):
            raise RefusedError(
                f"{path} was written by a newer procman (schema {version}, this one knows {len(SCRIPTS)}):"
                " upgrade procman"
            )
        if not version or not _is_whole(connection, path):
            return False
        if version < len(SCRIPTS):
            _migrate(connection, path)
        return True
    except (sqlite3.Error, OSError, StoreError) as error:
        if code(error) in DAMAGED:
            return False
        connection.close()
        raise


def _is_ours_alone(path: str) -> bool:
    """Whether nobody else has anything in the file. Another one may be the app's own database."""
    return os.path.basename(path) == OWN_NAME


def _is_to_lodge(connection: sqlite3.Connection, path: str, version: int) -> bool:
    from procman.store import lodging  # few apps have such a file

    return lodging.is_new(connection, path, version)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_whole(connection: sqlite3.Connection, path: str) -> bool:
    """Read what every command needs, and all of a small file."""
    for table in ("runs ORDER BY id DESC", "tasks", "pasts", "sqlite_sequence"):
        connection.execute(f"SELECT * FROM {table} LIMIT 100").fetchall()
    if os.path.getsize(path) > CHECKED_BYTES:
        return True
    return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")


def _migrate(connection: sqlite3.Connection, path: str) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if not _version(connection) and not _is_ours_alone(path):
            from procman.store import lodging

            lodging.check(connection, path)
        connection.create_function("words_as_json", 1, words_as_json)
        for name in SCRIPTS[_version(connection) :]:
            with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as script:
                for statement in _statements(script):
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(SCRIPTS)}")


def _statements(script: Iterator[str]) -> Iterator[str]:
    """One by one: `executescript` would end the transaction."""
    statement = ""
    for line in script:
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _make(path: str) -> None:
    """It appears when it is complete, and for its owner only; SQLite gives the other parts the same mode."""
    new = f"{path}.new"
    for left in (new, f"{new}-journal", f"{new}-wal", f"{new}-shm"):  # by one that was killed here
        if os.path.lexists(left):
            os.unlink(left)
    _make_empty(new)
    with closing(_connection(new)) as connection:
        _migrate(connection, path)
        _log_ahead(connection, path)
    os.rename(new, path)


def _log_ahead(connection: sqlite3.Connection, path: str) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(f"{path}: this file system lets no processes share memory: use a local disk")


def _make_empty(path: str) -> None:
    os.close(open_file(path))


@contextmanager
def _alone(path: str, patience: float) -> Iterator[None]:
    """Let one at a time make or replace the file; one that is killed leaves no lock behind."""
    lock = f"{path}.lock"
    check(lock)
    # SQLite makes it: were it closed here, all locks on it that other threads have would go (fcntl(2)).
    try:
        connection = _connection(lock, mode="rwc", patience=patience)
    except sqlite3.OperationalError:
        _make_empty(lock)  # the system says why it cannot be made
        raise
    with closing(connection):
        os.chmod(lock, 0o600)
        connection.execute("BEGIN EXCLUSIVE")
        yield


def _put_aside(path: str) -> str | None:
    """Rename what is there. The file first: nobody may open it without its log.

    A log without a file goes, too: SQLite would take it for that of the new file.
    """
    found = [part for part in PARTS if os.path.lexists(path + part)]
    if not found:
        return None
    if not _is_ours_alone(path) and os.path.lexists(path):
        raise RefusedError(f"{path}: {NOT_OURS}")
    aside = _unused(f"{path}.corrupt-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    for part in found:
        os.rename(path + part, aside + part)
    return aside


def _unused(name: str) -> str:
    unused, number = name, 1
    while any(os.path.lexists(unused + part) for part in PARTS):
        number += 1
        unused = f"{name}-{number}"
    return unused
