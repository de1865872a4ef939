"""Which tasks are planned when: from what the store has of each to the ticks that get a row next."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING
from zlib import crc32

from procman.core.tasks import due
from procman.core.tasks.run import TickRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.core.tasks.run import Run, Summary, TaskState
    from procman.core.tasks.task import Task
    from procman.engine.needs import World

AHEAD_SECONDS = 0.1
"""A tick is claimed a moment before it is due, so that nothing but its start is left to do then."""
AGAIN_SECONDS = 5.0
"""What the store refused is asked again after so long."""
PLANNING_SECONDS = 0.01
"""Ten thousand tasks that have missed a week are planned in slices: signals and output do not wait."""


class Ticks:
    """A heap of the tasks' next ticks. Times in UTC seconds."""

    def __init__(self, tasks: Mapping[str, Task], world: World) -> None:
        self._tasks = tasks
        self._world = world
        self._accounted: dict[str, int] = {}
        self._at_start: dict[str, int] = {}  # of @reboot, until it has a row
        self._next: list[tuple[float, int, str]] = []  # when to plan which task again, in which order
        self._to_plan: deque[str] = deque()
        self._held = False
        self._asked = 0  # for rows, of which the store has said nothing yet

    @property
    def next_at(self) -> float | None:
        """When a task is to be planned; 0 when one is already."""
        if self._must_wait:
            return None
        if self._to_plan:
            return 0.0
        return self._next[0][0] if self._next else None

    def begin(
        self,
        states: Mapping[str, TaskState],
        pasts: Mapping[str, Summary],
        wall: float,
        at_start: bool = True,
    ) -> None:
        """This is what the store knows of the tasks: all that have schedules are to be planned."""
        for task in self._tasks.values():
            if task.has_ticks and task.schedules and task.runs_with(self._world.labels):
                known = states[task.name].accounted
                self._accounted[task.name] = int(wall) if known is None else known
                if at_start and _at_start(task):
                    past = pasts.get(task.name)  # it may have been started in this second before
                    self._at_start[task.name] = max(int(wall), 1 + ((past and past.last_tick) or 0))
        self._to_plan.extend(self._accounted)

    def reload(self, tasks: Mapping[str, Task], states: Mapping[str, TaskState], wall: float) -> None:
        """Other tasks from now on. procman does not start: `@reboot` has had its time, or is about to."""
        before, accounted = self._at_start, dict(self._accounted)
        self._tasks = tasks
        self._accounted.clear()
        self._next.clear()
        self._to_plan.clear()
        self._held = False
        self.begin(states, {}, wall, at_start=False)
        for task in self._accounted.keys() & accounted.keys():  # the store may have been set back
            self._accounted[task] = max(self._accounted[task], accounted[task])
        self._at_start = {
            task: at for task, at in before.items() if task in self._accounted and _at_start(tasks[task])
        }

    def hold(self) -> None:
        """Plan nothing until the store has learned that the clock was set back, or who we are."""
        self._held = True

    def plan_anew(self, now: int) -> None:
        """It has: what comes after `now` is planned again. What has a row runs no second time."""
        self._held = False
        self._accounted = {task: min(tick, now) for task, tick in self._accounted.items()}
        self._next.clear()
        self._to_plan = deque(self._accounted)

    def rows(self, wall: float) -> list[TickRow]:
        """What is due of the tasks that are to be planned: some of them, then there are more."""
        if self._must_wait:
            return []
        while self._next and self._next[0][0] <= wall:
            self._to_plan.append(heapq.heappop(self._next)[2])
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
        self._asked += bool(rows)
        return rows

    def written(self, ticks: Mapping[str, int]) -> None:
        """These tasks have rows up to these ticks."""
        self._asked -= 1
        for task, tick in ticks.items():
            self._at_start.pop(task, None)
            self._accounted[task] = max(self._accounted[task], tick)
            self._note_next(task)

    def take_back(self, run: Run) -> None:
        """This tick is to be claimed again."""
        if run.tick is not None and run.task in self._accounted:
            self._accounted[run.task] = min(self._accounted[run.task], run.tick - 1)

    def put_off(self, tasks: Iterable[str], wall: float) -> None:
        """These have no rows, since the store would not take them: plan them again later."""
        self._asked -= 1
        for task in tasks:
            self._push(wall + AGAIN_SECONDS, task)

    @property
    def _must_wait(self) -> bool:
        """Where hosts share a store they take turns: each claims some, and then the others come."""
        return self._held or bool(self._world.lease and self._asked)

    def _note_next(self, name: str) -> None:
        tick = due.next_tick(self._tasks[name].schedules, self._accounted[name])
        if tick is not None:
            self._push(tick - AHEAD_SECONDS, name)

    def _push(self, at: float, name: str) -> None:
        """Each host has an order of its own: so they share what is due at the same moment, each beginning
        with other tasks."""
        order = (
            crc32(f"{self._world.liveness.owner} {name}".encode(errors="replace")) if self._world.lease else 0
        )
        heapq.heappush(self._next, (at, order, name))


def _at_start(task: Task) -> bool:
    """Whether a tick of it is the start of procman."""
    return any(schedule.at_start for schedule in task.schedules)
