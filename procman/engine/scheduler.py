"""Ticks to runs: what core/planner says is due is claimed in the store, and admitted to run."""

from __future__ import annotations

import heapq
from collections import deque
from math import inf
from typing import TYPE_CHECKING, Any

from procman.core import facts, planner
from procman.core.runs import Outcome, Run, State, TickRow
from procman.core.tasks import OnLost
from procman.engine.admission import Admissions
from procman.engine.pruning import Pruning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from procman.core.facts import Fact
    from procman.core.runs import TaskState
    from procman.core.tasks import Task
    from procman.engine.desk import Desk
    from procman.engine.needs import Store, World
    from procman.engine.runs import Runs

    Others = Mapping[str, list[Run]]

LONGEST_SLEEP = 30.0
"""A look at the store and the clock at least so often: the clock may be set, a ring of the bell unheard."""
AGAIN_SECONDS = 5.0
AHEAD_SECONDS = 0.02
"""A tick is claimed a moment before it is due, so that nothing but its start is left to do then."""


class Scheduler:
    """A heap of the tasks' next ticks, and the time of the next look at what was asked for."""

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
        self._admissions = Admissions(tasks, runs, desk, publish, world)
        self._accounted: dict[str, int] = {}
        self._next: list[tuple[float, str]] = []  # when to claim the next tick of which task
        self._claimed: deque[tuple[Run, list[Run]]] = deque()  # ticks that are not due yet, by time
        self._look_at: float | None = None
        self._begin_at: float | None = None
        self._looking = self._look_again = self._crowded = False
        self._pruning = Pruning(tasks, desk)
        self.output = runs.output
        runs.gone = self._gone

    # What the engine asks

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock: anew each time, since the other clock may be set."""
        due = [self._next[0][0] if self._next else None, self._look_at, self._begin_at]
        due += [run.due for run, _ in self._claimed][:1]
        walls = [at for at in due if at is not None]
        times = [self._runs.deadline, self._desk.deadline]
        if walls and self._admissions.open:
            times.append(self._world.clock() + max(0.0, min(walls) - self._world.wall()))
        return min((at for at in times if at is not None), default=None)

    @property
    def settled(self) -> bool:
        """Whether the store has been told everything, as far as it takes it."""
        return self._desk.settled

    def begin(self) -> None:
        """Learn from the store where things stand, close what a killed procman left, and go on from there."""
        self._begin_at = None
        now, alive = self._world.wall(), self._world.alive
        self._admissions.late_before = now - planner.ON_TIME_SECONDS
        schedules = {task.name: task.expression if task.enabled else "" for task in self._tasks.values()}
        rerun = {task.name for task in self._tasks.values() if task.on_lost is OnLost.RERUN}

        def operation(store: Store) -> tuple[dict[str, TaskState], list[Run]]:
            return store.recall(schedules, int(now)), store.recover(alive, rerun, now)

        def refused() -> None:
            self._begin_at = now + AGAIN_SECONDS

        self._desk.ask(operation, self._begun, refused)

    def expire(self, now: float) -> None:
        """Do what is due."""
        self._desk.expire(now, self._runs.starting)
        self._runs.expire(now)
        if not self._admissions.open:
            return
        wall, due = self._world.wall(), []
        if self._begin_at is not None and self._begin_at <= wall:
            self.begin()
        while self._next and self._next[0][0] <= wall:
            due.append(heapq.heappop(self._next)[1])
        self._plan(due, wall)
        self._admit()
        if self._look_at is not None and not wall < self._look_at <= wall + LONGEST_SLEEP:
            self.look()
            self._pruning.slice(wall)

    def look(self) -> None:
        """Take the pending runs that are due, as many as there is room for."""
        if self._looking or not self._admissions.open:
            self._look_again = True
            return
        wall, owner, late_before = self._world.wall(), self._world.owner, self._admissions.late_before
        late, fresh = self._admissions.room
        self._looking, self._look_again, self._look_at = True, False, wall + LONGEST_SLEEP

        def operation(store: Store) -> tuple[list[Run], Others, float | None]:
            runs = store.take_due(wall, owner, late_before, late, fresh)
            return runs, _others(store, runs, owner), store.next_due(wall)

        def taken(result: tuple[list[Run], Others, float | None]) -> None:
            runs, others, next_due = result
            self._looking, self._crowded = False, len(runs) >= min(late, fresh)
            self._look_by(next_due)
            for run in runs:
                self._admissions.job(run, others.get(run.task, ()))
            if self._look_again:
                self.look()

        def refused() -> None:
            self._looking = False

        self._desk.ask(operation, taken, refused)

    def postpone(self, seconds: float) -> None:
        """All were suspended for so long."""
        self._runs.postpone(seconds)

    def close(self) -> None:
        """Start nothing more; who waits does so until the next start."""
        if self._admissions.open:
            self._admissions.close()
            self._admit()

    # What the store answers

    def _begun(self, result: tuple[dict[str, TaskState], list[Run]]) -> None:
        states, lost = result
        for run in lost:
            self._publish(facts.RunEnded(run.name, Outcome.LOST, "procman was killed while it ran"))
        wall = self._world.wall()
        for task in self._tasks.values():
            if task.enabled and task.schedules:
                known = states[task.name].accounted
                self._accounted[task.name] = int(wall) if known is None else known
        self._plan(self._accounted, wall, starting=True)
        self.look()

    def _plan(self, names: Iterable[str], wall: float, starting: bool = False) -> None:
        """Claim every tick of these tasks that is due, and note when the next one is."""
        rows: list[TickRow] = []
        for name in names:
            task = self._tasks[name]
            ticks = planner.plan(task, self._accounted[name], wall + AHEAD_SECONDS)
            if starting and any(schedule.at_start for schedule in task.schedules):
                ticks.append(TickRow(name, int(wall), due=wall, command=task.command))
            rows += ticks
            if not ticks:
                self._note_next(name)
        self._claim(rows, wall)

    def _claim(self, rows: Sequence[TickRow], wall: float) -> None:
        owner, ticks = self._world.owner, {row.task: row.tick for row in rows}

        def operation(store: Store) -> tuple[list[Run], Others]:
            runs = store.claim(rows, owner, wall)
            for run in runs:
                if _later(run, wall + AHEAD_SECONDS):
                    store.move(run.id, State.PENDING)
            return runs, _others(store, runs, owner)

        def claimed(result: tuple[list[Run], Others]) -> None:
            for fact in planner.missed(rows):
                self._publish(fact)
            for task, tick in ticks.items():
                self._accounted[task] = max(self._accounted[task], tick)
                self._note_next(task)
            for run in result[0]:
                if _later(run, wall + AHEAD_SECONDS):
                    self._look_by(run.due)
                else:
                    self._claimed.append((run, result[1].get(run.task, [])))
            self._admit()
            self._pruning.note(ticks)

        def refused() -> None:
            for task in ticks:
                heapq.heappush(self._next, (wall + AGAIN_SECONDS, task))

        if rows:
            self._desk.ask(operation, claimed, refused)

    # What follows

    def _admit(self) -> None:
        """Let claimed ticks start that are due; after `close`, all are put back."""
        wall = self._world.wall() if self._admissions.open else inf
        while self._claimed and not _later(self._claimed[0][0], wall):
            self._admissions.tick(*self._claimed.popleft())

    def _note_next(self, name: str) -> None:
        tick = planner.next_tick(self._tasks[name].schedules, self._accounted[name])
        if tick is not None:
            heapq.heappush(self._next, (tick - AHEAD_SECONDS, name))

    def _look_by(self, due: float | None) -> None:
        """Look again when something is due, if nothing is before it."""
        if due is not None and (self._look_at is None or due < self._look_at):
            self._look_at = due

    def _gone(self, task: Task, retry_due: float | None) -> None:
        """Nothing is left of a run; its next attempt may have a time."""
        self._look_by(retry_due)
        self._pruning.note([task.name])
        if self._admissions.open:
            self._admissions.next(task.name)
            if self._crowded:
                self.look()


def _later(run: Run, wall: float) -> bool:
    """Whether it is not due yet."""
    return run.due is not None and run.due > wall


def _others(store: Store, runs: Sequence[Run], owner: str) -> dict[str, list[Any]]:
    """Open runs of the same tasks that another procman has, by task."""
    found: dict[str, list[Run]] = {}
    for run in store.open_runs({run.task for run in runs}, owner) if runs else ():
        found.setdefault(run.task, []).append(run)
    return found
