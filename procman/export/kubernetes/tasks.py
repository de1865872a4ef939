"""Tasks as CronJobs: those of which a CronJob does all that procman.yml says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from procman.core.schedule.schedule import shortest_gap
from procman.core.tasks.task import Missed, OnStop, Overlap
from procman.export import lacks
from procman.export.containers import times
from procman.export.containers.yamldump import Row
from procman.export.cron import clockchanges
from procman.export.kubernetes import cronjobs, pods
from procman.export.plan import Note, task_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from procman.core.tasks.task import Task
    from procman.export.kubernetes.cronjobs import Timetable
    from procman.export.kubernetes.pods import App

SHORTEST_DEADLINE = 10
"""Seconds: the controller looks so often (CronJob, Limitations)."""
RETRY_DELAY, MOST_RETRIES = 10.0, 6
"""Of a Job: 10 s, doubled each time up to 6 min (Job, Pod backoff failure policy). Ours go up to 10 min."""
POLICIES = {
    Overlap.SKIP: "Forbid",
    Overlap.QUEUE: "Forbid",
    Overlap.ALLOW: "Allow",
    Overlap.REPLACE: "Replace",
}
OF_RUN = re.compile(r"PROCMAN_(RUN_ID|ATTEMPT|SCHEDULED_AT)")
"""What only procman tells a run."""
KEPT = "the last 3 runs that succeeded are kept, and the last that failed"
LACKS = {
    "keep": KEPT,
    "keep_for": KEPT,
    "keep_keys": "there are no keys",
    "runs_on": "any node may run it: add a nodeSelector",
    "concurrency": "Jobs that somebody makes by hand are not counted",
}


def timetable(task: Task) -> Timetable | None:
    """When a CronJob runs the task, in all as procman would; None if it cannot, and a scheduler has to.

    So it is of a task without a schedule: the app asks for it.
    """
    return cronjobs.timetable(task.schedules[0]) if _suits(task) and len(task.schedules) == 1 else None


def _suits(task: Task) -> bool:
    retried = not task.retries or (task.retry_delay == RETRY_DELAY and task.retries <= MOST_RETRIES)
    rerun = task.rerun_if_lost or task.rerun_if_stopped
    told = OF_RUN.search(task.command)
    counted = task.concurrency and task.overlap is Overlap.ALLOW
    plain = not (rerun or told or counted or task.jitter)
    return retried and plain and task.missed is not Missed.ALL


def cronjob(app: App, task: Task, when: Timetable) -> dict[str, Any]:
    """The CronJob of a task."""
    part = app.names.tasks[task.name]
    metadata: dict[str, Any] = {"name": app.names.object(part), "labels": app.names.labels(part)}
    if task.description:
        metadata["annotations"] = {"kubernetes.io/description": task.description}
    spec = {
        "schedule": when.schedule,
        "timeZone": when.zone,
        **_how(task),
        "jobTemplate": {"spec": _job(app, task)},
    }
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec}


def _how(task: Task) -> dict[str, Any]:
    found = {"concurrencyPolicy": POLICIES[task.overlap], "startingDeadlineSeconds": _deadline(task)}
    return found if task.enabled else found | {"suspend": True}


def _deadline(task: Task) -> int:
    return SHORTEST_DEADLINE if task.missed is Missed.SKIP else times.whole(task.grace, SHORTEST_DEADLINE)


def _job(app: App, task: Task) -> dict[str, Any]:
    """Each attempt is a pod of its own, and has the timeout for itself."""
    part = app.names.tasks[task.name]
    container = pods.of_command(app, part, task_line(task))
    container["env"] = [
        *pods.variables({"PROCMAN_TASK": task.name}),
        *map(_pod_name, ("PS", "PROCMAN_PROCESS")),
    ]
    pod: dict[str, Any] = {"restartPolicy": "Never"}
    if task.timeout is not None:
        pod["activeDeadlineSeconds"] = times.whole(task.timeout)
    pod |= pods.around(app, container)
    template = {"metadata": {"labels": app.names.labels(part)}, "spec": pod}
    return {"backoffLimit": task.retries, "template": template}


def _pod_name(variable: str) -> Row:
    return Row(name=variable, valueFrom=Row(fieldRef=Row(fieldPath="metadata.name")))


def notes(tasks: Iterable[Task]) -> Iterator[Note]:
    """What CronJobs of these tasks do in another way."""
    waiting = []
    for task in tasks:
        yield from lacks.of_task(task, LACKS | _more_lacks(task))
        if task.timeout is not None:
            yield from times.note(task.name, "timeout", task.timeout, times.whole(task.timeout))
        if task.overlap is Overlap.QUEUE:
            yield Note(task.name, "overlap: queue", "skipped ticks instead")
        if task.missed is Missed.ONCE:
            yield from times.note(task.name, "grace", task.grace, _deadline(task))
        if task.overlap is Overlap.SKIP and task.missed is Missed.ONCE and _may_overlap(task):
            waiting.append(task.name)
    if waiting:
        text = f"is Forbid there, which starts a skipped tick when the run has ended: {', '.join(waiting)}"
        yield Note("", "overlap: skip", text)


def _more_lacks(task: Task) -> dict[str, str]:
    found = {}
    if task.on_stop is OnStop.LEAVE:
        found["on_stop"] = "is always so there"
    if not task.retries:
        found["retry_delay"] = "there are no retries"
    return found


def _may_overlap(task: Task) -> bool:
    """Whether a run may go on when the next is due."""
    start = datetime.fromtimestamp(clockchanges.START, UTC)
    gaps = [shortest_gap(schedule, start) for schedule in task.schedules]
    return any(task.timeout is None or (gap is not None and task.timeout >= gap) for gap in gaps)
