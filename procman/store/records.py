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
    from collections.abc import Collection, Iterator
    from contextlib import AbstractContextManager

    from procman.store.database import Log, Row, Value

MOST_AT_ONCE = 500
"""Values in a query: SQLite takes 32,766 (https://sqlite.org/limits.html), or 999 where it is told so."""


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
        """The id; None when its tick has a row."""
        return self._db.insert(sql.INSERT_RUN, *from_run(run))

    def _finish(self, run: Run) -> None:
        measured = run.output_bytes, run.truncated, run.max_rss_bytes, run.cpu_s
        self._db.change(
            sql.FINISH, run.at, run.outcome, run.ended_at, run.code, run.reason, *measured, run.id
        )
        self._db.change(sql.PUT_PAST, *self._past(run.task).with_end(run))

    def _state(self, task: str) -> TaskState:
        return self._states([task])[task]

    def _past(self, task: str) -> Past:
        return self._pasts([task])[task]

    def _states(self, tasks: Collection[str]) -> dict[str, TaskState]:
        found = (TaskState(*row) for row in self._of_tasks(f"{sql.STATES} WHERE name", tasks))
        return {task: TaskState(task) for task in tasks} | {state.name: state for state in found}

    def _pasts(self, tasks: Collection[str]) -> dict[str, Past]:
        found = map(to_past, self._of_tasks(f"{sql.PASTS} WHERE task", tasks))
        return {task: Past(task) for task in tasks} | {past.task: past for past in found}

    def _of_tasks(self, query: str, tasks: Collection[str]) -> Iterator[Row]:
        """A query for many at once: one for each takes five times as long."""
        names = [*tasks]
        for at in range(0, len(names), MOST_AT_ONCE):
            some = names[at : at + MOST_AT_ONCE]
            yield from self._db.rows(f"{query} IN ({', '.join('?' * len(some))})", *some)
