"""The guardian: the process that people see, and that leaves nothing behind.

`guard` forks before anything heavy is imported. The child becomes the supervisor, in a process group
of its own. The parent stays: it forwards signals, waits for the supervisor, and when that has ended
in whatever way, stops every descendant that is left. It holds the write end of a pipe; when that
closes, the supervisor knows that the guardian was killed. As PID 1 it reaps what it adopts.
"""

from __future__ import annotations

import os
import signal

from procman.host import subreaper
from procman.host.signals import ALL, GRACE_SECONDS, STOPPING

SI_KERNEL = 0x80
"""`si_code` of a signal that the terminal sent to its whole foreground group (sigaction(2))."""
NAME = "guardian"
"""Not `procman`, so that `pkill -9 procman` leaves it alive to clean up."""


class Guarded:
    """What the supervisor knows of its guardian: the pipe that ends with it, and the user's group."""

    def __init__(self, lifeline: int, group: int) -> None:
        self.lifeline = lifeline
        self.group = group


def guard(child_has_terminal: bool) -> Guarded | int:
    """Fork. In the child, the supervisor's end of it; in the parent, later, the exit code.

    With `child_has_terminal` what the terminal sends is not forwarded, since the command that
    the supervisor runs stays in the terminal's foreground group and gets it from there.
    """
    signals = _wanted(child_has_terminal)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals | {signal.SIGCHLD})
    read_end, write_end = os.pipe()
    group = os.getpgrp()
    pid = os.fork()
    if not pid:
        os.close(write_end)
        os.setpgid(0, 0)
        for number in (signal.SIGTTIN, signal.SIGTTOU):  # a background group: it may write, and reading fails
            signal.signal(number, signal.SIG_IGN)
        return Guarded(read_end, group)
    os.close(read_end)
    subreaper.adopt_orphans()
    subreaper.rename(NAME)
    code = _wait(pid, signals, child_has_terminal)
    subreaper.sweep(GRACE_SECONDS, set(STOPPING))
    return code


def _wanted(child_has_terminal: bool) -> set[signal.Signals]:
    """What to forward. A SIGHUP that was ignored from the start stays ignored: nohup(1)."""
    unwanted = {signal.SIGTSTP} if child_has_terminal else set()
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        unwanted.add(signal.SIGHUP)
    return set(ALL) - unwanted


def _wait(supervisor: int, signals: set[signal.Signals], child_has_terminal: bool) -> int:
    """Until the supervisor has ended; its exit code, 128+n for signal n."""
    suspending = False
    while True:
        info = signal.sigwaitinfo(signals | {signal.SIGCHLD})
        if info.si_signo == signal.SIGCHLD:
            status = _reap(supervisor, suspending)
            if status is not None:
                code = os.waitstatus_to_exitcode(status)
                return 128 - code if code < 0 else code
        elif not (child_has_terminal and info.si_code == SI_KERNEL):
            suspending = info.si_signo == signal.SIGTSTP or (suspending and info.si_signo != signal.SIGCONT)
            os.kill(supervisor, info.si_signo)
            if info.si_signo in STOPPING:
                os.kill(supervisor, signal.SIGCONT)  # it may have been suspended, and has to obey


def _reap(supervisor: int, suspending: bool) -> int | None:
    """Reap whatever has ended; the supervisor's status when it is among them.

    When the supervisor has stopped as asked (Ctrl-Z), this process stops too, so that the shell sees it.
    """
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return None
        if pid == supervisor and os.WIFSTOPPED(status):
            if suspending:
                os.kill(os.getpid(), signal.SIGSTOP)
        elif pid == supervisor:
            return status
        elif not pid:
            return None
