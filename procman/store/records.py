"""The rows of the tables, read and written: what every question and every change is made of."""

from __future__ import annotations

from itertools import chain

from procman.core.tasks.past import Past
from procman.core.tasks.run import Run, TaskState
from procman.store.rows import to_past, to_run

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    from procman.store.needs import Database, Row, Value

MOST_AT_ONCE = 500
"""Values in a query: SQLite takes 32,766 (https://sqlite.org/limits.html), or 999 where it is told so."""


class Records:
    """A store that is open: its database, and the SQL that this one speaks (`statements`)."""

    _db: Database
    _sql: Any

    @property
    def database(self) -> Database:
        """For who looks at the store as a whole."""
        return self._db

    def together(self) -> AbstractContextManager[None]:
        return self._db.together()

    def close(self) -> None:
        self._db.close()

    def _asking(self) -> AbstractContextManager[None]:
        """A transaction for what is asked for, which waits for no scheduler."""
        return self._db.together()

    def _runs(self, where: str, *values: Value) -> list[Run]:
        return [to_run(row) for row in self._db.rows(f"{self._sql.RUNS_WHERE} {where}", *values)]

    def _insert(self, run: Run) -> int | None:
        """The id; None when its tick has a row."""
        return self._insert_each([run])[0]

    def _insert_each(self, runs: Sequence[Run]) -> list[int | None]:
        """The ids of new runs, in their order; None for one whose tick has a row."""
        raise NotImplementedError

    def _with_pasts(self, runs: Collection[int]) -> tuple[dict[int, Run], dict[str, Past]]:
        """Those of these runs that are there, and the pasts of their tasks."""
        found, pasts = {}, {}
        all_ = self._db.rows_each((self._sql.RUN_WITH_PAST, (run,)) for run in runs)
        for row in chain.from_iterable(all_):
            run, past = to_run(row[: len(Run._fields)]), row[len(Run._fields) :]
            found[run.id] = run
            pasts[run.task] = Past(run.task) if past[0] is None else to_past(past)
        return found, pasts

    def _finish(self, run: Run) -> None:
        measured = run.output_bytes, run.truncated, run.max_rss_bytes, run.cpu_s
        self._db.change(
            self._sql.FINISH, run.at, run.outcome, run.ended_at, run.code, run.reason, *measured, run.id
        )

    def _state(self, task: str) -> TaskState:
        return self._states([task])[task]

    def _past(self, task: str) -> Past:
        return self._pasts([task])[task]

    def _states(self, tasks: Collection[str]) -> dict[str, TaskState]:
        found = (TaskState(*row) for row in self._of_tasks(self._sql.STATES_OF, tasks))
        return {task: TaskState(task) for task in tasks} | {state.name: state for state in found}

    def _pasts(self, tasks: Collection[str]) -> dict[str, Past]:
        found = map(to_past, self._of_tasks(self._sql.PASTS_OF, tasks))
        return {task: Past(task) for task in tasks} | {past.task: past for past in found}

    def _of_tasks(self, query: str, tasks: Collection[str], *values: Value) -> Iterator[Row]:
        """A query for many at once: one for each takes five times as long."""
        names = [*tasks]
        for at in range(0, len(names), MOST_AT_ONCE):
            some = names[at : at + MOST_AT_ONCE]
            yield from self._db.rows(f"{query} IN ({', '.join('?' * len(some))})", *values, *some)
