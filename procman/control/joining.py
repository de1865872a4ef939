"""`enqueue(…, connection=…)`: a run that is asked for if a transaction of the app is committed."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from procman import statefolder
from procman.control import connections
from procman.control.announcing import ANNOUNCER
from procman.control.connections import POSTGRESQL, SQLITE
from procman.core.tasks import transitions
from procman.errors import RefusedError, StoreBusyError, StoreError
from procman.store import failures, joined
from procman.store.open import file_of, is_on_server, shown
from procman.store.sharing import SHARING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.tasks.run import Request
    from procman.host.place import Store
    from procman.store.joined import Steps
    from procman.store.needs import Row

DRIVERS = {"psycopg", "psycopg2", "sqlite3", "asyncpg", "pg8000"}
FAILED = {"PendingRollbackError", "TransactionManagementError"}
"""What SQLAlchemy and Django raise instead of asking, after something has failed in a transaction."""
MAIN = 0
"""The database that is no attached one (sqlite.org/pragma.html#pragma_database_list)."""
AGAIN = "its transaction has failed already: roll it back, and ask in a new one"
BUSY = (
    "its database is locked: another transaction writes, or has written since this one has read. Do it again,"
    " or begin it with BEGIN IMMEDIATE"
)
WITHOUT = "leave 'connection' out, and the job can begin before your transaction ends"


class Joining:
    """A run that is asked for; `folder` is that of the app's state."""

    def __init__(self, request: Request, folder: str, store: Store) -> None:
        self._run, self._folder, self._store = transitions.of_request(request), folder, store
        self._on_server = is_on_server(store.where)

    def prepare(self) -> None:
        """See to the store, with a connection of our own. Raises `StoreError`."""
        if self._on_server:
            from procman.store.postgres import sharing

            self._joined = sharing.SHARING.joined(*self._store)
        else:
            self._path = file_of(self._store.where)
            with SHARING.store(self._path, lambda: statefolder.prepare(self._folder)):
                self._joined = joined.IN_FILE

    def write(self, connection: Any) -> int:
        """The number of the run. Raises `TypeError` for what is no connection, and `StoreError`."""
        with self._told():
            number = connections.take(connection, self._steps)
        self._announce(number)
        return number

    async def write_async(self, connection: Any) -> int:
        """`write`, perhaps with a connection that is asynchronous."""
        with self._told():
            number = await connections.take_async(connection, self._steps)
        self._announce(number)
        return number

    def _announce(self, number: int) -> None:
        if not self._on_server:  # a server rings at the commit
            ANNOUNCER.expect(self._path, self._folder, number)

    def _steps(self, speaks: str) -> Steps:
        if speaks != (POSTGRESQL if self._on_server else SQLITE):
            raise RefusedError(f"connection: it is one to {speaks}, and {self._elsewhere(speaks)}")
        if not self._on_server:
            self._check((yield "PRAGMA database_list", ()))
        return (yield from self._joined.steps(self._run))

    def _check(self, databases: list[Row]) -> None:
        """Whether the connection's file is the store. Raises `RefusedError`."""
        path = os.fsdecode(next((path for number, _, path in databases if number == MAIN), None) or "")
        try:
            same = bool(path) and os.path.samestat(os.stat(path), os.stat(self._path))
        except OSError:
            same = False
        if not same:
            its = f"its database is {path}" if path else "its database is no file"
            raise RefusedError(f"connection: {its}, and {self._elsewhere(SQLITE, path)}")

    def _elsewhere(self, speaks: str, path: str = "") -> str:
        """Where the store is, and what to do."""
        told = f"the store is {shown(self._store.where)}"
        url = {POSTGRESQL: "postgresql://…", SQLITE: f"sqlite://{path or '/…'}"}.get(speaks)
        if self._on_server or not url:
            return f"{told}: {WITHOUT}"
        return f"{told}: write 'store: {url}' in procman.yml to have both in one, or {WITHOUT}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What a driver reports is a `StoreError`, in which no value is repeated."""
        try:
            yield
        except Exception as error:
            if type(error).__name__ in FAILED:
                raise StoreError(f"connection: {AGAIN}") from None
            if (cause := _of_driver(error)) is None:
                raise
            raise self._failure(cause) from None

    def _failure(self, error: Exception) -> StoreError:
        if self._on_server:
            from procman.store.postgres import joined, sharing

            sharing.SHARING.forget(*self._store)
            return joined.failure(error, shown(self._store.where))
        told = failures.failure(error, self._path)
        return StoreBusyError(f"connection: {BUSY} ({error})") if isinstance(told, StoreBusyError) else told


def _of_driver(error: BaseException | None) -> Exception | None:
    """The error that a driver has raised, which libraries wrap in their own."""
    while error is not None:
        if isinstance(error, Exception) and type(error).__module__.partition(".")[0] in DRIVERS:
            return error
        error = getattr(error, "orig", None) or error.__cause__
    return None
