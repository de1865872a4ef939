"""`procman jobs`, `cancel`, `pause` and `resume`: what is to come, and what is not."""

from __future__ import annotations

import json
import shlex
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING

from procman.cli import app as apps
from procman.cli import rows, stores, tables, taskfiles
from procman.core.durations import words
from procman.errors import NO_SUCH_NAME

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import tzinfo

    from procman.core.runs import Run

WORDS = {
    (True, True): "is paused",
    (True, False): "was paused already",
    (False, True): "is resumed",
    (False, False): "was not paused",
}


def jobs(options: Namespace) -> int:
    """List the runs that wait for their time, the first to come first."""
    root = apps.root_of(options)
    store = stores.open_for_reading(root)
    waiting = store.jobs() if store else []
    if options.json:
        print(json.dumps([rows.job(run) for run in waiting], indent=2))
        return 0
    if waiting:
        now = time.time()
        zone, states = taskfiles.zone(root), store.states() if store else {}
        held = {name for name, state in states.items() if state.paused}
        headings = ("job", "task", "arguments", f"due ({_name(zone, now)})", "", "key")
        tables.show(headings, [_cells(run, now, zone, run.task in held) for run in waiting], right=(0,))
        stores.say_if_nobody(root)
    else:
        print("no jobs")
    return 0


def _cells(run: Run, now: float, zone: tzinfo, paused: bool) -> tuple[str, ...]:
    due = now if run.due is None else run.due
    local = datetime.fromtimestamp(due, zone)
    left = "paused" if paused else f"in {words(due - now)}" if due > now else "now"
    return str(run.id), run.task, shlex.join(run.args), f"{local:%Y-%m-%d %H:%M:%S}", left, run.key or ""


def _name(zone: tzinfo, now: float) -> str:
    return f"{datetime.fromtimestamp(now, zone):%Z}"


def cancel(options: Namespace) -> int:
    """Take back a run that waits for its time."""
    store = stores.open_for_reading(apps.root_of(options))
    number = int(options.id) if options.id.isdecimal() and len(options.id) < 19 else 0
    run = store.run(number) if store else None
    done = bool(store and run and store.cancel(number, time.time()))
    if run is None:
        print(f"cancel: no job '{options.id}': 'procman jobs' lists them", file=sys.stderr)
    elif not done:
        print(f"cancel: {run.name} does not wait any more: it is {rows.ending(run)}", file=sys.stderr)
    elif options.json and store and (now := store.run(number)):
        print(json.dumps([rows.run(now)], indent=2))
    else:
        print(f"{run.name} canceled")
    return 0 if done else NO_SUCH_NAME


def pause(options: Namespace) -> int:
    """Hold a task until it is resumed, restarts of procman included."""
    return _set(options, pause=True)


def resume(options: Namespace) -> int:
    """Let a task run as before; ticks that were due meanwhile are not made up for."""
    return _set(options, pause=False)


def _set(options: Namespace, pause: bool) -> int:
    root = apps.root_of(options)
    command = "pause" if pause else "resume"
    task = stores.find(options.task, apps.load_tasks(root), command).name
    store = stores.open_for_writing(root, durable=True)
    changed = (store.pause if pause else store.resume)(task, time.time())
    if options.json:
        print(json.dumps([{"task": task, "paused": pause}], indent=2))
    else:
        print(f"{task} {WORDS[pause, changed]}")
    if pause:
        stores.say_if_nobody(root)
    else:
        stores.ring(root)
    return 0
