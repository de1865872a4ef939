"""The thread that writes the log out, where it is read: never a dropped line."""

from __future__ import annotations

import os
import select
import time

from procman.logs.backlog import Backlog
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.text.prefix import Buffer

PIECE = 1 << 18
"""Bytes of one write."""
SLOW_SECONDS = 0.05
SLOW_PIECE = 1 << 12
"""When a write has taken so long, so little is written next: it shows whether the reader takes anything."""
MOST_BUFFERS = 64
"""Buffers of one writev(2), well below IOV_MAX (1024)."""


class Writer(Backlog):
    """Writes to one descriptor, which may block for as long as it likes. `rotate` is called in the thread
    whenever something was written."""

    def __init__(
        self, fd: int, changed: Callable[[], None], rotate: Callable[[], None] | None = None
    ) -> None:
        super().__init__(changed)
        self.error: OSError | None = None
        self._fd = fd
        self._rotate = rotate
        self._size = PIECE
        self.begin(self._write_out)

    @property
    def lost(self) -> bool:
        """Whether what is put now reaches nobody, and is thrown away."""
        return self._given_up or self.error is not None

    def put(self, buffers: list[Buffer]) -> None:
        """Queue buffers to be written one after the other."""
        self.enqueue(buffers, sum(map(len, buffers)))

    def _write_out(self, entries: list[list[Buffer]]) -> None:
        try:
            self._write([buffer for buffers in entries for buffer in buffers] if not self.error else [])
            if self._rotate:
                self._rotate()
        except OSError as error:
            self.error = error
            self._changed()
        if self.error:
            self._written = self._queued  # nothing waits for a reader who is gone

    def _write(self, buffers: list[Buffer]) -> None:
        """writev(2) until all is written."""
        while buffers:
            self.stuck_since = began = time.monotonic()
            try:
                written = os.writev(self._fd, _first(buffers, self._size))
            except BlockingIOError:  # O_NONBLOCK is shared with whoever else has it open, and was set by one
                select.select([], [self._fd], [])
                continue
            finally:
                self.stuck_since = None
            self._written += written
            buffers = _unwritten(buffers, written)
            self._size = PIECE if time.monotonic() - began < SLOW_SECONDS else SLOW_PIECE


def _first(buffers: list[Buffer], size: int) -> list[Buffer]:
    """The first so many bytes, as far as one writev(2) takes buffers."""
    first: list[Buffer] = []
    for buffer in buffers[:MOST_BUFFERS]:
        first.append(buffer if len(buffer) <= size else memoryview(buffer)[:size])
        size -= len(buffer)
        if size <= 0:
            break
    return first


def _unwritten(buffers: list[Buffer], written: int) -> list[Buffer]:
    for index, buffer in enumerate(buffers):
        if written < len(buffer):
            return [memoryview(buffer)[written:], *buffers[index + 1 :]]
        written -= len(buffer)
    return []
