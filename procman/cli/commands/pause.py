"""`procman pause`: a task is held until it is resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import pausing

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Hold a task until it is resumed, restarts of procman included."""
    return pausing.change(options, pause=True)
