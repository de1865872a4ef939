"""Descriptors on their way to a child, which finds them under other numbers."""

from __future__ import annotations

import fcntl
import os

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Action = tuple[Any, ...]

FIRST_OF_OURS = 10
"""Numbers below are children's: input and output, sockets from 3 on, 8 and 9 of a keeper. What is to go there
must not itself be there, or it could be overwritten before its turn."""
FIRST_SOCKET = 3
"""Where a child finds those that it is handed (sd_listen_fds(3))."""
USUAL_PIPE_SIZE = 1 << 16
"""What the system gives (pipe(7))."""
PIPE_SIZE = 1 << 20
OWN_FILES = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else None
"""Opened there, a pipe gets a file description of its own: O_NONBLOCK set by one child is not set for all."""


def pipe(ours: list[int], theirs: list[int]) -> tuple[int, int]:
    """Our end, which does not block, and theirs; each list gets its one."""
    output, inner = os.pipe()
    ours.append(output)
    theirs.append(inner)
    os.set_blocking(output, False)
    theirs[-1] = out_of_the_way(inner)
    return output, theirs[-1]


def out_of_the_way(fd: int) -> int:
    """The same file under a number of ours; the old number is closed then."""
    if fd >= FIRST_OF_OURS:
        return fd
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_OF_OURS)
    os.close(fd)
    return moved


def opening(fd: int, number: int, mode: int) -> Action:
    """The action that opens our descriptor anew in the child, where it gets that number.

    posix_spawn(3) duplicates none whose number is beyond the limit that the child gets; to be opened, it may
    have any.
    """
    if OWN_FILES:
        return (os.POSIX_SPAWN_OPEN, number, f"{OWN_FILES}/{fd}", mode, 0)
    return (os.POSIX_SPAWN_DUP2, fd, number)


def handing(sockets: Sequence[int]) -> list[Action]:
    """The actions that give a child our sockets, which it finds in this order."""
    return [(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate(sockets, FIRST_SOCKET)]


def enlarge(pipe: int) -> None:
    """Give a pipe room for more than the usual 64 KiB, so that both ends run longer at a time."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        except OSError:
            pass  # no pipe, or beyond the user's share of pipe memory (pipe(7)): what there is will do
