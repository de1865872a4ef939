"""`procman run task NAME --detach`, `--in`, `--at`: runs for the procman that runs, or will run."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from procman.app import taskfiles
from procman.cli import answers, rows, stores
from procman.core.schedule import durations, instants
from procman.core.tasks.run import Request, Trigger
from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from datetime import tzinfo

    from procman.app.app import App
    from procman.cli.options import Namespace
    from procman.core.plan.commands import Resolution


def ask(app: App, resolution: Resolution, options: Namespace) -> int:
    """Write the run down, wake who runs it, and tell its number. Raises `UserError`."""
    now = time.time()
    due = _due(options, app, now)
    trigger = Trigger.MANUAL if due == now else Trigger.DELAYED
    asked = Request(resolution.name, resolution.words, trigger, due, now, options.key)
    with closing(stores.open_for_writing(app.root, durable=True)) as store:
        number, new = store.request(asked)
        kept = store.run(number)
        paused = resolution.name in (states := store.states()) and states[resolution.name].paused
    if kept is None:  # the key is older than the history
        answer = f"{resolution.name}.{number} was asked for already with the key '{options.key}', long ago"
        answers.say_json([rows.former_run(number, asked)]) if options.json else answers.say(answer)
        return 0
    if options.json:
        answers.say_json([rows.run(kept)])
    elif not new:
        answers.say(
            f"{kept.name} was asked for already with the key '{options.key}' ({kept.outcome or kept.state})"
        )
    elif paused:
        answers.say(f"{kept.name} waits until 'procman resume {resolution.name}'")
    else:
        answers.say(f"{kept.name} will run {_when(due, now, taskfiles.zone(app.root))}")
    stores.ring(app.root)
    return 0


def _due(options: Namespace, app: App, now: float) -> float:
    if [options.detach, options.delay is not None, options.moment is not None].count(True) > 1:
        raise UserError([Problem("run task", None, "--detach, --in and --at exclude each other")])
    try:
        if options.delay is not None:
            return now + durations.parse(options.delay)
        if options.moment is not None:
            at = instants.parse(options.moment, taskfiles.zone(app.root), datetime.fromtimestamp(now, UTC))
            return at.timestamp()
    except ValueError as error:
        raise UserError([Problem("--at" if options.delay is None else "--in", None, str(error))]) from None
    return now


def _when(due: float, now: float, zone: tzinfo) -> str:
    local = f"{datetime.fromtimestamp(due, zone):%Y-%m-%d %H:%M:%S %Z}"
    if due == now:
        return "as soon as possible"
    if due < now:
        return f"as soon as possible, since {local} is past"
    return f"at {local}, in {durations.wording(due - now)}"
