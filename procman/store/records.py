"""The rows of the tables, read and written: what every question and every change is made of."""

from __future__ import annotations

import os

from procman.core.tasks.past import Past
from procman.core.tasks.run import Run, TaskState
from procman.store import statements as sql
from procman.store.database import Database
from procman.store.failures import BUSY_SECONDS
from procman.store.opening import open_database
from procman.store.rows import from_run, to_past, to_run

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from procman.store.database import Log, Value


class Records:
    """A store that is open. `moved_aside` is where the damaged file is kept that was there before.

    Others may have it locked for `patience` seconds when it is opened, and for `waits` at each call.
    """

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
            self._db = Database(self._path, opened, self._durable, self._waits)
        except BaseException:
            opened.connection.close()
            raise

    def together(self) -> AbstractContextManager[None]:
        return self._db.together()

    def close(self) -> None:
        self._db.close()

    @property
    def moved(self) -> bool:
        """Whether another file is at its path now, or none."""
        return self._db.moved

    def log(self) -> Log:
        """What has to be flushed for that which was written to be on the disk."""
        return self._db.log()

    def _anywhere(self) -> AbstractContextManager[None]:
        """A transaction in the file that is there now: what is asked for has no past in another."""
        if self._db.moved and not self._db.in_transaction:
            self._db.close()
            self._open(self._waits)
        return self._db.together()

    def _runs(self, where: str, *values: Value) -> list[Run]:
        return [to_run(row) for row in self._db.rows(f"{sql.RUNS} WHERE {where}", *values)]

    def _insert(self, run: Run) -> int | None:
        """The id; None when the tick has a row, which is looked for first: a refused insert uses up an id."""
        if run.tick is not None and self._db.rows(sql.HAS_ROW, run.task, run.tick, run.attempt):
            return None
        return self._db.insert(sql.INSERT_RUN, *from_run(run))

    def _finish(self, run: Run) -> None:
        measured = run.output_bytes, run.truncated, run.max_rss_bytes, run.cpu_s
        self._db.change(
            sql.FINISH, run.at, run.outcome, run.ended_at, run.code, run.reason, *measured, run.id
        )
        self._db.change(sql.PUT_PAST, *self._past(run.task).with_end(run))

    def _state(self, task: str) -> TaskState:
        found = self._db.rows(f"{sql.STATES} WHERE name = ?", task)
        return TaskState(*found[0]) if found else TaskState(task)

    def _past(self, task: str) -> Past:
        found = self._db.rows(f"{sql.PASTS} WHERE task = ?", task)
        return to_past(found[0]) if found else Past(task)
