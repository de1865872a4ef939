"""Lines of a shell as they come from others: however they are, they are read, or it is told why not."""

from __future__ import annotations

from procman.core.plan import shell

TOO_DEEP = "it is nested too deep"


def of(line: str) -> shell.Line:
    """The commands of a line. Raises `ValueError` for one that the shell cannot read, or no person."""
    try:
        return shell.read(shell.tokens(line))
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
