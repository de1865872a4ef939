"""Our own terminal, set so that each key comes as it is, and set back on every way out.

A process that gets SIGKILL sets nothing back. So a small one stands beside it (the watcher), and does it in
its place when their pipe closes.
"""

from __future__ import annotations

import os
import signal
import termios
import tty
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

DONE = b"\0"
IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTOU)
"""By the watcher: it ends when the other does."""


class RawTerminal:
    """The terminal `fd` in raw mode, or only without lines and echo (`cbreak`), within `with`.

    `undo` is written there when this process could not do so itself.
    """

    def __init__(self, fd: int, cbreak: bool = False, undo: bytes = b"") -> None:
        self._fd = fd
        self._cbreak = cbreak
        self._undo = undo

    def __enter__(self) -> RawTerminal:
        self._saved = termios.tcgetattr(self._fd)
        reading, self._pipe = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, IGNORED)
        self._watcher = os.fork()
        if not self._watcher:
            os.close(self._pipe)
            self._watch(reading)
        os.close(reading)
        (tty.setcbreak if self._cbreak else tty.setraw)(self._fd, termios.TCSADRAIN)
        os.write(self._pipe, DONE)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(termios.error, OSError):  # the window was closed
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._saved)
        with suppress(BrokenPipeError):
            os.write(self._pipe, DONE)
        os.close(self._pipe)
        os.waitpid(self._watcher, 0)

    def _watch(self, pipe: int) -> None:
        """In the watcher: until all is done, or the other is gone."""
        try:
            for number in IGNORED:
                signal.signal(number, signal.SIG_IGN)
            is_set = os.read(pipe, 1)
            ours = self._modes()
            if not is_set or not os.read(pipe, 1):
                _set_back(self._fd, ours, self._saved)
                os.write(self._fd, self._undo)
        finally:
            os._exit(0)

    def _modes(self) -> list[Any]:
        try:
            return termios.tcgetattr(self._fd)
        except termios.error:
            return []


def _set_back(fd: int, ours: list[Any], saved: list[Any]) -> None:
    """Unless somebody else, as the shell, has set it since."""
    with suppress(termios.error):
        if termios.tcgetattr(fd) == ours:
            termios.tcsetattr(fd, termios.TCSADRAIN, saved)
