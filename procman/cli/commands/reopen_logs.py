"""`procman reopen-logs`: the log files of the running app, begun anew once somebody has moved them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import answers, apps, remote

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Back when nothing more is written to the files that were there. Raises `RequestError` without any."""
    remote.ask(apps.root_of(options), "reopen-logs", options.timeout)
    answers.say("log files begun anew")
    return 0
