"""A command in the foreground of this terminal, which is given back as it was when the command dies."""

from __future__ import annotations

import os
import signal
import termios

from procman.host.signals import FOR_PROCESSES, SI_KERNEL, STOPPING
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Modes:
    """How the terminal is set, if there is one, and whose it is, at the time that this is made."""

    def __init__(self) -> None:
        self._group = os.getpgrp()
        self._fd = next(filter(os.isatty, (0, 1, 2)), None)
        self._saved = termios.tcgetattr(self._fd) if self._fd is not None else []

    def restore(self) -> None:
        """Set it so again, as shells do after a command that died; not when it is somebody else's now."""
        if self._fd is None:
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])  # and we may from behind, too
        try:
            if self._is_ours(self._fd):
                termios.tcsetattr(self._fd, termios.TCSANOW, self._saved)
        except (OSError, termios.error):
            pass  # the window was closed
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _is_ours(self, fd: int) -> bool:
        try:
            foreground = os.tcgetpgrp(fd)
        except OSError:  # not the terminal that controls us: there is no foreground to be in
            return True
        if foreground == self._group:
            return True
        try:
            os.killpg(foreground, 0)
        except ProcessLookupError:  # the command had made it its own
            os.tcsetpgrp(fd, self._group)
            return True
        return False


def leave_to(start: Callable[[], int]) -> int:
    """Start a child in the group, and so in the foreground, that this process then leaves; its pid.

    Nobody can enter a group from outside its PID namespace, but everybody can leave it. What the terminal
    sends to all before we have left is the child's: it has got it. Other signals wait until we have.
    """
    numbers = {*STOPPING, *FOR_PROCESSES}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    earlier = signal.sigpending()
    pid = start()
    os.setpgid(0, 0)
    for number in numbers & signal.sigpending() - earlier:
        if (info := signal.sigtimedwait([number], 0)) and info.si_code != SI_KERNEL:
            os.kill(os.getpid(), number)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid
