"""Who may start: a claimed run begins, waits its turn, or is closed with the reason why it does not run."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from procman.core import facts, planner
from procman.core.durations import words
from procman.core.planner import Admission
from procman.core.runs import Ending, Outcome, Run, State, Trigger
from procman.core.tasks import Overlap
from procman.engine.runs import Lane

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.core.facts import Fact
    from procman.core.tasks import Task
    from procman.engine.desk import Desk
    from procman.engine.needs import World
    from procman.engine.runs import Runs

MOST_LATE = 4
"""Runs at once that make up for what was missed."""
MOST_JOBS = 100
"""Runs at once that were asked for: a thousand asked for at once are no reason to fork a thousand."""
TICKS = (Trigger.SCHEDULE, Trigger.CATCH_UP)


class Admissions:
    """Those that wait: behind a run of their own task, or for a lane with room."""

    def __init__(
        self,
        tasks: Mapping[str, Task],
        runs: Runs,
        desk: Desk,
        publish: Callable[[Fact], None],
        world: World,
    ) -> None:
        self._tasks = tasks
        self._runs = runs
        self._desk = desk
        self._publish = publish
        self._world = world
        self._queued: dict[str, deque[Run]] = {}
        self._late: deque[Run] = deque()
        self.open = True
        self.late_before = 0.0
        """What was due before this, procman was not there for."""

    @property
    def room(self) -> tuple[int, int]:
        """How many late and how many other runs that were asked for may start."""
        late = MOST_LATE - self._runs.count[Lane.LATE] - len(self._late)
        return max(0, late), max(0, MOST_JOBS - self._runs.count[Lane.JOB])

    def job(self, run: Run, others: Sequence[Run]) -> None:
        """A pending run has been claimed. A tick among them had jitter, or waited for a restart."""
        task, now = self._tasks.get(run.task), self._world.wall()
        lateness = now - (now if run.due is None else run.due)
        if task is None:
            self._close(run, Outcome.FAILED, "there is no such task in procman.yml")
        elif run.trigger in TICKS and lateness > task.grace:
            self._close(run, Outcome.MISSED, f"{words(lateness)} late, grace: {words(task.grace)}")
        elif run.trigger in TICKS:
            self.tick(run, others)
        elif self.open:
            self._runs.start(run, task, Lane.LATE if now - lateness < self.late_before else Lane.JOB)
        else:
            self._move(run, State.PENDING)

    def tick(self, run: Run, others: Sequence[Run]) -> None:
        """A tick has been claimed; `others` are runs of the task that another procman may have.

        Missed ones follow one after the other, unless the task's runs may overlap.
        """
        if not self.open:
            self._move(run, State.PENDING)
            return
        task = self._tasks[run.task]
        orderly = run.trigger is Trigger.CATCH_UP and task.overlap is not Overlap.ALLOW
        here, queue = self._runs.of(run.task), self._queued.setdefault(run.task, deque())
        elsewhere = [each.name for each in others if self._world.alive(each.identity or each.owner or "")]
        overlap = Overlap.QUEUE if orderly else task.overlap
        admission = planner.admit(overlap, len(here) + len(elsewhere), len(queue))
        if admission is Admission.START:
            self._start(run)
        elif admission is Admission.SKIP or not here:  # who waits elsewhere could not be told of the end
            still = [*here, *elsewhere, *(each.name for each in queue)]
            self._close(run, Outcome.SKIPPED, f"{still[0]} is still running")
        else:
            self._queue(run, queue, replace=admission is Admission.REPLACE)

    def next(self, task: str) -> None:
        """A run of a task has ended: whoever waited for that comes now."""
        queue = self._queued.get(task)
        if queue and not self._runs.of(task):
            self._take(queue.popleft(), self._start)
        while self._late and self._runs.count[Lane.LATE] < MOST_LATE:
            self._take(self._late.popleft(), lambda run: self.tick(run, ()))

    def close(self) -> None:
        """Start nothing more; who waits does so until the next start."""
        self.open = False
        for run in [*self._late, *(run for queue in self._queued.values() for run in queue)]:
            self._move(run, State.PENDING)
        self._late.clear()
        self._queued.clear()

    def _queue(self, run: Run, queue: deque[Run], replace: bool) -> None:
        if replace:
            for waiting in queue:
                self._close(waiting, Outcome.SKIPPED, f"replaced by {run.name}")
            queue.clear()
        queue.append(run)
        self._move(run, State.QUEUED)
        for name in self._runs.of(run.task) if replace else ():
            self._runs.stop(name, Outcome.STOPPED, f"replaced by {run.name}", self._world.clock())

    def _take(self, run: Run, then: Callable[[Run], None]) -> None:
        self._move(run, State.CLAIMED)
        then(run)

    def _start(self, run: Run) -> None:
        late = run.trigger is Trigger.CATCH_UP
        if late and self._runs.count[Lane.LATE] >= MOST_LATE:
            self._late.append(run)
            self._move(run, State.QUEUED)
        else:
            self._runs.start(run, self._tasks[run.task], Lane.LATE if late else Lane.TICK)

    def _close(self, run: Run, outcome: Outcome, reason: str) -> None:
        fact = facts.TickSkipped if outcome is Outcome.SKIPPED else None
        told = fact(run.name, reason) if fact else facts.RunEnded(run.name, outcome, reason)
        self._publish(told)
        ending = Ending(outcome, self._world.wall(), reason=reason)
        self._desk.keep(lambda store: store.finish(run.id, ending))

    def _move(self, run: Run, state: State) -> None:
        self._desk.keep(lambda store: store.move(run.id, state))
