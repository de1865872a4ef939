"""What a child inherits from procman itself: its folder, umask and niceness.

posix_spawn(3) sets none of them. So procman has them itself for the moment in which the child starts. That is
done on the main thread; the others name files by absolute paths, and say which modes they want.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, nullcontext, suppress

from procman.errors import SpawnError
from procman.shortages import reason
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from procman.core.plan.policies import Policies

HERE = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY
"""Enough to come back to a folder, though it may have been moved, or be not ours to read."""


def of(policies: Policies) -> AbstractContextManager[None]:
    """What these policies say, as long as the context lasts. Raises `SpawnError`."""
    if (policies.cwd, policies.umask, policies.nice) == (None, None, None):
        return nullcontext()
    return _taken_on(policies)


@contextmanager
def _taken_on(policies: Policies) -> Iterator[None]:
    with ExitStack() as undo:
        if policies.cwd is not None:
            _enter(policies.cwd, undo)
        if policies.umask is not None:
            undo.callback(os.umask, os.umask(policies.umask))
        if policies.nice is not None:
            _come_first(policies.nice, undo)
        yield


def settle(pid: int, nice: int) -> None:
    """Let a child that leads a session, and all below it, come later than it began.

    Who comes first has begun so: that may not be allowed, which has to be known before. Nobody but root could
    make procman itself nicer and take that back.
    """
    with suppress(OSError):  # it has ended
        if nice > _niceness():
            os.setpriority(os.PRIO_PGRP, pid, nice)
    # Where sessions share the processor (sched(7), "The autogroup feature"), niceness counts only within one.
    # Who is not root may say this ten times a second.
    with suppress(OSError), open(f"/proc/{pid}/autogroup", "w", encoding="ascii") as file:
        file.write(str(nice))


def _enter(folder: str, undo: ExitStack) -> None:
    try:
        before = os.open(".", HERE)
        undo.callback(os.close, before)
        os.chdir(folder)
        undo.callback(os.fchdir, before)
    except OSError as error:
        raise SpawnError(f"cannot start in {folder}: {reason(error)}", exit_code=126) from None


def _come_first(nice: int, undo: ExitStack) -> None:
    """Of threads, Linux changes only this one. To come later again is always allowed (setpriority(2))."""
    before = _niceness()
    if nice < before:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, nice)
        except OSError:
            text = f"'nice: {nice}' is not allowed: only root may go below {before} (see 'ulimit -e')"
            raise SpawnError(text, exit_code=126) from None
        undo.callback(os.setpriority, os.PRIO_PROCESS, 0, before)


def _niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)
