"""How much a program can be given when it starts (execve(2), "Limits on size of arguments and environment").

It is told where a run is asked for, and not hours later, when it is to begin.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAGES = 32
"""Linux takes no single argument of more pages, its NUL byte counted (MAX_ARG_STRLEN)."""
MOST = 6 << 20
"""Nor more than 3/4 of 8 MiB together, however large the stack may be (`bprm_stack_limits`)."""
POINTER = 8
"""Each string has one, which counts."""
RESERVE = 1 << 16
"""For the command itself, what procman adds to the environment, and what a shell does (POSIX wants 2,048)."""
HINT = ": pass the name of a file or an id by which the command finds it"


def complaint(arguments: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """What is wrong with arguments that the system would not take beside an environment; None for nothing."""
    sizes = [_size(word) for word in arguments]
    longest = _longest()
    for position, size in enumerate(sizes, start=1):
        if longest and size > longest:
            return f"argument {position} has {size} bytes, and the system takes {longest} at most{HINT}"
    used = sum(_size(key) + 1 + _size(value) + 1 + POINTER for key, value in environment.items())
    room = min(MOST, os.sysconf("SC_ARG_MAX")) - RESERVE - used
    total = sum(sizes) + len(sizes) * (1 + POINTER)
    if total > room:
        return f"the arguments take {total} bytes, and the system has room for {max(0, room)}{HINT}"
    return None


def _size(word: str) -> int:
    return len(word.encode(errors="surrogateescape"))  # as it is passed on, whatever the locale


def _longest() -> int | None:
    return PAGES * os.sysconf("SC_PAGESIZE") - 1 if sys.platform == "linux" else None
