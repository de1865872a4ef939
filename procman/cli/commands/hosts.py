"""`procman hosts`: who runs the tasks of this app, where several hosts share a store."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from procman.app import taskfiles
from procman.cli import answers, apps, complaints, rows, tables
from procman.core.schedule.durations import wording
from procman.host import place
from procman.store.open import is_on_server, on_server

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from procman.cli.options import Namespace
    from procman.core.tasks.instance import Instance

ONE_HOST = (
    "the store of this app is a file, so one host runs its tasks: write 'store: postgresql://HOST/DATABASE'"
    " in procman.yml to have several"
)
HEADINGS = ("instance", "host", "pid", "labels", "since", "heartbeat", "running", "version", "clock")
NUMBERS = (2, 6)
WIDE, TINY = 100, 60
"""Columns of a screen on which all fit, and on which hardly anything does."""
ON_NARROW, ON_TINY = (1, 2, 3, 5, 6, 8), (1, 5, 6)
"""What is shown there."""
RIGHT_SECONDS = 1.0
"""A clock that is wrong by less is right."""


def run(options: Namespace) -> int:
    """List the procmans that share the store of the app. Raises `StoreError`."""
    root = apps.root_of(options)
    found = place.store(root)
    if not is_on_server(found.where):
        if options.json:
            answers.say_json([])
            complaints.tell(ONE_HOST)
        else:
            answers.say(ONE_HOST)
        return 0
    with closing(on_server(*found)) as store:
        instances = store.instances.all()
    if options.json:
        answers.say_json([_row(each) for each in instances])
    elif instances:
        zone = taskfiles.zone(root)
        tables.show_some(_fitting(), HEADINGS, [_cells(each, zone) for each in instances], NUMBERS)
    else:
        answers.say("no procman runs the tasks of this app")
    return 0


def _fitting() -> Sequence[int]:
    """Those columns for which there is room."""
    columns = tables.room(WIDE)
    if columns < TINY:
        return ON_TINY
    return range(len(HEADINGS)) if columns >= WIDE else ON_NARROW


def _row(instance: Instance) -> rows.Row:
    return {
        "instance": instance.name,
        "host": instance.host,
        "pid": instance.pid,
        "labels": list(instance.labels),
        "started_at": rows.time(instance.started_at),
        "heartbeat_at": rows.time(time.time() - instance.silent),
        "lives": instance.lives,
        "running": instance.running,
        "version": instance.version,
        "clock_ahead_s": rows.rounded(instance.clock_ahead),
    }


def _cells(instance: Instance, zone: tzinfo) -> tuple[str, ...]:
    since = datetime.fromtimestamp(instance.started_at, zone)
    silent = wording(round(instance.silent))
    return (
        instance.name.partition("@")[0],
        instance.host,
        str(instance.pid),
        ", ".join(instance.labels),
        f"{since:%Y-%m-%d %H:%M:%S}",
        f"{silent} ago" if instance.lives else f"dead, silent for {silent}",
        str(instance.running) if instance.lives else "",
        instance.version,
        _clock(instance.clock_ahead),
    )


def _clock(ahead: float) -> str:
    if abs(ahead) < RIGHT_SECONDS:
        return "right"
    return f"{wording(round(abs(ahead)))} {'ahead' if ahead > 0 else 'behind'}"
