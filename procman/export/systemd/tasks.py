"""Tasks below systemd: by a timer where that is the same, all others by `procman scheduler`.

That has those without a schedule too, for the app may enqueue them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from procman.core.plan.plan import ProcessPlan
from procman.core.schedule.schedule import shortest_gap
from procman.core.tasks.task import Missed, Overlap
from procman.export.plan import File, shell_line
from procman.export.systemd import oncalendar, place
from procman.export.systemd.quoting import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from procman.core.tasks.task import Task
    from procman.export.plan import ExportPlan, Render

SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""From which the gaps between ticks are looked at."""
OF_RUN = re.compile(r"PROCMAN_(RUN_ID|SCHEDULED_AT)")
"""What only procman tells a run."""


MORE_TIME = 10
"""Seconds that procman gets beyond its own time to stop."""


class Sorted(NamedTuple):
    """Who runs which tasks. `calendars`: the expressions of those that have a timer."""

    calendars: Mapping[str, tuple[str, ...]]
    scheduled: tuple[str, ...]


def sort(plan: ExportPlan) -> Sorted:
    """What becomes of each task."""
    found = {} if plan.all_to_scheduler else {task.name: _calendar(task) for task in plan.tasks}
    calendars = {name: each for name, each in found.items() if each}
    return Sorted(calendars, tuple(task.name for task in plan.tasks if task.name not in calendars))


def wanted(plan: ExportPlan, tasks: Sorted) -> list[str]:
    """The units that start with the others."""
    enabled = [task.name for task in plan.tasks if task.name in tasks.calendars and task.enabled]
    scheduler = [place.own_unit(plan, "scheduler")] if tasks.scheduled else []
    return [*(place.unit(plan, name, ".timer") for name in enabled), *scheduler]


def files(plan: ExportPlan, tasks: Sorted, render: Render) -> Iterator[File]:
    """The units of all tasks."""
    for task in plan.tasks:
        if task.name in tasks.calendars:
            yield _service(plan, task, render)
            yield _timer(plan, task, tasks.calendars[task.name], render)
    if tasks.scheduled:
        yield _scheduler(plan, tasks.scheduled, render)


def _service(plan: ExportPlan, task: Task, render: Render) -> File:
    """One run, whoever starts it: its timer, or somebody by hand."""
    values = {
        **place.everywhere(plan),
        "command": shell_line(ProcessPlan(task.name, task.name, 0, task.command, None, {})),
        "description": _description(plan, task),
        "environment_files": place.environment_files(plan),
        "folder": plan.root,
        "log": place.log(plan, task.name),
        "name": task.name,
        "stop_timeout": plan.timeout,
        "timeout": task.timeout,
    }
    return File(place.unit(plan, task.name), render("task.j2", **values), about=(task.name,))


def _timer(plan: ExportPlan, task: Task, calendar: tuple[str, ...], render: Render) -> File:
    values = {
        **place.everywhere(plan),
        "calendar": calendar,
        "description": _description(plan, task),
        "jitter": task.jitter,
        "persistent": task.missed is Missed.ONCE,
    }
    return File(place.unit(plan, task.name, ".timer"), render("timer.j2", **values))


def _scheduler(plan: ExportPlan, scheduled: tuple[str, ...], render: Render) -> File:
    values = {
        **place.everywhere(plan),
        "command": [*plan.scheduler_words(scheduled), *own_options(plan)],
        "folder": plan.root,
        "log": place.log(plan, "scheduler"),
        "stop_timeout": plan.timeout + MORE_TIME,
    }
    return File(place.own_unit(plan, "scheduler"), render("scheduler.j2", **values), about=scheduled)


def own_options(plan: ExportPlan) -> tuple[str, ...]:
    """What procman is told below systemd: the journal has times, and TimeoutStopSec= must be longer."""
    return "--no-timestamp", "-t", seconds(plan.timeout)


def _description(plan: ExportPlan, task: Task) -> str:
    return f"{plan.app} {task.name}" + (f": {task.description}" if task.description else "")


def _calendar(task: Task) -> tuple[str, ...] | None:
    """The expressions of its timer; None if procman's scheduler has to run it."""
    if not _is_plain(task) or not _is_apart(task):
        return None
    found: list[str] = []
    for schedule in task.schedules:
        each = oncalendar.of(schedule)
        if each is None:
            return None
        found += each
    return tuple(dict.fromkeys(found))


def _is_plain(task: Task) -> bool:
    """A timer that comes while its service is active does nothing, which is `skip`; a service that is
    `oneshot` would be tried again at once and for ever, or not."""
    return (
        task.overlap is Overlap.SKIP
        and task.missed is not Missed.ALL
        and not task.retries
        and not task.rerun_if_lost
        and not task.rerun_if_stopped
        and not OF_RUN.search(task.command)
    )


def _is_apart(task: Task) -> bool:
    """Whether no tick is due before the last one that jitter may hold back: systemd would leave it out."""
    if not task.jitter:
        return True
    gap = shortest_gap(task.schedules[0], SOME_DAY) if len(task.schedules) == 1 else 0.0
    return gap is None or task.jitter < gap
