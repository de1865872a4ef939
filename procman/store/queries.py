"""What people ask the store: what is to come, what was, and what is known of the tasks."""

from __future__ import annotations

from procman.core.tasks.query import EVERYTHING
from procman.core.tasks.run import TaskState
from procman.store.records import Records
from procman.store.rows import to_past, to_run

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from procman.core.tasks.query import Query
    from procman.core.tasks.run import Run, Summary


class Queries(Records):
    """Questions: nothing is changed."""

    def jobs(self, limit: int | None = None) -> list[Run]:
        return self._runs("state = 'pending' ORDER BY due, id LIMIT ?", self._most(limit))

    def count_jobs(self, most: int | None = None) -> int:
        return int(self._db.rows(self._sql.COUNT_JOBS, self._most(most))[0][0])

    def history(self, query: Query | None = None, limit: int | None = None) -> list[Run]:
        where, values = self._sql.asked(query or EVERYTHING)
        rows = self._db.rows(self._sql.HISTORY.format(where=where), *values, *values, self._most(limit))
        runs = sorted(map(to_run, rows), key=lambda run: run.place, reverse=True)
        return runs[:limit]

    def count(self, query: Query | None = None, most: int | None = None) -> int:
        where, values = self._sql.asked(query or EVERYTHING)
        rows = self._db.rows(self._sql.COUNT.format(where=where), *values, *values, self._most(most))
        return int(rows[0][0] if most is None else min(rows[0][0], most))

    def run(self, run: int) -> Run | None:
        found = self._runs("id = ?", run)
        return found[0] if found else None

    def output(self, run: int) -> bytes | None:
        found = self._db.rows(self._sql.OUTPUT, run)
        return found[0][0] if found else None

    def states(self) -> dict[str, TaskState]:
        return {row[0]: TaskState(*row) for row in self._db.rows(self._sql.STATES)}

    def summaries(self) -> dict[str, Summary]:
        pasts = map(to_past, self._db.rows(self._sql.ENDED_PASTS))
        return {past.task: past.summary for past in pasts}

    def last_id(self) -> int:
        found = self._db.rows(self._sql.LAST_ID)
        return found[0][0] if found else 0

    def _most(self, limit: int | None) -> int | None:
        return self._sql.NO_LIMIT if limit is None else limit
