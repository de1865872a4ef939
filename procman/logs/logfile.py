"""One file in which lines are kept, whole ones only. A full one becomes the newest of some old ones."""

from __future__ import annotations

import os
from contextlib import suppress

from procman import statefolder
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from procman.core.text.prefix import Buffer

FLAGS = os.O_RDWR | os.O_APPEND
"""Read is only the last byte, of what somebody has left there."""
LOOK_SECONDS = 0.1
"""So often at most it is looked whether the file is still where it was, and as large."""


class Sizes(NamedTuple):
    """How much is kept."""

    most: int
    """Bytes of a file; 0: any number."""
    kept: int
    """Old files: `web.1.log.1` is the newest."""


class LogFile:
    """Opened when there is something to write; anew when somebody else has moved or deleted it."""

    def __init__(self, path: str, sizes: Sizes) -> None:
        self.path = path
        self._most, self._kept = sizes
        self._fd = -1
        self._size = 0
        self._look_at = 0.0
        self.stored = 0
        """Bytes of the last `add` that are in files now: whole lines."""

    def add(self, buffers: list[Buffer], now: float) -> None:
        """Write whole lines; `now` is on the monotonic clock.

        Raises `OSError`, or `StoreError` for a file that is not safe; `stored` tells what was written all the
        same.
        """
        self.stored = 0
        if self._fd < 0 or now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._look()
        if not self._most or self._size + sum(map(len, buffers)) <= self._most:
            self._write(buffers)
        else:
            self._fill(b"".join(buffers))

    def close(self) -> None:
        """The next line opens it anew."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _look(self) -> None:
        """Somebody may have moved, deleted or emptied it."""
        if self._fd >= 0 and statefolder.is_still(self.path, self._fd):
            self._size = os.fstat(self._fd).st_size
        else:
            self.close()
            self._open()

    def _open(self) -> None:
        """A line that is not ended, of one that was killed, is ended first."""
        try:
            self._fd = statefolder.open_file(self.path, FLAGS)
        except FileNotFoundError:  # it would have been made: the folder is not there
            os.mkdir(os.path.dirname(self.path), statefolder.PRIVATE)
            self._fd = statefolder.open_file(self.path, FLAGS)
        try:
            self._size = os.fstat(self._fd).st_size
            if self._size and os.pread(self._fd, 1, self._size - 1) != b"\n":
                self._size += os.write(self._fd, b"\n")
        except OSError:
            self.close()
            raise

    def _fill(self, lines: bytes) -> None:
        """Several files, each as full as it may be. A line that is longer than that is alone in one."""
        at, view = 0, memoryview(lines)
        while at < len(lines):
            end = lines.rfind(b"\n", at, max(at, at + self._most - self._size)) + 1
            if not end and self._size:
                self._rotate()
                if not self._size:
                    continue
                end = len(lines)  # it cannot be moved: better too large than without these lines
            end = end or lines.find(b"\n", at) + 1 or len(lines)
            self._write([view[at:end]])
            at = end

    def _rotate(self) -> None:
        """Begin a new one, unless that fails: then the old one goes on."""
        self.close()
        with suppress(OSError):
            self._move()
        self._open()

    def _move(self) -> None:
        """What is in the way of an old one stays, and that one is let go: only the newest needs a place."""
        olds = [self.path]
        while len(olds) <= self._kept and os.path.lexists(olds[-1]):
            olds.append(f"{self.path}.{len(olds)}")
        with suppress(OSError):  # replaced instead, ext4 would have the disk take all of the one behind it
            os.unlink(olds[-1])
        for number in range(len(olds) - 1, 1, -1):
            with suppress(OSError):
                os.replace(olds[number - 1], olds[number])
        if self._kept:
            os.replace(self.path, olds[1])

    def _write(self, buffers: list[Buffer]) -> None:
        size, written = sum(map(len, buffers)), 0
        try:
            written = os.writev(self._fd, buffers)
            while written < size:  # the disk is full: the next write says so
                written += os.write(self._fd, b"".join(buffers)[written:])
        except OSError:
            self._take_back(b"".join(buffers)[:written])
            raise
        self._size += size
        self.stored += size

    def _take_back(self, written: bytes) -> None:
        """Of what was written before it failed, whole lines stay."""
        whole = written.rfind(b"\n") + 1
        self.stored += whole
        with suppress(OSError):  # else a newline is written first, next time
            if os.fstat(self._fd).st_size == self._size + len(written):  # nobody else writes there
                os.ftruncate(self._fd, self._size + whole)
        self.close()
