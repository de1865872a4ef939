"""Pending runs are taken as they are due, and no more of a task than may be there at once."""

from __future__ import annotations

from procman.core.tasks import transitions
from procman.core.tasks.transitions import Event
from procman.store.rows import as_json, to_run
from procman.typed import NamedTuple

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from typing import Any

    from procman.core.tasks.run import Run
    from procman.store.needs import Database, Value


class Taking(NamedTuple):
    """For `owner`, in one transaction; `begun` counts the runs of each task that are there."""

    db: Database
    sql: Any
    owner: str
    begun: Counter[str]

    def take(self, limits: Mapping[str, int], query: str, most: int | None, *values: Value) -> list[Run]:
        """Claim what a query gives, which takes the tasks that have no place, and the most rows it may give.

        Again when there were too many of one task: others come after them.
        """
        taken: list[Run] = []
        more = most != 0
        while more:
            full = [task for task, places in limits.items() if self.begun[task] >= places]
            left = self.sql.NO_LIMIT if most is None else most - len(taken)
            rows = self.db.rows(query, as_json(full), *values, left)
            new = [run for run in map(to_run, rows) if self._has_place(run, limits)]
            self.db.change_each(self.sql.CLAIM, [(self.owner, run.id) for run in new])
            claimed = [transitions.step(run, Event.CLAIM, owner=self.owner) for run in new]
            taken += [run for run in claimed if run]
            more = len(new) < len(rows)
        return taken

    def _has_place(self, run: Run, limits: Mapping[str, int]) -> bool:
        """Whether one more of its task may be there; then it is."""
        if run.task not in limits:
            return True
        has_place = self.begun[run.task] < limits[run.task]
        self.begun[run.task] += has_place
        return has_place
