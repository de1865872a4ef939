"""Pending runs are taken as they are due, and no more of a task than may be there at once."""

from __future__ import annotations

from procman.core.tasks import transitions
from procman.core.tasks.transitions import Event
from procman.store.rows import as_json, to_run
from procman.typed import NamedTuple

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence
    from typing import Any

    from procman.core.tasks.run import Run
    from procman.store.needs import Database, Query, Row, Value


class Wanted(NamedTuple):
    """Rows that a query gives, which takes the tasks that have no place, then `values`, then how many rows it
    may give: `most`, or all. Of a task in `limits` no more than may be there."""

    query: str
    values: tuple[Value, ...]
    limits: Mapping[str, int]
    most: int | None = None


class Taking(NamedTuple):
    """For `owner`, in one transaction; `begun` counts the runs of each task that are there."""

    db: Database
    sql: Any
    owner: str
    begun: Counter[str]

    def take(self, all_: Sequence[Wanted]) -> list[Run]:
        """Claim what is wanted, one after the other; all are asked for at once."""
        some = [wanted for wanted in all_ if wanted.most != 0]
        found = self.db.rows_each([self._query(wanted, 0) for wanted in some])
        return [run for wanted, rows in zip(some, found, strict=True) for run in self._take(wanted, rows)]

    def _take(self, wanted: Wanted, rows: Sequence[Row]) -> list[Run]:
        """Again when there were too many of one task: others come after them."""
        taken: list[Run] = []
        while True:
            new = [run for run in map(to_run, rows) if self._has_place(run, wanted.limits)]
            self.db.change_each(self.sql.CLAIM, [(self.owner, run.id) for run in new])
            claimed = [transitions.step(run, Event.CLAIM, owner=self.owner) for run in new]
            taken += [run for run in claimed if run]
            if len(new) == len(rows):
                return taken
            (rows,) = self.db.rows_each([self._query(wanted, len(taken))])

    def _query(self, wanted: Wanted, taken: int) -> Query:
        full = [task for task, places in wanted.limits.items() if self.begun[task] >= places]
        left = self.sql.NO_LIMIT if wanted.most is None else wanted.most - taken
        return wanted.query, (as_json(full), *wanted.values, left)

    def _has_place(self, run: Run, limits: Mapping[str, int]) -> bool:
        """Whether one more of its task may be there; then it is."""
        if run.task not in limits:
            return True
        has_place = self.begun[run.task] < limits[run.task]
        self.begun[run.task] += has_place
        return has_place
