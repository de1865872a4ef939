"""`procman signal`: to the main processes of the running app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import answers, apps, remote
from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Send the signal to all that are named. Raises `UserError`."""
    name, *names = options.words
    if not names:
        raise UserError(
            [Problem("signal", None, f"say who is to get {name}: a process, a type or a pattern")]
        )
    rows = remote.ask(apps.root_of(options), "signal", names=names, signal=name)
    if options.json:
        answers.say_json([remote.as_json(row) for row in rows])
    else:
        answers.say(*(f"{row['name']} got it (pid {row['pid']})" for row in rows))
        if not rows:
            answers.say("none of them runs")
    return 0
