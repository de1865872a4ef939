"""`procman jobs`: the runs that wait for their time."""

from __future__ import annotations

import shlex
import time
from datetime import datetime
from typing import TYPE_CHECKING

from procman.cli import answers, rows, stores, tables, taskfiles
from procman.cli import app as apps
from procman.core.schedule.durations import wording

if TYPE_CHECKING:
    from datetime import tzinfo

    from procman.cli.options import Namespace
    from procman.core.tasks.run import Run


def run(options: Namespace) -> int:
    """List the runs that wait for their time, the first to come first."""
    root = apps.root_of(options)
    with stores.reading(root) as store:
        waiting = store.jobs() if store else []
        states = store.states() if store else {}
    if options.json:
        answers.say_json([rows.job(each) for each in waiting])
        return 0
    if waiting:
        now = time.time()
        zone = taskfiles.zone(root)
        held = {name for name, state in states.items() if state.paused}
        headings = ("job", "task", "arguments", f"due ({_name(zone, now)})", "", "key")
        tables.show(headings, [_cells(each, now, zone, each.task in held) for each in waiting], right=(0,))
        stores.say_if_nobody(root)
    else:
        answers.say("no jobs")
    return 0


def _cells(run: Run, now: float, zone: tzinfo, paused: bool) -> tuple[str, ...]:
    due = now if run.due is None else run.due
    local = datetime.fromtimestamp(due, zone)
    left = "paused" if paused else f"in {wording(due - now)}" if due > now else "now"
    return str(run.id), run.task, shlex.join(run.args), f"{local:%Y-%m-%d %H:%M:%S}", left, run.key or ""


def _name(zone: tzinfo, now: float) -> str:
    return f"{datetime.fromtimestamp(now, zone):%Z}"
