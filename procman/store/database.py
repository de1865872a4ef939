"""One SQLite file: statements, transactions, and what goes wrong with them."""

from __future__ import annotations

import os
import sqlite3
import time

from procman.errors import StoreError
from procman.store.failures import BUSY_SECONDS, code, failure
from procman.store.transactions import Transactions

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    from procman.store.needs import Query, Row, Value
    from procman.store.opening import Opened

ASK_AGAIN_SECONDS = 0.001


class Database(Transactions):
    """A connection. Each statement is a transaction of its own, unless it is made inside `together`.

    With `durable`, a transaction is on the disk when it is over. What goes wrong is a `StoreError`.
    Others may have it for `patience` seconds, or that is one. For one thread at a time. After fork(2) the
    child's copy is dead: SQLite would take the locks of the parent for its own, and write where no one reads.
    """

    def __init__(self, path: str, opened: Opened, durable: bool, patience: float = BUSY_SECONDS) -> None:
        self._path = path
        self._connection = opened.connection
        self._file = opened.file
        self._durable = durable
        self._patience = patience
        self._process = os.getpid()
        self._log: Log | None = None
        self.change("PRAGMA busy_timeout = 0")
        self.change("PRAGMA synchronous = NORMAL")  # flushes the log only before it is copied into the file
        self.change("PRAGMA secure_delete = OFF")  # Debian's default writes zeros over what is deleted

    @property
    def moved(self) -> bool:
        """Whether the file is no longer the one at its path: deleted, or put aside as damaged."""
        try:
            return not os.path.samestat(os.stat(self._path), self._file)
        except OSError:
            return True

    @property
    def in_transaction(self) -> bool:
        """Whether this is asked inside `together`."""
        return self._depth > 0

    def close(self) -> None:
        """Close the connection; the last one to do so tidies the write-ahead log away."""
        self._log = None
        if self._process == os.getpid() or not self._connection.in_transaction:
            self._connection.close()  # to undo what the parent is about to write would be its damage

    def log(self) -> Log:
        """Where the transactions are written, which `durable` ones have flushed. Raises `StoreError`."""
        if self._log is None:
            try:
                self._log = Log(self._path)
            except OSError as error:
                raise failure(error, self._path) from error
        return self._log

    def together(self) -> AbstractContextManager[None]:
        """All inside is one transaction: an error in it, even one that is caught, undoes all."""
        return self._nested(self._begin)

    def rows(self, sql: str, *values: Value) -> list[Row]:
        """What a query gives."""
        return self._execute(sql, values)[0]

    def rows_each(self, queries: Iterable[Query]) -> list[list[Row]]:
        """What each query gives, with its values."""
        return [self._execute(*query)[0] for query in queries]

    def change(self, sql: str, *values: Value) -> None:
        """Have a statement change something."""
        self._execute(sql, values)

    def change_each(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Have a statement change something for each row of values; inside `together`."""
        self._execute(sql, [*rows], many=True)

    def insert_each(self, sql: str, rows: Sequence[Sequence[Value]]) -> list[int | None]:
        """Have rows inserted: the id of each, None where the statement did not."""
        cursors = [self._execute(sql, values)[1] for values in rows]
        return [cursor.lastrowid if cursor.rowcount > 0 else None for cursor in cursors]

    def _execute(
        self, sql: str, values: Sequence[Any], many: bool = False
    ) -> tuple[list[Row], sqlite3.Cursor]:
        if self._failed:
            raise StoreError(f"{self._path}: the transaction failed before: nothing of it is kept")
        if self._process != os.getpid():
            raise StoreError(f"{self._path}: opened before a fork: each process opens its own")
        try:
            return self._wait_and_execute(sql, values, many)
        except UnicodeEncodeError:
            return self._execute(sql, encodable(values), many)
        except (sqlite3.Error, OverflowError) as error:
            self._failed = self._depth > 0
            raise failure(error, self._path) from error

    def _wait_and_execute(
        self, sql: str, values: Sequence[Any], many: bool
    ) -> tuple[list[Row], sqlite3.Cursor]:
        """Ask again while others have the file. SQLite asks too seldom: some would wait for seconds."""
        deadline = None
        execute = self._connection.executemany if many else self._connection.execute
        while True:
            try:
                cursor = execute(sql, values)
                return cursor.fetchall(), cursor
            except sqlite3.OperationalError as error:
                deadline = deadline or time.monotonic() + self._patience
                if code(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    raise
                time.sleep(ASK_AGAIN_SECONDS)

    def _begin(self) -> None:
        if self.moved:
            raise StoreError(f"{self._path}: moved or deleted while it was in use: try again")
        self.change("BEGIN IMMEDIATE")  # who reads before it writes could be refused the lock

    def _commit(self) -> None:
        """Flush, if at all, after the commit: others write meanwhile, and one flush serves them all.

        That is what SQLite's `synchronous = FULL` does as part of the commit, one process after the other.
        """
        self.change("COMMIT")
        if self._durable:
            self.log().flush()

    def _end(self) -> None:
        self._failed = False
        if self._process != os.getpid():
            return
        if self._connection.in_transaction:  # SQLite itself ends it after some errors
            self.change("ROLLBACK")


class Log:
    """The write-ahead log of a store, to be flushed apart from its connection, also while that is closed.

    The locks of SQLite are on other files: closing this one drops none of them (fcntl(2)).
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd = -1
        _flush_folder(path)
        self._fd = os.open(f"{path}-wal", os.O_RDONLY | os.O_CLOEXEC)

    def flush(self) -> None:
        """What is committed is on the disk when this is back. Raises `StoreError`."""
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise failure(error, self._path) from error

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        if self._fd >= 0:
            close(self._fd)


def _flush_folder(path: str) -> None:
    """So that the names of new files are on the disk, too."""
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def encodable(value: Any) -> Any:
    r"""Text without lone surrogates, which UTF-8 does not have: they are written as `\udc80`."""
    if isinstance(value, list | tuple):
        return [encodable(each) for each in value]
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value
