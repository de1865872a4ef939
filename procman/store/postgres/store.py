"""The store in PostgreSQL; what each call promises stands in `procman.engine.store`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.tasks import transitions
from procman.store.claims import Claims
from procman.store.postgres import opening
from procman.store.postgres.database import Database
from procman.store.postgres.instances import Instances
from procman.store.postgres.statements import Statements
from procman.store.requests import Requests
from procman.store.rows import from_run

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from procman.core.tasks.run import Request


class PostgresStore(Claims, Requests):
    """For one thread at a time. Others may be in the same database, also with other apps."""

    moved_aside: str | None = None
    moved = False

    def __init__(self, url: str, app: str, shown: str) -> None:
        connect = opening.connector(url, shown)
        connection = connect()
        try:
            number = opening.prepare(connection, app, shown)
        finally:
            connection.close()
        self.app = app
        self._sql = Statements(app, number)
        self._db = self._server = Database(connect, shown, opening.OF_SCHEMA << 24 | number)
        self.instances = Instances(self._server, app)

    def request(self, request: Request) -> tuple[int, bool]:
        if request.key is None:
            return super().request(request)
        run = transitions.of_request(request)
        with self._asking():
            if found := self._server.rows(self._sql.INSERT_KEYED, *from_run(run)):
                return found[0][0], True
            return self._server.rows(self._sql.SAME_KEY, request.task, request.key)[0][0], False

    def _asking(self) -> AbstractContextManager[None]:
        """No scheduler is waited for: a run that is asked for changes nothing that they count with."""
        return self._server.together(alone=False)
