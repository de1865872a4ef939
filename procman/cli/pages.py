"""Long listings: so many of them, which ones, and how many more there are."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from procman.app import taskfiles
from procman.cli import complaints
from procman.core.schedule import durations, instants
from procman.core.tasks.query import Query
from procman.core.tasks.run import Outcome
from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.cli.options import Namespace

COUNTED = 10_000
"""More are not counted: that would take longer than to list some."""
RUNNING = "running"


def limit(options: Namespace, default: int) -> int | None:
    """How many are wanted; None for all. Raises `UserError`."""
    if options.all and options.number is not None:
        raise UserError([Problem("-n", None, "-n and --all exclude each other")])
    return None if options.all else options.number or default


def say_how_many(shown: int, limit: int | None, count: Callable[[int], int], what: str) -> None:
    """Say it when there are more than are shown. `count` counts up to a number."""
    if shown != limit:
        return
    number = count(COUNTED + 1)
    if number > shown:
        of = f"more than {COUNTED:,}" if number > COUNTED else f"{number:,}"
        complaints.tell(f"{shown:,} of {of} {what}; -n N or --all shows more")


def query(options: Namespace, root: str, task: str | None) -> Query:
    """Which runs are wanted. Raises `UserError`, with all that is wrong."""
    problems: list[Problem] = []
    since = _moment("--since", options.since, root, problems)
    until = _moment("--until", options.until, root, problems)
    if problems:
        raise UserError(problems)
    if since is not None and until is not None and since >= until:
        raise UserError([Problem("--since", None, "nothing can be both since that time and until the other")])
    outcomes = options.outcomes and tuple(map(_outcome, options.outcomes))
    return Query(task, outcomes, since, until, options.text)


def _outcome(word: str) -> Outcome | None:
    return None if word == RUNNING else Outcome(word)


def _moment(option: str, text: str | None, root: str, problems: list[Problem]) -> float | None:
    """How long ago, or a time as people write it."""
    if text is None:
        return None
    now = time.time()
    try:
        return now - durations.parse(text)
    except ValueError:
        pass
    try:
        at = datetime.fromtimestamp(now, UTC)
        return instants.parse(text, taskfiles.zone(root), at, past=True).timestamp()
    except ValueError as error:
        problems.append(Problem(option, None, f"{error}, or how long ago, like 2h or '3 days'"))
    return None
