"""`procman history`: the runs that were, the newest first; or one of them, with its output."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from procman.cli import answers, rows, stores, tables, taskfiles
from procman.cli import app as apps
from procman.core.schedule.durations import wording
from procman.core.tasks.query import Query
from procman.core.text.visible import readable
from procman.errors import Problem, UnknownNameError, UserError, suggest
from procman.host.identity import alive

if TYPE_CHECKING:
    from datetime import tzinfo

    from procman.cli.options import Namespace
    from procman.core.tasks.run import Run


def run(options: Namespace) -> int:
    """List runs, or show one. Raises `UserError`."""
    root = apps.root_of(options)
    if options.words[:1] == ["show"] and len(options.words) == 2:
        return _show(root, options.words[1], options.json)
    if len(options.words) > 1:
        raise UserError([Problem("history", None, "name one task, or 'show' and the number of a run")])
    task = options.words[0] if options.words else None
    with stores.reading(root) as store:
    if task is not None and not runs:
