"""A store in a SQLite file: opened by its path, and again where another file is there."""

from __future__ import annotations

import os

from procman.store import statements
from procman.store.database import Database
from procman.store.failures import BUSY_SECONDS
from procman.store.opening import open_database
from procman.store.records import Records
from procman.store.requests import Requests
from procman.store.rows import from_run

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from procman.core.tasks.run import Run
    from procman.store.database import Log


class InFile(Records):
    """`moved_aside` is where the damaged file is kept that was there before.

    Others may have it locked for `patience` seconds when it is opened, and for `waits` at each call.
    """

    _sql = statements

    def __init__(
        self,
        path: str,
        durable: bool = False,
        patience: float = BUSY_SECONDS,
        waits: float = BUSY_SECONDS,
    ) -> None:
        self._path, self._durable, self._waits = os.path.abspath(path), durable, waits
        self._open(patience)

    def _open(self, patience: float) -> None:
        opened = open_database(self._path, patience)
        self.moved_aside = opened.moved_aside
        try:
            self._db = self._file = Database(self._path, opened, self._durable, self._waits)
        except BaseException:
            opened.connection.close()
            raise

    @property
    def moved(self) -> bool:
        """Whether another file is at its path now, or none."""
        return self._file.moved

    def log(self) -> Log:
        """What has to be flushed for that which was written to be on the disk."""
        return self._file.log()

    def _insert_each(self, runs: Sequence[Run]) -> list[int | None]:
        return self._file.insert_each(self._sql.INSERT_RUN, [from_run(run) for run in runs])

    def _asking(self) -> AbstractContextManager[None]:
        """A transaction in the file that is there now: what is asked for has no past in another."""
        if self._file.moved and not self._file.in_transaction:
            self._db.close()
            self._open(self._waits)
        return self._db.together()


class FileRequests(InFile, Requests):
    """All that an app needs."""
