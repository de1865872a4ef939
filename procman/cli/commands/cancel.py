"""`procman cancel`: a run that waits for its time is taken back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from procman.cli import answers, apps, rows, stores
from procman.errors import Problem, UnknownNameError

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Take back a run that waits for its time. Raises `UnknownNameError` when none of that number does."""
    number = int(options.id) if options.id.isdecimal() and len(options.id) < 19 else 0
    with stores.reading(apps.root_of(options)) as store:
        waiting = store.run(number) if store else None
        if store is None or waiting is None:
            raise _no_job(f"no job '{options.id}': 'procman jobs' lists them")
        if not store.cancel(number, time.time()):
            raise _no_job(f"{waiting.name} does not wait any more: it is {rows.ending(waiting)}")
        now = store.run(number)
    if options.json and now:
        answers.say_json([rows.run(now)])
    else:
        answers.say(f"{waiting.name} canceled")
    return 0


def _no_job(text: str) -> UnknownNameError:
    return UnknownNameError([Problem("cancel", None, text)])
