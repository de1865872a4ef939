"""The guardian: the process that people see, and that leaves nothing behind.

`guard` forks before anything heavy is imported. The child becomes the supervisor. The parent stays: it
forwards signals, waits for the supervisor, and when that has ended in whatever way, stops every
descendant that is left. It holds the write end of a pipe; when that closes, the supervisor knows that
the guardian was killed. As PID 1 it reaps what it adopts.

Until the supervisor takes signals as messages (`Poller.receive_signals`), those that mean stop end it at
once, and so does the end of the guardian: nothing is started yet, and it may wait for a FIFO or a lock.
"""

from __future__ import annotations

import os
import signal

from procman.host import subreaper
from procman.host.signals import ALL, FOR_PROCESSES, GRACE_SECONDS, SI_KERNEL, STOPPING

TYPE_CHECKING = False  # as type checkers know it
if TYPE_CHECKING:
    from procman.host.daemon import Detached
    from procman.host.foreground import Modes
    from procman.host.sentinel import Sentinel

NAME = "guardian"
"""Not `procman`, so that `pkill -9 procman` leaves it alive to clean up."""


class Guarded:
    """What the supervisor knows of its guardian: the pipe that ends with it."""

    def __init__(self, lifeline: int) -> None:
        self.lifeline = lifeline
        self.detached: Detached | None = None
        """Who waits to hear that all runs, if procman has left its terminal."""


def guard(child_has_terminal: bool) -> Guarded | int:
    """Fork. In the child, the supervisor's end of it; in the parent, later, how it ended: its exit code,
    or minus the number of the signal that ended it.

    With `child_has_terminal` what the terminal or anybody sends to the whole group is not forwarded, since
    the command that the supervisor runs stays in this group, the terminal's foreground, and gets it there.
    Until it is there the supervisor stays there, too (`foreground.leave_to`).
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # were it ignored, no end of a child would be told
    signals = set(ALL) - ({signal.SIGTSTP} if child_has_terminal else set())
    signal.pthread_sigmask(signal.SIG_BLOCK, signals | {signal.SIGCHLD})
    modes = _modes() if child_has_terminal else None
    read_end, write_end = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(write_end)
        if not child_has_terminal:
            os.setpgid(0, 0)
        _begin(read_end)
        return Guarded(read_end)
    os.close(read_end)
    subreaper.adopt_orphans()
    subreaper.rename(NAME)
    code = _wait_beside_sentinel(pid, signals) if child_has_terminal else _wait(pid, signals, None)
    subreaper.sweep(GRACE_SECONDS, set(STOPPING))
    if modes and code < 0:
        modes.restore()
    if not child_has_terminal and -code in STOPPING:
        return 0  # asked to stop before anything was started
    return code


def _modes() -> Modes:
    from procman.host.foreground import Modes  # what only `run` waits for

    return Modes()


def _wait_beside_sentinel(supervisor: int, signals: set[signal.Signals]) -> int:
    from procman.host.sentinel import Sentinel

    sentinel = Sentinel()
    code = _wait(supervisor, signals, sentinel)
    sentinel.dismiss()
    return code


def _begin(lifeline: int) -> None:
    """The supervisor's first acts."""
    from procman.host.lifeline import end_with  # what the guardian itself does not need

    for number in (signal.SIGTTIN, signal.SIGTTOU):  # a background group: it may write, and reading fails
        signal.signal(number, signal.SIG_IGN)
    end_with(lifeline)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {*STOPPING, signal.SIGTSTP})


def _wait(supervisor: int, signals: set[signal.Signals], sentinel: Sentinel | None) -> int:
    """Until the supervisor has ended; its exit code, or minus the number of the signal that ended it."""
    suspending = False
    while True:
        info = signal.sigwaitinfo(signals | {signal.SIGCHLD})
        if info.si_signo == signal.SIGCHLD:
            status = _reap(supervisor, suspending, sentinel)
            if status is not None:
                return os.waitstatus_to_exitcode(status)
        elif not (sentinel and _was_sent_to_all(info, sentinel)):
            suspending = info.si_signo == signal.SIGTSTP or (suspending and info.si_signo != signal.SIGCONT)
            os.kill(supervisor, info.si_signo)
            if info.si_signo in STOPPING:
                os.kill(supervisor, signal.SIGCONT)  # it may have been suspended, and has to obey


def _was_sent_to_all(info: signal.struct_siginfo, sentinel: Sentinel) -> bool:
    """Whether the command has got the signal already, as what the terminal sends to its foreground group."""
    asks = info.si_signo in (*STOPPING, *FOR_PROCESSES)
    return info.si_code == SI_KERNEL or (asks and sentinel.was_sent_to_all(info.si_signo))


def _reap(supervisor: int, suspending: bool, sentinel: Sentinel | None) -> int | None:
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
        elif sentinel:
            sentinel.reaped(pid, status)
