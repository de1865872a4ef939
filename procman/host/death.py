"""The end of this process as that of another: whoever waits for us sees how the command ended."""

from __future__ import annotations

import os
import signal

from procman.host import subreaper

PR_SET_DUMPABLE = 4


def die_of(number: int) -> None:
    """Die of a signal, without a core dump (core(5)): a shell ends its loop when its command dies of SIGINT.

    Comes back when the system does not let us: the first process of a namespace (pid_namespaces(7)).
    """
    subreaper.prctl(PR_SET_DUMPABLE, 0)
    if number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os.kill(os.getpid(), number)
