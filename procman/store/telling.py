"""What becomes of runs: they have a child, and they end."""

from __future__ import annotations

from procman.core.tasks import transitions
from procman.core.tasks.run import Finish, Start
from procman.store.queries import Queries
from procman.store.rows import from_run

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeVar

    from procman.core.tasks.past import Past
    from procman.core.tasks.run import Ending, Run

    T = TypeVar("T")


class Telling(Queries):
    """Of many runs at once."""

    def tell(self, news: Sequence[Start | Finish]) -> list[Run | None]:
        """Starts first, which no end of another run changes: so all that have ended are read at once."""
        starts = [(*each[1:], each.at, *each.run.origin) for each in news if isinstance(each, Start)]
        with self.together():
            self._db.change_each(self._sql.START, starts)
            runs, pasts = self._with_pasts([each.run.id for each in news if isinstance(each, Finish)])
            known = {**pasts}
            closed = [self._close(each, runs, pasts) if isinstance(each, Finish) else None for each in news]
            self._db.change_each(self._sql.PUT_PAST, changed(pasts, known))
            return closed

    def started(self, run: Run, command: str, pid: int, identity: str | None, at: float) -> None:
        self.tell([Start(run, command, pid, identity, at)])

    def finish(self, run: Run, ending: Ending, retry_due: float | None = None) -> Run | None:
        return self.tell([Finish(run, ending, retry_due)])[0]

    def _close(self, end: Finish, runs: dict[int, Run], pasts: dict[str, Past]) -> Run | None:
        """What has ended, if this closes it, as it then is in both."""
        found = runs.get(end.run.id)
        if not found or found.origin != end.run.origin or not self._is_told_of(found):
            return None
        closed = self._end(found, end.ending, end.retry_due, pasts)
        runs[found.id] = closed or self._noted(found, end.ending)
        return closed

    def _noted(self, run: Run, ending: Ending) -> Run:
        """A run that was over before; how it ended is noted if it was taken for lost."""
        reason = transitions.told_late(run, ending)
        if reason:
            self._db.change(self._sql.NOTE, reason, run.id)
        return run._replace(reason=reason or run.reason)

    def _is_told_of(self, run: Run) -> bool:
        """Whether what we tell of a run counts: it is nobody else's by now."""
        return True

    def _end(self, run: Run, ending: Ending, retry_due: float | None, pasts: dict[str, Past]) -> Run | None:
        ended = transitions.finished(run, ending)
        if not ended:
            return None
        self._finish(ended)
        pasts[run.task] = pasts[run.task].with_end(ended)
        if ending.output is not None:
            self._db.change(self._sql.INSERT_OUTPUT, run.id, ending.output)
        if retry_due is not None:
            again = transitions.next_attempt(run, retry_due, ending)
            self._db.change(self._sql.INSERT_RUN, *from_run(again))
        return ended


def changed(after: Mapping[str, T], before: Mapping[str, T]) -> list[T]:
    """What is another by now, or new."""
    return [value for name, value in after.items() if value != before.get(name)]
