"""Who may start: a claimed run begins, waits for its turn, or is closed with the reason why not."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from procman.core import facts
from procman.core.schedule.durations import wording
from procman.core.tasks import due
from procman.core.tasks.due import Admission
from procman.core.tasks.facts import of_end
from procman.core.tasks.run import Ending, Outcome, Run, State, Trigger
from procman.core.tasks.task import Overlap
from procman.core.tasks.transitions import Event
from procman.engine.active import Lane

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from procman.core.facts import Fact
    from procman.core.tasks.task import Task
    from procman.engine.needs import World
    from procman.engine.runs import Runs
    from procman.engine.storequeue import StoreQueue

MOST_LATE = 4
"""Runs at once that make up for what was missed."""
MOST_JOBS = 100
"""Runs at once that were asked for: a thousand asked for at once are no reason to fork a thousand."""
JOBS_A_LOOK = 10
"""Claimed at a time: those that are claimed and have not begun come late when procman is killed."""


class Admissions:
    """The ticks of a task wait in one line, for a run of the task to end or for a lane with room.

    What was asked for never waits here: it is only taken from the store when there is room.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        runs: Runs,
        queue: StoreQueue,
        publish: Callable[[Fact], None],
        world: World,
    ) -> None:
        self._tasks = tasks
        self._runs = runs
        self._queue = queue
        self._publish = publish
        self._world = world
        self._waiting: dict[str, deque[Run]] = {}
        self._for_a_lane: deque[str] = deque()  # tasks whose first in line waits for one
        self._called: list[tuple[Run, Lane]] = []  # those of which the store hears before they start
        self.open = True
        self.unknown: set[str] = set()
        """Tasks of which there are jobs, and which procman.yml did not have when it was read."""
        self.late_before = 0.0
        """What was due before this fell due while procman was not running."""

    @property
    def room(self) -> tuple[int, int]:
        """How many late and how many other runs that were asked for may be taken now."""
        late = MOST_LATE - self._late - len(self._for_a_lane)
        fresh = MOST_JOBS - self._runs.count[Lane.JOB]
        return max(0, min(late, JOBS_A_LOOK)), max(0, min(fresh, JOBS_A_LOOK))

    def taken(self, run: Run, others: Sequence[str]) -> None:
        """A pending run has been claimed. One with a tick had jitter, waited for a restart or is a retry."""
        task, now = self._tasks.get(run.task), self._world.wall()
        lateness = now - (now if run.due is None else run.due)
        if task is None:
            self._hold(run)
        elif run.tick is not None and due.too_late(task, lateness) and not run.reruns:
            self._close(run, Outcome.MISSED, f"{wording(lateness)} late, grace: {wording(task.grace)}")
        elif run.tick is not None:
            self.tick(run, others)
        elif self.open:
            self._runs.start(run, task, Lane.LATE if now - lateness < self.late_before else Lane.JOB)
        else:
            self._move(run, Event.RELEASE)

    def _hold(self, run: Run) -> None:
        """Its task may come back, or is new: the run waits for a procman that knows it."""
        self._move(run, Event.RELEASE)
        if run.task not in self.unknown:
            self.unknown.add(run.task)
            self._publish(facts.TaskUnknown(run.task))

    def tick(self, run: Run, others: Sequence[str]) -> None:
        """A tick has been claimed; `others` are runs of the task that are there at another procman."""
        if not self.open:
            self._move(run, Event.RELEASE)
            return
        task = self._tasks.get(run.task)
        if task is None:  # claimed a moment before a reload took it away
            self._hold(run)
            return
        line = self._waiting.setdefault(run.task, deque())
        running = self._runs.of(run.task)
        here = [*running, *(each.name for each, _ in self._called if each.task == run.task)]
        orderly = run.trigger is Trigger.CATCH_UP
        admission = due.admit(task.overlap, orderly, len(here), len(others), len(line))
        if admission is Admission.SKIP:
            still = [f"{name} is still running" for name in (*here, *others)]
            self._close(run, Outcome.SKIPPED, [*still, *(f"{each.name} comes first" for each in line)][0])
            return
        before = [*line] if admission is Admission.REPLACE else []
        line.append(run)
        for waiting in before:
            line.remove(waiting)
            self._close(waiting, Outcome.SKIPPED, f"replaced by {run.name}")
        for name in running if admission is Admission.REPLACE else ():
            self._runs.stop(name, Outcome.STOPPED, f"replaced by {run.name}", self._world.clock())
        self._advance(run.task)
        if run in line:
            line[line.index(run)] = run._replace(state=State.QUEUED)
            self._move(run, Event.QUEUE)

    def next(self, task: str) -> None:
        """Nothing is left of a run of this task: who waited for that comes now, and who waited for a lane."""
        self._advance(task)
        while self._for_a_lane and self._late < MOST_LATE:
            self._advance(self._for_a_lane.popleft())

    def waiting(self) -> Iterator[tuple[Run, str]]:
        """Who waits here, and for what."""
        for task, line in self._waiting.items():
            here = self._runs.of(task)
            why = f"{here[0]} is still running" if here else f"{MOST_LATE} others that are late come first"
            for run in line:
                yield run, why
                why = f"{run.name} comes first"

    def reload(self, tasks: Mapping[str, Task]) -> None:
        """Other tasks from now on: who waits is taken from the store again, under those."""
        self._tasks = tasks
        self.unknown.clear()
        self._release()

    def close(self) -> None:
        """Start nothing more; who waits does so until the next start."""
        self.open = False
        self._release()

    def _release(self) -> None:
        for line in self._waiting.values():
            for run in line:
                self._move(run, Event.RELEASE)
        self._waiting.clear()
        self._for_a_lane.clear()

    def _advance(self, name: str) -> None:
        """Start the first in line of a task, and those behind it, as long as they may."""
        task, line = self._tasks.get(name), self._waiting.get(name)
        while task and line and (task.overlap is Overlap.ALLOW or not self._is_busy(name)):
            late = line[0].trigger is Trigger.CATCH_UP
            if late and self._late >= MOST_LATE:
                if name not in self._for_a_lane:
                    self._for_a_lane.append(name)
                return
            run, lane = line.popleft(), Lane.LATE if late else Lane.TICK
            if run.state is State.QUEUED:
                self._call(run, lane)
            else:
                self._runs.start(run, task, lane)
        if line is not None and not line:
            del self._waiting[name]

    @property
    def _late(self) -> int:
        """Runs that make up for what was missed: those that are there, and those about to be."""
        return self._runs.count[Lane.LATE] + sum(lane is Lane.LATE for _, lane in self._called)

    def _is_busy(self, name: str) -> bool:
        return bool(self._runs.of(name)) or any(each.task == name for each, _ in self._called)

    def _call(self, run: Run, lane: Lane) -> None:
        """Its turn has come. The store hears of that before it starts: what still waits there when procman
        is killed is run again, and that must not have begun."""
        entry = run, lane
        self._called.append(entry)

        def written(moved: object) -> None:
            self._called.remove(entry)
            self._begin(run, lane)

        self._queue.write(run.id, lambda store: store.move(run.id, Event.CALL), written)

    def _begin(self, run: Run, lane: Lane) -> None:
        """Start one that was called, if nothing has come between."""
        task, line = self._tasks.get(run.task), self._waiting.get(run.task)
        if not self.open:
            self._move(run, Event.RELEASE)
        elif task is None:
            self._hold(run)
        elif task.overlap is Overlap.REPLACE and line:
            self._close(run, Outcome.SKIPPED, f"replaced by {line[-1].name}")
            self._advance(run.task)
        else:
            self._runs.start(run, task, lane)

    def _close(self, run: Run, outcome: Outcome, reason: str) -> None:
        ending = Ending(outcome, self._world.wall(), reason=reason)

        def told(ended: Run | None) -> None:
            if ended:
                self._publish(of_end(ended))
                self._publish(facts.RunEnded(run.name, outcome, reason))

        self._queue.write(run.id, lambda store: store.finish(run.id, ending), told)

    def _move(self, run: Run, event: Event) -> None:
        self._queue.write(run.id, lambda store: store.move(run.id, event))
