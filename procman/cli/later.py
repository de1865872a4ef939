"""`procman run task NAME --detach`, `--in`, `--at`: runs for the procman that runs, or will run."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from procman.cli import rows, stores, taskfiles
from procman.core import durations, moments
from procman.core.runs import Asked, Trigger
from procman.errors import Problem, UserError
from procman.host.clock import system_zone

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import tzinfo

    from procman.cli.app import App
    from procman.core.commands import Resolution


def ask(app: App, resolution: Resolution, options: Namespace) -> int:
    """Write the run down, wake who runs it, and tell its number. Raises `UserError`."""
    now = time.time()
    due = _due(options, app, now)
    trigger = Trigger.MANUAL if due == now else Trigger.DELAYED
    store = stores.open_for_writing(app.root, durable=True)
    number, new = store.ask(Asked(resolution.name, resolution.arguments, trigger, due, now, options.key))
    kept = store.run(number)
    store.close()
    assert kept, "it has just been written"
    if options.json:
        print(json.dumps([rows.job(kept)], indent=2))
    elif not new:
        print(
            f"{kept.name} was asked for already with the key '{options.key}' ({kept.outcome or kept.state})"
        )
    else:
        print(f"{kept.name} {_when(due, now)}")
    stores.ring(app.root)
    return 0


def _due(options: Namespace, app: App, now: float) -> float:
    if sum(map(bool, (options.detach, options.delay, options.moment))) > 1:
        raise UserError([Problem("run task", None, "--detach, --in and --at exclude each other")])
    try:
        if options.delay:
            return now + durations.parse(options.delay)
        if options.moment:
            at = moments.parse(options.moment, _zone(app), datetime.fromtimestamp(now, UTC))
            return at.timestamp()
    except ValueError as error:
        raise UserError([Problem("--in" if options.delay else "--at", None, str(error))]) from None
    return now


def _zone(app: App) -> tzinfo:
    path = taskfiles.path_in(app.root)
    return taskfiles.read(path, with_schedules=True).timezone if path else system_zone()


def _when(due: float, now: float) -> str:
    if due == now:
        return "will run as soon as possible"
    local = datetime.fromtimestamp(due, UTC).astimezone()
    if due < now:
        print(f"{local:%Y-%m-%d %H:%M:%S} is past, so it runs as soon as possible", file=sys.stderr)
    return f"will run at {local:%Y-%m-%d %H:%M:%S}, in {durations.words(max(0.0, due - now))}"
