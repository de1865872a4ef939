"""The supervisor's end of a pipe whose other end only the guardian holds: it closes when that dies."""

from __future__ import annotations

import fcntl
import os


def end_with(lifeline: int) -> None:
    """Have the system end this process when the guardian dies, whatever it waits for meanwhile.

    The kernel sends SIGIO to the owner of the descriptor (`O_ASYNC` in open(2)), which Linux lets us die of.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    try:
        os.read(lifeline, 1)
    except BlockingIOError:
        return
    os._exit(1)  # it is dead already, and nobody waits for us


def outlive(lifeline: int) -> None:
    """Do not end any more when the guardian dies: whoever reads the pipe deals with it."""
    fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_NONBLOCK)
