"""What a person wants to know first about an app's tasks: how many there are, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core import facts
from procman.core.tasks import due

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from procman.core.tasks.run import TaskState
    from procman.core.tasks.task import Task

AT_ONCE = "now"
MOST_NAMES = 5


def outlook(tasks: Iterable[Task], states: Mapping[str, TaskState], now: datetime) -> facts.TasksAwaited:
    """The tasks as procman starts. `now` is in the zone in which times are shown."""
    tasks = tuple(tasks)
    paused = {task.name for task in tasks if states[task.name].paused}
    coming = [
        (tick, task.name)
        for task in tasks
        if task.has_ticks and task.name not in paused
        if (tick := _next_tick(task, states[task.name].accounted, int(now.timestamp()))) is not None
    ]
    tick, name = min(coming, key=lambda each: each[0], default=(0, None))
    return facts.TasksAwaited(len(tasks), len(paused), name, _shown(tick, now))


def left_to_others(tasks: Iterable[Task], labels: Collection[str]) -> Iterator[str]:
    """A sentence for each label that a host with these labels lacks, about the tasks that want it."""
    wanted: dict[str, list[str]] = {}
    for task in tasks:
        if task.runs_on and not task.runs_with(labels):
            wanted.setdefault(task.runs_on, []).append(task.name)
    for label, names in wanted.items():
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        yield f"left to hosts that are started with --label {label}: {', '.join(names[:MOST_NAMES])}{more}"


def _next_tick(task: Task, accounted: int | None, now: int) -> int | None:
    """The start of procman is a tick too. A clock that was set back runs nothing twice."""
    if any(schedule.at_start for schedule in task.schedules):
        return now
    return due.next_tick(task.schedules, max(now, accounted or 0))


def _shown(tick: int, now: datetime) -> str:
    """`at 18:00`; with seconds when there are any, and with the day when it is not today."""
    if tick <= now.timestamp():
        return AT_ONCE
    at = now.fromtimestamp(tick, now.tzinfo)
    clock = f"at {at:%H:%M:%S}" if at.second else f"at {at:%H:%M}"
    return clock if at.date() == now.date() else f"{clock} on {at:%a %Y-%m-%d}"
