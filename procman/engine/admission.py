"""Who may start: a claimed run begins, waits for its turn, or is closed with the reason why not."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from procman.core.tasks import due
from procman.core.tasks.due import Admission
from procman.core.tasks.run import Outcome, Run, State, Trigger
from procman.core.tasks.task import Overlap
from procman.engine.active import Lane
from procman.engine.elsewhere import Elsewhere, ahead, call
from procman.engine.orphans import Orphans
from procman.engine.unstarted import Unstarted

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
        self.tasks = tasks
        self._runs = runs
        self._queue = queue
        self._world = world
        self.orphans = Orphans(world.liveness, world.clock)
        self.unstarted = Unstarted(queue, publish, world.wall)
        self.elsewhere = Elsewhere(tasks.values(), world.labels)
        self._waiting: dict[str, deque[Run]] = {}
        self._for_a_lane: deque[str] = deque()  # tasks whose first in line waits for one
        self._called: list[tuple[Run, Lane]] = []  # those of which the store hears before they start
        self.open = True
        self.late_before = 0.0
        """What was due before this fell due while procman was not running."""

    @property
    def room(self) -> tuple[int, int]:
        """How many late and how many other runs that were asked for may be taken now."""
        late = MOST_LATE - self._late - len(self._for_a_lane)
        fresh = MOST_JOBS - self._runs.count[Lane.JOB]
        return max(0, min(late, JOBS_A_LOOK)), max(0, min(fresh, JOBS_A_LOOK))

    def taken(self, run: Run, others: Sequence[Run]) -> None:
        """A pending run has been claimed. One with a tick had jitter, waited for a restart or is a retry."""
        task, now = self.tasks.get(run.task), self._world.wall()
        lateness = now - (now if run.due is None else run.due)
        if task is None:
            self.unstarted.hold(run)
        elif run.tick is not None and due.too_late(task, lateness) and not run.reruns:
            self.unstarted.miss(run, task, lateness)
        elif run.tick is not None:
            self.tick(run, others)
        elif self.open:
            self._runs.start(run, task, Lane.LATE if now - lateness < self.late_before else Lane.JOB)
        else:
            self.unstarted.release(run)

    def tick(self, run: Run, others: Sequence[Run]) -> None:
        """A tick has been claimed; `others` are runs of the task that are there at another procman."""
        task = self.tasks.get(run.task)
        if not self.open:
            self.unstarted.release(run)
            return
        if task is None:  # claimed a moment before a reload took it away
            self.unstarted.hold(run)
            return
        line, running = self._waiting.setdefault(run.task, deque()), self._runs.of(run.task)
        here = [*running, *(each.name for each, _ in self._called if each.task == run.task)]
        others = [each for each in others if each.name not in here]
        there = [*here, *(each.name for each in others if each.begun)]
        before = [each.name for each in (*others, *line) if not each.begun]
        admission = due.admit(task.overlap, run.trigger is Trigger.CATCH_UP, len(there), len(before))
        if admission is Admission.SKIP:
            still = [f"{name} is still running" for name in there]
            self.unstarted.skip(run, [*still, *(f"{name} comes first" for name in before)][0])
            return
        line.append(run)
        if admission is Admission.REPLACE:
            self._replace(run, running, others)
        elif task.overlap is not Overlap.ALLOW:
            self.elsewhere.wait(run.task, ahead(line[0], others))
        self._advance(run.task)
        self._line_up(run)

    def _line_up(self, run: Run) -> None:
        """It waits, unless it has begun by now."""
        line = self._waiting.get(run.task, deque())
        if run in line:
            line[line.index(run)] = run._replace(state=State.QUEUED)
            self.unstarted.line_up(run)

    def _replace(self, run: Run, here: Sequence[str], others: Sequence[Run]) -> None:
        """All that is there of a task, and all before it in line, makes way for a run."""
        line, reason = self._waiting[run.task], f"replaced by {run.name}"
        while line[0] is not run:
            self.unstarted.skip(line.popleft(), reason)
        self.elsewhere.wait(run.task, ahead(run, others))
        for name in here:
            self._runs.stop(name, Outcome.STOPPED, reason, self._world.clock())
        if numbers := [each.id for each in others]:
            self._queue.write(run.id, lambda store: store.ask_to_stop(numbers, reason))

    def asked_to_stop(self, runs: Sequence[Run]) -> bool:
        """Others want these of our runs to make way; whether all were found."""
        for run in runs:
            line, reason = self._waiting.get(run.task, deque()), run.reason or ""
            if self._runs.has(run):
                self._runs.stop(run.name, Outcome.STOPPED, reason, self._world.clock())
            for mine in [each for each in line if each.id == run.id]:
                line.remove(mine)
                self.unstarted.skip(mine, reason)
                self._advance(run.task)
        return not any(self.has(run) or run.name not in self._runs.of(run.task) for run in runs)

    def heard(self, others: Mapping[str, Sequence[Run]]) -> None:
        """These runs are at other procmans; lines that waited for some may have to wait no more."""
        for name in self.elsewhere.watched:
            task, line = self.tasks.get(name), self._waiting.get(name)
            waits = task and line and task.overlap is not Overlap.ALLOW
            self.elsewhere.wait(name, ahead(line[0], others.get(name, ())) if line and waits else ())
            self._advance(name)

    def next(self, task: str) -> None:
        """Nothing is left of a run of this task: who waited for that comes now, and who waited for a lane."""
        self._advance(task)
        while self._for_a_lane and self._late < MOST_LATE:
            self._advance(self._for_a_lane.popleft())

    def waiting(self) -> Iterator[tuple[Run, str]]:
        """Who waits here, and for what."""
        for task, line in self._waiting.items():
            here = [*self._runs.of(task), *self.elsewhere.of(task)]
            why = f"{here[0]} is still running" if here else f"{MOST_LATE} others that are late come first"
            for run in line:
                yield run, why
                why = f"{run.name} comes first"

    def has(self, run: Run) -> bool:
        """Whether a run waits here."""
        line = [*self._waiting.get(run.task, ()), *(each for each, _ in self._called)]
        return any(each.id == run.id for each in line)

    def reload(self, tasks: Mapping[str, Task]) -> None:
        """Other tasks from now on: who waits is taken from the store again, under those."""
        self.tasks = tasks
        self.elsewhere.learn(tasks.values(), self._world.labels)
        self.unstarted.unknown.clear()
        self._release()

    def close(self) -> None:
        """Start nothing more; who waits does so until the next start."""
        self.open = False
        self._release()

    def _release(self) -> None:
        for line in self._waiting.values():
            for run in line:
                self.unstarted.release(run)
        self._waiting.clear()
        self.elsewhere.clear()
        self._for_a_lane.clear()

    def _advance(self, name: str) -> None:
        """Start the first in line of a task, and those behind it, as long as they may."""
        task, line = self.tasks.get(name), self._waiting.get(name)
        while task and line and not self._must_wait(task):
            late = line[0].trigger is Trigger.CATCH_UP
            if late and self._late >= MOST_LATE:
                if name not in self._for_a_lane:
                    self._for_a_lane.append(name)
                return
            run, lane = line.popleft(), Lane.LATE if late else Lane.TICK
            if run.state is State.QUEUED:
                self._call(run, task, lane)
            else:
                self._runs.start(run, task, lane)
        if line is not None and not line:
            del self._waiting[name]

    @property
    def _late(self) -> int:
        """Runs that make up for what was missed: those that are there, and those about to be."""
        return self._runs.count[Lane.LATE] + sum(lane is Lane.LATE for _, lane in self._called)

    def _must_wait(self, task: Task) -> bool:
        busy = self._runs.of(task.name) or any(each.task == task.name for each, _ in self._called)
        return bool(self.elsewhere.of(task.name) or (busy and task.overlap is not Overlap.ALLOW))

    def _call(self, run: Run, task: Task, lane: Lane) -> None:
        """Its turn has come. The store hears of that before it starts: what still waits there when procman
        is killed is run again, and that must not have begun."""
        entry = run, lane
        self._called.append(entry)

        def told(first: Sequence[str] | None) -> None:
            self._called.remove(entry)
            if first and self.open and run.task in self.tasks:
                self._call_later(run, task, first)
            elif first is not None:
                self._begin(run, lane)

        self._queue.write(run.id, lambda store: call(store, self.orphans, run, task), told)

    def _call_later(self, run: Run, task: Task, first: Sequence[str]) -> None:
        """Others were faster: it is the first in line again."""
        line = self._waiting.setdefault(run.task, deque())
        if line and task.overlap is Overlap.REPLACE:
            self.unstarted.skip(run, f"replaced by {line[-1].name}")
        else:
            line.appendleft(run)
        self.elsewhere.wait(run.task, first)

    def _begin(self, run: Run, lane: Lane) -> None:
        """Start one that was called, if nothing has come between."""
        task, line = self.tasks.get(run.task), self._waiting.get(run.task)
        if not self.open:
            self.unstarted.release(run)
        elif task is None:
            self.unstarted.hold(run)
        elif task.overlap is Overlap.REPLACE and line:
            self.unstarted.skip(run, f"replaced by {line[-1].name}")
            self._advance(run.task)
        else:
            self._runs.start(run, task, lane)
