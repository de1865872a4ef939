"""Output as it comes, and waiting for what it says."""

from __future__ import annotations

import os
import re
import select
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 20.0
"""Seconds after which a test that waits for something gives up."""


class Output:
    """What comes out of a descriptor, as it comes."""

    def __init__(self, fd: int) -> None:
        self.data = b""
        self.ended = False
        self._abandoned = False
        self._fd = fd
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        return self.data.decode(errors="replace")

    def wait_for(self, pattern: str | bytes, after: int = 0) -> re.Match[bytes]:
        """The first match behind byte `after`, as soon as there is one."""
        wanted = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.MULTILINE)
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while not (match := wanted.search(self.data, after)):
                left = deadline - time.monotonic()
                assert left > 0, f"no {pattern!r} in: {self.text[-4000:]}"
                assert not self.ended, f"ended without {pattern!r}: {self.text[-4000:]}"
                self._changed.wait(left)
        return match

    def finish(self) -> None:
        """Wait for the end."""
        self._thread.join(PATIENCE)
        assert self.ended, f"somebody holds the output open: {self.text[-4000:]}"

    def abandon(self) -> None:
        """Read no more."""
        self._abandoned = True
        self._thread.join(PATIENCE)

    def _read(self) -> None:
        ready = select.poll()  # select(2) takes no descriptor above 1023
        ready.register(self._fd, select.POLLIN)
        while not (self.ended or self._abandoned):
            if ready.poll(50):
                data = self._read_once()
                with self._changed:
                    self.data += data
                    self.ended = not data
                    self._changed.notify_all()

    def _read_once(self) -> bytes:
        try:
            return os.read(self._fd, 1 << 20)
        except OSError:  # EIO: nobody has the terminal open any more
            return b""


def plain(line: str) -> str:
    """A line of the log without colours and time."""
    return re.sub(r"^\d\d:\d\d:\d\d ", "", re.sub(r"\x1b\[[0-9;]*m", "", line))


def wait_until(condition: Callable[[], object]) -> None:
    """For what nobody tells: the state of processes and files, looked at again and again."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.005)
