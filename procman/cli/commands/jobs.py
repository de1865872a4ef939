"""`procman jobs`: the runs that wait for their time."""

from __future__ import annotations

import shlex
import time
from datetime import datetime
from typing import TYPE_CHECKING

from procman.app import taskfiles
from procman.cli import answers, apps, pages, rows, stores, tables
from procman.core.schedule.durations import wording
from procman.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from procman.cli.options import Namespace
    from procman.core.tasks.run import Run, TaskState
    from procman.core.tasks.task import Task

SHOWN = 50


def run(options: Namespace) -> int:
    """List the runs that wait for their time, the first to come first. Raises `UserError`."""
    root = apps.root_of(options)
    limit = pages.limit(options, SHOWN)
    crowded = stores.told_by_procman(root).crowded
    with stores.reading(root) as store:
        waiting = store.jobs(limit) if store else []
        states = store.states() if store else {}
        if options.json:
            answers.say_json([rows.run(each) for each in waiting])
        elif waiting:
            _show(waiting, states, root, "for a place" if crowded else "now")
        else:
            answers.say("no jobs")
        if store:
            pages.say_how_many(len(waiting), limit, store.count_jobs, "jobs")
    return 0


def _show(waiting: list[Run], states: Mapping[str, TaskState], root: str, due: str) -> None:
    now = time.time()
    zone = taskfiles.zone(root)
    held = dict.fromkeys((name for name, state in states.items() if state.paused), "paused")
    tasks = _known(root)
    if tasks is not None:
        held |= dict.fromkeys({run.task for run in waiting} - tasks.keys(), "no such task")
    ripe = {task.name: _waits_for(task, due) for task in (tasks or {}).values()}
    headings = ("job", "task", "arguments", f"due ({_name(zone, now)})", "", "key")
    cells = [_cells(each, now, zone, held.get(each.task), ripe.get(each.task, due)) for each in waiting]
    tables.show(headings, cells, right=(0,))
    stores.say_if_nobody(root)


def _known(root: str) -> Mapping[str, Task] | None:
    """The tasks of the app; None where its file has mistakes."""
    try:
        path = taskfiles.path_in(root)
        return taskfiles.read(path, with_schedules=False).tasks if path else {}
    except UserError:
        return None


def _waits_for(task: Task, usual: str) -> str:
    """What a job that is due waits for."""
    if task.runs_on:
        return f"for a host with --label {task.runs_on}"
    return "for a place" if task.concurrency else usual


def _cells(run: Run, now: float, zone: tzinfo, held: str | None, at_once: str) -> tuple[str, ...]:
    due = now if run.due is None else run.due
    local = datetime.fromtimestamp(due, zone)
    left = held or (f"in {wording(due - now)}" if due > now else at_once)
    return str(run.id), run.task, shlex.join(run.args), f"{local:%Y-%m-%d %H:%M:%S}", left, run.key or ""


def _name(zone: tzinfo, now: float) -> str:
    return f"{datetime.fromtimestamp(now, zone):%Z}"
