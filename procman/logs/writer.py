"""The thread that writes the log out: a bounded queue of buffers, and never a dropped line."""

from __future__ import annotations

import os
import select
import threading
from queue import Empty, SimpleQueue

from procman.errors import ShortageError
from procman.shortages import NO_THREAD
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.text.prefix import Buffer

FULL = 1 << 20
"""Bytes in the queue from which on no more output is read; children then wait for their reader."""
ROOM = FULL // 4
MOST_BUFFERS = 64
"""Buffers of one writev(2), well below IOV_MAX (1024)."""


class Writer:
    """Writes to one descriptor, which may block for as long as it likes. `changed` is called in
    the thread when there is room again, when all is written after `close`, and on failure."""

    def __init__(self, fd: int, changed: Callable[[], None]) -> None:
        self.error: OSError | None = None
        self._fd = fd
        self._changed = changed
        self._queue: SimpleQueue[list[Buffer] | None] = SimpleQueue()
        self._queued = 0  # written by the caller's thread only
        self._written = 0  # written by the writer's thread only
        self._waited_for = False
        self._watched = False
        self.done = False
        """Whether the thread will write no more, some time after `close`."""
        try:
            threading.Thread(target=self._run, name="procman-writer", daemon=True).start()
        except RuntimeError:
            raise ShortageError(NO_THREAD) from None

    @property
    def pending(self) -> int:
        """Bytes put and not written yet."""
        return self._queued - self._written

    def put(self, buffers: list[Buffer]) -> None:
        """Queue buffers to be written one after the other."""
        self._queued += sum(map(len, buffers))
        self._queue.put(buffers)

    def full(self) -> bool:
        """Whether to stop reading; if so, `changed` is called when there is room."""
        if self.pending < FULL:
            return False
        self._waited_for = True
        return self.pending >= ROOM  # it may have been written since

    def busy(self) -> bool:
        """Whether something is still to be written; if so, `changed` is called when all is."""
        self._watched = True
        return self.pending > 0

    def close(self) -> None:
        """Nothing more will be put; the thread ends when all is written."""
        self._queue.put(None)

    def _run(self) -> None:
        more = True
        while more:
            buffers, more = self._gather()
            if not self.error:
                try:
                    _write_all(self._fd, buffers)
                except OSError as error:
                    self.error = error
                    self._changed()
            self._written += sum(map(len, buffers))
            if (self._waited_for and self.pending < ROOM) or (self._watched and not self.pending):
                self._waited_for = self._watched = False
                self._changed()
        self.done = True
        self._changed()

    def _gather(self) -> tuple[list[Buffer], bool]:
        """Wait for buffers and take what else is there; False when they are the last."""
        buffers = self._queue.get()
        gathered: list[Buffer] = []
        while buffers is not None:
            gathered += buffers
            if len(gathered) >= MOST_BUFFERS:
                return gathered, True
            try:
                buffers = self._queue.get_nowait()
            except Empty:
                return gathered, True
        return gathered, False


def _write_all(fd: int, buffers: list[Buffer]) -> None:
    """writev(2) until all is written."""
    for at in range(0, len(buffers), MOST_BUFFERS):
        left = buffers[at : at + MOST_BUFFERS]
        while left:
            try:
                left = _unwritten(left, os.writev(fd, left))
            except BlockingIOError:  # O_NONBLOCK is shared with whoever else has it open, and was set by one
                select.select([], [fd], [])


def _unwritten(buffers: list[Buffer], written: int) -> list[Buffer]:
    for index, buffer in enumerate(buffers):
        if written < len(buffer):
            return [memoryview(buffer)[written:], *buffers[index + 1 :]]
        written -= len(buffer)
    return []
