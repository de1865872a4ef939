"""Orphans come to us instead of to init, and nothing of ours is left behind.

prctl(2), PR_SET_CHILD_SUBREAPER: Linux. Elsewhere orphans go to init and only groups are stopped.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from procman.host.descent import descendants

PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36
KILL_AGAIN_SECONDS = 0.05


def adopt_orphans() -> None:
    """Make this process the parent of every descendant that loses its own."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def rename(name: str) -> None:
    """The name by which ps(1), pkill(1) and killall(1) know this process; the command line stays."""
    prctl(PR_SET_NAME, name.encode())


def prctl(option: int, argument: int | bytes) -> None:
    """Change something about this process (prctl(2)); nothing where there is no such call."""
    if sys.platform != "linux":
        return
    try:
        import _ctypes as c  # what ctypes is made of; that takes 3 ms and 1 MB more, in both of our processes

        prctl = c.dlsym(c.dlopen(None, 0), "prctl")  # type: ignore[arg-type]
        c.call_cdeclfunction(prctl, (option, argument, 0, 0, 0))
    except (ImportError, AttributeError):  # CPython's own matter: it may go
        import ctypes

        ctypes.CDLL(None).prctl(option, argument, 0, 0, 0)


def any_children() -> bool:
    """Whether a child lives; those that have ended are reaped."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if not pid:
            return True


def sweep(grace: float, impatient: set[signal.Signals]) -> None:
    """Stop every descendant: SIGTERM, and SIGKILL after `grace` seconds or one of the `impatient` signals.

    Returns when none is left that can be stopped. Signals are blocked meanwhile, and then as before.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *impatient})
    deadline = time.monotonic() + grace
    if any_children():
        _signal_all(signal.SIGTERM)
    while any_children() and (left := deadline - time.monotonic()) > 0:
        woken = signal.sigtimedwait({signal.SIGCHLD, *impatient}, left)
        if woken and woken.si_signo != signal.SIGCHLD:
            break
    deadline = time.monotonic() + grace
    # Again and again: one may have forked between our look and our signal. What runs as somebody else,
    # or does not even die of SIGKILL, cannot be waited for.
    while any_children() and _signal_all(signal.SIGKILL) and time.monotonic() < deadline:
        signal.sigtimedwait({signal.SIGCHLD}, KILL_AGAIN_SECONDS)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _signal_all(number: signal.Signals) -> bool:
    """Signal every descendant; whether there was one that we may signal."""
    reached = False
    for pid, _ in descendants():
        for each in (number, signal.SIGCONT):
            try:
                os.kill(pid, each)
                reached = True
            except (ProcessLookupError, PermissionError):
                continue
    return reached
