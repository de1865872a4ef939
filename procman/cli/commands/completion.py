"""`procman completion`: what a shell needs to complete procman's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import answers

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Print a shell's completion script."""
    from argcomplete.shell_integration import shellcode

    answers.write(shellcode(["procman"], shell=options.shell))
    return 0
