"""`procman version` and `procman completion`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman import __version__

if TYPE_CHECKING:
    from argparse import Namespace


def show(options: Namespace) -> int:
    """Print what was asked for."""
    if options.command == "version":
        print(__version__)
        return 0
    from argcomplete.shell_integration import shellcode

    print(shellcode(["procman"], shell=options.shell))
    return 0
