"""A connection of its own for the lease of a procman, and for the bell of its app (LISTEN and NOTIFY)."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg

from procman.core.tasks.instance import Renewal
from procman.errors import StoreError
from procman.store.postgres import address, opening
from procman.store.postgres.bell import Bell
from procman.store.postgres.database import Database
from procman.store.postgres.failures import failure
from procman.store.postgres.instances import Instances
from procman.store.postgres.values import storable

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.tasks.instance import Instance


class Line:
    """For one thread. `instance` gives what is to be known of us now."""

    def __init__(self, url: str, app: str, instance: Callable[[], Instance]) -> None:
        self._app, self._shown, self._instance = storable(app), address.shown(url), instance
        self._connect = opening.connector(url, self._shown)
        self._database: Database | None = None
        self._listened = self._missed = False
        self.hears = False
        """Whether others can ring here: not through a pool that gives each transaction another server."""

    def renew(self) -> Renewal:
        """Renew the lease. Raises `StoreError`."""
        self._found().connect()
        sent, before = time.monotonic(), time.time()
        clock, silent, due, orphaned = Instances(self._found(), self._app).renew(self._instance(), before)
        ahead = (before + time.time()) / 2 - clock
        return Renewal(sent, ahead, silent, due or not self.hears, orphaned)

    def fileno(self) -> int:
        """What becomes readable when somebody may have rung; -1 where nobody can ring."""
        return self._found().connection.fileno() if self.hears else -1

    def rung(self) -> bool:
        """Whether somebody else has rung, or may have. Raises `StoreError` when the connection is lost."""
        if not self.hears:
            return False
        connection = self._found().connection
        missed, self._missed = self._missed, False
        try:
            who = {each.payload for each in connection.notifies(timeout=0)}
            return missed or who - {self._instance().name} != set()
        except psycopg.Error as error:
            raise failure(error, self._shown) from error

    def close(self, leave: bool) -> None:
        """The end; `leave` gives the lease back first."""
        with suppress(StoreError):
            if leave and self._database:
                Instances(self._database, self._app).leave(self._instance().name)
        if self._database:
            self._database.close()

    def _found(self) -> Database:
        """The connection, made anew if it was lost; it listens."""
        if self._database is None:
            self._database = Database(self._listening, self._shown)
        return self._database

    def _listening(self) -> psycopg.Connection[Any]:
        connection = self._connect()
        number = opening.prepare(connection, self._app, self._shown)
        self.hears = connection.prepare_threshold is not None
        try:
            if self.hears:
                connection.execute(f"LISTEN {Bell(self._app, number).channel}")
        except psycopg.Error as error:
            connection.close()
            raise failure(error, self._shown) from error
        self._missed, self._listened = self._listened, True
        return connection
