"""The store in PostgreSQL; what each call promises stands in `procman.engine.store`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.tasks import transitions
from procman.store.claims import Claims
from procman.store.postgres import address, opening
from procman.store.postgres.bell import Bell
from procman.store.postgres.database import Database
from procman.store.postgres.instances import Instances
from procman.store.postgres.statements import Statements
from procman.store.requests import Requests
from procman.store.rows import from_run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager

    from procman.core.tasks.run import Ending, Request, Run

LOOKED_SECONDS = 40.0
"""A scheduler looks every 30 s at what is due."""


class PostgresStore(Claims, Requests):
    """For one thread at a time. Others may be in the same database, also with other apps."""

    moved_aside: str | None = None
    moved = False
    name = ""
    """Who asks: a procman with a lease, which is not rung by what it writes itself."""
    look: Callable[[Collection[str]], None] = staticmethod(lambda living: None)
    """Told who lives, before all runs are looked at that are open."""

    def __init__(self, url: str, app: str) -> None:
        self.app, shown = app, address.shown(url)
        connect = opening.connector(url, shown)
        connection = connect()
        try:
            number = opening.prepare(connection, app, shown)
        finally:
            connection.close()
        self._sql = Statements(app, number)
        self._db = self._server = Database(connect, shown, opening.OF_SCHEMA << 24 | number)
        self.instances = Instances(self._server, app)
        self._number = number

    @property
    def _bell(self) -> Bell:
        return Bell(self.app, self._number, self.name)

    def request(self, request: Request) -> tuple[int, bool]:
        run = transitions.of_request(request)
        with self._asking():
            self._ring_for(request.due - request.created_at)
            if request.key is None:
                return self._insert(run) or 0, True
            if found := self._server.rows(self._sql.INSERT_KEYED, *from_run(run)):
                return found[0][0], True
            return self._server.rows(self._sql.SAME_KEY, request.task, request.key)[0][0], False

    def cancel(self, run: int, now: float) -> bool:
        with self.together():
            self._ring()
            return super().cancel(run, now)

    def pause(self, task: str, now: float) -> bool:
        with self.together():
            self._ring()
            return super().pause(task, now)

    def resume(self, task: str, now: float) -> bool:
        with self.together():
            self._ring()
            return super().resume(task, now)

    def finish(self, run: int, ending: Ending, retry_due: float | None = None) -> Run | None:
        with self.together():
            self._server.before_commit(self._bell.if_ticks_wait)
            return super().finish(run, ending, retry_due)

    def continue_after(self, number: int) -> None:
        """Give no run a number up to this one."""
        if self.last_id() < number:
            self._server.rows(self._sql.CONTINUE, number)

    def recover(self, gone: Callable[[Run], bool], rerun: Collection[str], now: float) -> list[Run]:
        with self.together():
            self.look(self.instances.living())
            return super().recover(gone, rerun, now)

    def _ring(self) -> None:
        """Have the other procmans of the app look, once this is committed."""
        self._server.before_commit(self._bell.ring)

    def _ring_for(self, seconds: float) -> None:
        """They look from time to time anyway: that is soon enough for what is due later."""
        if seconds < LOOKED_SECONDS:
            self._ring()

    def _asking(self) -> AbstractContextManager[None]:
        """No scheduler is waited for: a run that is asked for changes nothing that they count with."""
        return self._server.together(alone=False)
