"""What is written of a claimed run that does not start: it waits, goes back, or is closed with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core import facts
from procman.core.schedule.durations import wording
from procman.core.tasks.facts import of_end
from procman.core.tasks.run import Ending, Finish, Outcome, Run
from procman.core.tasks.transitions import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.facts import Fact
    from procman.core.tasks.task import Task
    from procman.engine.storequeue import StoreQueue


class Unstarted:
    """`unknown` are tasks of which there are jobs, and which procman.yml did not have when it was read."""

    def __init__(self, queue: StoreQueue, publish: Callable[[Fact], None], wall: Callable[[], float]) -> None:
        self._queue = queue
        self._publish = publish
        self._wall = wall
        self.unknown: set[str] = set()
        self.lined_up: Callable[[Run], None] = lambda run: None
        """Told when the store knows that a run waits."""

    def hold(self, run: Run) -> None:
        """Its task may come back, or is new: the run waits for a procman that knows it."""
        self.release(run)
        if run.task not in self.unknown:
            self.unknown.add(run.task)
            self._publish(facts.TaskUnknown(run.task))

    def release(self, run: Run, then: Callable[[], None] = lambda: None) -> None:
        """Give it back; `then` the store knows."""
        self._queue.write(run.id, lambda store: store.move(run, Event.RELEASE), lambda moved: then())

    def line_up(self, run: Run) -> None:
        """Another one must end first."""
        queue = Event.QUEUE
        self._queue.write(run.id, lambda store: store.move(run, queue), lambda moved: self.lined_up(run))

    def skip(self, run: Run, reason: str) -> None:
        """It never runs, since another one does."""
        self.close(run, Outcome.SKIPPED, reason)

    def miss(self, run: Run, task: Task, lateness: float) -> None:
        """It comes too late."""
        self.close(run, Outcome.MISSED, f"{wording(lateness)} late, grace: {wording(task.grace)}")

    def close(
        self,
        run: Run,
        outcome: Outcome,
        reason: str,
        again: float | None = None,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """It does not run, for a reason; `again` is when its next attempt is due. `then` the store knows."""
        ending = Ending(outcome, self._wall(), reason=reason)

        def told(ended: Run | None) -> None:
            if ended:
                self._publish(of_end(ended, again))
                self._publish(facts.RunEnded(run.name, outcome, reason))
            then()

        self._queue.tell(run.id, lambda: Finish(run, ending, again), told)
