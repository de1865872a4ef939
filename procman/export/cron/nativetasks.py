"""Which tasks another clock can run by itself, and which are left to `procman scheduler`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.plan.plan import OF_RUN
from procman.core.tasks.task import Missed, Task
from procman.export.plan import Note

if TYPE_CHECKING:
    from collections.abc import Collection

    from procman.export.plan import ExportPlan

USUAL_GRACE = Task("", "").grace
HISTORY = {
    "keep": "there is no history",
    "keep_for": "there is no history",
    "keep_keys": "there are no jobs with keys",
}
HOSTS = {
    "runs_on": "it runs on the machine that has these files",
    "concurrency": "nobody counts what runs by hand or on other machines",
}


def is_plain(task: Task) -> bool:
    """Whether it asks for nothing but its ticks, each of which runs at most once, and not for who it is.

    `missed: once` as it is usual, within an hour, may be: the format tells what becomes of it.
    """
    again = task.retries or task.rerun_if_lost or task.rerun_if_stopped
    catches_up = task.missed is Missed.ALL or (task.missed is Missed.ONCE and task.grace != USUAL_GRACE)
    asks = any(name in task.command for name in OF_RUN)
    return not (again or catches_up or task.jitter or asks)


def zone(plan: ExportPlan) -> str | None:
    """The zone of schedules that name none; None for the machine's own, wherever that is."""
    return plan.zone if plan.zone_is_said else None


def left(plan: ExportPlan, native: Collection[str]) -> tuple[str, ...]:
    """The tasks for `procman scheduler`: also those without a schedule, for it runs what the app enqueues."""
    return tuple(task.name for task in plan.tasks if task.name not in native)


def not_made_up_for(plan: ExportPlan, native: Collection[str], text: str) -> tuple[Note, ...]:
    """The note on missed ticks, once for the app."""
    some = any(task.name in native and task.missed is Missed.ONCE for task in plan.tasks)
    return (Note("", "missed: once", text),) if some else ()


def identity(task: Task) -> dict[str, str]:
    """What tells a run who it is, as far as that can be known before."""
    return {"PROCMAN_TASK": task.name, "PROCMAN_ATTEMPT": "1", "PS": task.name, "PROCMAN_PROCESS": task.name}


def untold(native: Collection[object], text: str) -> tuple[Note, ...]:
    """The note on what only procman tells a run, once for the app."""
    return (Note("", "PROCMAN_RUN_ID", text),) if native else ()
