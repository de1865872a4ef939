"""`procman version`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman import __version__

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Print the version."""
    print(__version__)
    return 0
