"""`procman resume`: a task runs as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import pausing

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Let a task run as before; ticks that were due meanwhile are not made up for."""
    return pausing.change(options, pause=False)
