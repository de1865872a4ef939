"""The options of the commands about tasks and their runs."""

from __future__ import annotations

from procman.cli.amounts import COUNT, count
from procman.cli.options import JSON, LISTING, Option, switch

NEXT = (
    *LISTING,
    Option("number", "-n --number", "how many (default: 10)", "N", default=10, convert=count, expects=COUNT),
    Option("start", "--from", "from then on (default: now), as '2026-12-24 18:00'", "TIME"),
    Option("zone", "--tz", "the time zone to read and show times in", "ZONE"),
    Option("expression", "--expr", "this expression instead of a task", "EXPRESSION"),
)
ALL = switch("all", "--all", "all of them")
JOBS = (
    *LISTING,
    Option("number", "-n --number", "how many (default: 50)", "N", convert=count, expects=COUNT),
    ALL,
)
OUTCOMES = (*"ok failed timed_out stopped lost skipped missed canceled running".split(),)
HISTORY = (
    *LISTING,
    Option("number", "-n --number", "how many (default: 20)", "N", convert=count, expects=COUNT),
    ALL,
    Option(
        "outcomes",
        "--outcome",
        "only those that ended so, or are running; may be given more than once",
        "OUTCOME",
        choices=OUTCOMES,
        repeats=True,
    ),
    Option("since", "--since", "only from then on: 2h, '3 days' ago, or '2026-12-24 18:00'", "TIME"),
    Option("until", "--until", "only before then, likewise", "TIME"),
    Option("text", "--contains", "only with this text in command, arguments, key, reason or output", "TEXT"),
)
LATER = (
    switch("detach", "--detach", "in the background, by the procman that runs"),
    Option("delay", "--in", "later, after 10m, 1h30m, 2 days", "DURATION"),
    Option("moment", "--at", "later, at '2026-12-24 18:00 Europe/Paris'", "TIME"),
    Option("key", "--key", "only once for the same key", "KEY"),
)
TASK = (*LATER, JSON)
"""Behind `run task NAME`."""
