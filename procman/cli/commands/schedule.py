"""`procman schedule`: when each task runs, and when it did."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from procman.cli import answers, apps, rows, stores, tables
from procman.cli.commands.tasks import BY_HAND, HINT
from procman.core.schedule.durations import wording
from procman.core.tasks.run import Summary, TaskState

if TYPE_CHECKING:
    from procman.cli.options import Namespace
    from procman.cli.rows import Row
    from procman.core.schedule.schedule import Schedule
    from procman.core.tasks.task import Task


def run(options: Namespace) -> int:
    """List every schedule of every task, with what was and what will be."""
    root = apps.root_of(options)
    found = apps.load_tasks(root).values()
    with stores.reading(root) as store:
        states = store.states() if store else {}
        summaries = store.summaries() if store else {}
    now = time.time()
    listed = [
        _row(task, each, states.get(task.name, TaskState(task.name)), summaries.get(task.name), now)
        for task in found
        for each in task.schedules or (None,)
    ]
    if options.json:
        answers.say_json(listed)
    elif not found:
        answers.say(HINT)
    else:
        tables.show(("task", "when", "next", "last", "last success"), [_cells(row, now) for row in listed])
        stores.say_if_nobody(root)
    return 0


def _row(task: Task, schedule: Schedule | None, state: TaskState, past: Summary | None, now: float) -> Row:
    past = past or Summary(task.name)
    on = schedule is not None and task.enabled
    return {
        "task": task.name,
        "description": task.description,
        "schedule": schedule and schedule.expression,
        "words": _words(task, schedule),
        "timezone": schedule and str(schedule.zone),
        "next_tick": rows.time(schedule.tick_after(max(int(now), state.accounted or 0)))
        if schedule and on
        else None,
        "last_tick": rows.time(past.last_tick),
        "last_outcome": past.last_outcome and str(past.last_outcome),
        "last_success": rows.time(past.last_success),
        "paused": state.paused,
    }


def _words(task: Task, schedule: Schedule | None) -> str:
    if schedule is None:
        return BY_HAND
    return schedule.wording if task.enabled else f"{schedule.wording} (not enabled)"


def _cells(row: Row, now: float) -> tuple[str, ...]:
    coming = "paused" if row["paused"] else _in(row["next_tick"], now)
    return (
        row["task"],
        row["words"],
        coming,
        (row["last_outcome"] or "-").replace("_", " "),
        _ago(row["last_success"], now),
    )


def _in(moment: str | None, now: float) -> str:
    return "-" if moment is None else f"in {wording(max(0.0, _seconds(moment) - now))}"


def _ago(moment: str | None, now: float) -> str:
    return "-" if moment is None else f"{wording(max(0.0, now - _seconds(moment)))} ago"


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).astimezone(UTC).timestamp()
