"""`procman version`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman import __version__
from procman.cli import answers

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Print the version."""
    answers.write(__version__)
    return 0
