"""Was a signal sent to us alone, or to our whole process group? One that does nothing but be in it tells.

A signal says who sent it, and not to whom (sigaction(2)). timeout(1), for one, signals its child and
then the whole group: what runs in our group has got it then, and is not to get it once more from us.
"""

from __future__ import annotations

import os
import select
import signal
import time

from procman.host.signals import FOR_PROCESSES, STOPPING

TOGETHER_SECONDS = 0.1
"""What comes so close together is one signal; and so long it takes at most until the one has ended."""
LINE = f"trap 'exit {128 + signal.SIGQUIT}' QUIT; read _"
"""Ends of every signal that we pass on, of SIGQUIT without a core dump, and with us."""


class Sentinel:
    """The process that is there to be ended by signals to our group; after each there is a new one."""

    def __init__(self) -> None:
        self._told: dict[int, float] = {}
        self._pid = 0
        self._fd = -1
        self._stdin, self._kept = os.pipe()
        self._start()

    def was_sent_to_all(self, number: int) -> bool:
        """Whether our whole group has got a signal that we have got. Waits a moment for the answer."""
        if not self._heard(number) and self._pid:
            select.select([self._fd], [], [], TOGETHER_SECONDS)
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self.reaped(pid, status)
        return self._heard(number)

    def reaped(self, pid: int, status: int) -> None:
        """A child of ours has ended: perhaps this one, and by a signal."""
        if pid != self._pid or not pid:
            return
        os.close(self._fd)
        code = os.waitstatus_to_exitcode(status)
        number = -code if code < 0 else code - 128
        self._pid = 0
        if number in (*STOPPING, *FOR_PROCESSES):
            self._told[number] = time.monotonic()
            self._start()

    def dismiss(self) -> None:
        """It is not needed any more."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)

    def _start(self) -> None:
        """Without one, for want of processes, say, all signals count as sent to us alone."""
        self._pid = 0
        actions = [
            (os.POSIX_SPAWN_DUP2, self._stdin, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        try:
            self._pid = os.posix_spawn(
                "/bin/sh",
                ("sh", "-c", LINE),
                os.environ,
                file_actions=actions,
                setsigmask=(),
                setsigdef=(*STOPPING, *FOR_PROCESSES),
            )
            self._fd = os.pidfd_open(self._pid)
        except OSError:
            self.dismiss()
            self._pid = 0

    def _heard(self, number: int) -> bool:
        return time.monotonic() - self._told.get(number, float("-inf")) < TOGETHER_SECONDS
