"""Ticks to runs: what core/planner says is due is claimed in the store, and admitted to run."""

from __future__ import annotations

import heapq
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING

from procman.core import facts
from procman.core.tasks import due
from procman.core.tasks.outlook import outlook
from procman.core.tasks.run import Outcome, Run, TickRow
from procman.core.tasks.task import OnLost
from procman.core.tasks.transitions import Event
from procman.engine.admission import Admissions
from procman.engine.intake import Intake, others
from procman.engine.pruning import Pruning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.core.facts import Fact
    from procman.core.tasks.run import Summary, TaskState
    from procman.core.tasks.task import Task
    from procman.engine.intake import Others
    from procman.engine.needs import World
    from procman.engine.runs import Runs
    from procman.engine.store import Store
    from procman.engine.storequeue import StoreQueue

AGAIN_SECONDS = 5.0
AHEAD_SECONDS = 0.02
"""A tick is claimed a moment before it is due, so that nothing but its start is left to do then."""
PLANNING_SECONDS = 0.01
"""Ten thousand tasks that have missed a week are planned in slices: signals and output do not wait."""
SET_BACK_SECONDS = 60.0
"""A clock that goes back by more is told of."""


class Scheduler:
    """A heap of the tasks' next ticks, and the look at what was asked for."""

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
        self._admissions = Admissions(tasks, runs, queue, publish, world)
        self._intake = Intake(self._admissions, queue, world)
        self._pruning = Pruning(tasks, queue)
        self._accounted: dict[str, int] = {}
        self._at_start: dict[str, int] = {}  # the tick of the start of those whose has no row yet
        self._next: list[tuple[float, str]] = []  # when to plan which task again
        self._to_plan: deque[str] = deque()
        self._claimed: deque[tuple[Run, list[Run]]] = deque()  # ticks that are due in a moment
        self._begin_at: float | None = None
        self._latest = 0.0
        self.output = runs.output
        self.look = self._intake.now
        runs.gone = self._gone

    # What the engine asks

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock: anew each time, since the other clock may be set."""
        due = [self._next[0][0] if self._next else None, self._intake.at, self._begin_at]
        due += [self._claimed[0][0].due] if self._claimed else []
        walls = [at for at in due if at is not None] + [0.0] * bool(self._to_plan)
        times = [self._runs.deadline, self._queue.deadline]
        if walls and self._admissions.open:
            times.append(self._world.clock() + max(0.0, min(walls) - self._world.wall()))
        return min((at for at in times if at is not None), default=None)

    @property
    def settled(self) -> bool:
        """Whether the store has been told everything, as far as it takes it."""
        return self._queue.settled

    def begin(self) -> None:
        """Learn from the store where things stand, close what a killed procman left, and go on from there."""
        self._begin_at = None
        now, alive = self._world.wall(), self._world.alive
        self._admissions.late_before = now - due.ON_TIME_SECONDS
        schedules = {task.name: task.timetable if task.enabled else "" for task in self._tasks.values()}
        rerun = {task.name for task in self._tasks.values() if task.on_lost is OnLost.RERUN}

        def operation(store: Store) -> tuple[dict[str, TaskState], list[Run], dict[str, Summary]]:
            known, lost = store.recall(schedules, int(now)), store.recover(alive, rerun, now)
            return known, lost, store.summaries()

        def refused() -> None:
            self._begin_at = now + AGAIN_SECONDS

        self._queue.query(operation, self._begun, refused)

    def expire(self, now: float) -> None:
        """Do what is due."""
        self._queue.expire(now, self._runs.starting)
        self._runs.expire(now)
        if not self._admissions.open:
            return
        wall = self._world.wall()
        self._watch_clock(wall)
        if self._begin_at is not None and self._begin_at <= wall:
            self.begin()
        while self._next and self._next[0][0] <= wall:
            self._to_plan.append(heapq.heappop(self._next)[1])
        self._plan(wall)
        self._admit()
        if self._intake.due(wall):
            self.look()
            self._pruning.begin(wall)

    def postpone(self, seconds: float) -> None:
        """All were suspended for so long."""
        self._runs.postpone(seconds)

    def close(self) -> None:
        """Start nothing more; who waits does so until the next start."""
        if self._admissions.open:
            self._admissions.close()
            self._runs.close(self._world.clock())
            self._admit()

    # What the store answers

    def _begun(self, result: tuple[dict[str, TaskState], list[Run], dict[str, Summary]]) -> None:
        states, lost, pasts = result
        for run in lost:
            self._publish(facts.RunEnded(run.name, Outcome.LOST, run.reason or "procman was killed"))
        wall = self._world.wall()
        now = datetime.fromtimestamp(wall, self._world.zone)
        self._publish(outlook(self._tasks.values(), states, now))
        for task in self._tasks.values():
            if task.enabled and task.schedules:
                known = states[task.name].accounted
                self._accounted[task.name] = int(wall) if known is None else known
                if any(schedule.at_start for schedule in task.schedules):
                    past = pasts.get(task.name)  # it may have been started in this second before
                    self._at_start[task.name] = max(int(wall), 1 + ((past and past.last_tick) or 0))
        self._latest = max([wall, *self._accounted.values()])
        self._to_plan.extend(self._accounted)
        self.look()

    def _plan(self, wall: float) -> None:
        """Claim what is due of the tasks that are to be planned, and note when they are next."""
        until = self._world.clock() + PLANNING_SECONDS
        most = due.rows_of_each(len(self._tasks))
        rows: list[TickRow] = []
        while self._to_plan and self._world.clock() <= until:
            task = self._tasks[self._to_plan.popleft()]
            ticks = due.rows(task, self._accounted[task.name], wall + AHEAD_SECONDS, most)
            if task.name in self._at_start:
                ticks.append(TickRow(task.name, self._at_start[task.name], due=wall, command=task.command))
            rows += ticks
            if not ticks:
                self._note_next(task.name)
        if rows:
            self._claim(rows, wall)

    def _claim(self, rows: Sequence[TickRow], wall: float) -> None:
        owner, ticks = self._world.owner, {row.task: row.tick for row in rows}

        def operation(store: Store) -> tuple[list[Run], Others]:
            runs = store.claim(rows, owner, wall)
            for run in runs:
                if _has_jitter(run, wall):
                    store.move(run.id, Event.RELEASE)
            return runs, others(store, runs, owner)

        def claimed(result: tuple[list[Run], Others]) -> None:
            for task in ticks.keys() & self._at_start.keys():
                del self._at_start[task]
            for task, tick in ticks.items():
                self._accounted[task] = max(self._accounted[task], tick)
                self._note_next(task)
            self._take(*result, wall)
            for fact in due.missed(rows, result[0]):
                self._publish(fact)
            self._pruning.note(ticks)

        def refused() -> None:
            for task in ticks:
                heapq.heappush(self._next, (wall + AGAIN_SECONDS, task))

        self._queue.query(operation, claimed, refused)

    def _take(self, runs: Sequence[Run], elsewhere: Others, wall: float) -> None:
        for run in runs:
            if _has_jitter(run, wall):
                self._intake.by(run.due)
            else:
                self._claimed.append((run, elsewhere.get(run.task, [])))
        self._admit()

    # What follows

    def _admit(self) -> None:
        """Let claimed ticks start that are due, or do not wait in vain: the clock may have been set back."""
        wall, wait = self._world.wall(), self._admissions.open
        while self._claimed and not (
            wait and wall < (self._claimed[0][0].due or 0.0) <= wall + AHEAD_SECONDS
        ):
            self._admissions.tick(*self._claimed.popleft())

    def _note_next(self, name: str) -> None:
        tick = due.next_tick(self._tasks[name].schedules, self._accounted[name])
        if tick is not None:
            heapq.heappush(self._next, (tick - AHEAD_SECONDS, name))

    def _watch_clock(self, wall: float) -> None:
        """Nothing runs twice when the clock is set back; that it does not run meanwhile is told."""
        if wall < self._latest - SET_BACK_SECONDS:
            self._publish(facts.ClockSetBack(self._latest - wall))
            self._latest = wall
        self._latest = max(self._latest, wall)

    def _gone(self, task: Task, retry_due: float | None) -> None:
        """Nothing is left of a run; its next attempt may have a time."""
        self._intake.by(retry_due)
        self._pruning.note([task.name])
        if self._admissions.open:
            self._admissions.next(task.name)
            self._intake.room_again()


def _has_jitter(run: Run, wall: float) -> bool:
    """Whether it starts later than its tick."""
    return run.due is not None and run.due > wall + AHEAD_SECONDS
