"""The thread that writes the log out: a bounded queue of buffers, and never a dropped line."""

from __future__ import annotations

import _thread  # every start would wait 2 ms longer for `threading` and `queue`
import os
import select
import time
from collections import deque

from procman.errors import ShortageError
from procman.shortages import NO_THREAD
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.text.prefix import Buffer

FULL = 1 << 20
"""Bytes in the queue from which on no more output is read; children then wait for their reader."""
ROOM = FULL // 4
PIECE = 1 << 18
"""Bytes of one write."""
MUCH = 1 << 12
"""So many bytes are no little."""
SLOW_SECONDS = 0.05
SLOW_PIECE = 1 << 12
"""When a write has taken so long, so little is written next: it shows whether the reader takes anything."""
MOST_BUFFERS = 64
"""Buffers of one writev(2), well below IOV_MAX (1024)."""


class Writer:
    """Writes to one descriptor, which may block for as long as it likes. `changed` is called in
    the thread when there is room again, when all is written after `close`, and on failure; `rotate` whenever
    something was written."""

    def __init__(
        self, fd: int, changed: Callable[[], None], rotate: Callable[[], None] | None = None
    ) -> None:
        self.error: OSError | None = None
        self.limit = FULL
        """Bytes in the queue from which on it is full."""
        self.at_once = True
        """Whether the thread is woken for each little that is put; if not, by `ring`: once for many lines
        takes less time than once for each, since the two threads take turns."""
        self.stuck_since: float | None = None
        """Since when the one write that is going on lasts, on the monotonic clock."""
        self._fd = fd
        self._changed = changed
        self._rotate = rotate
        self._queue: deque[list[Buffer] | None] = deque()
        self._bell = _thread.allocate_lock()  # unlocked when something was put
        self._bell.acquire()
        self._queued = 0  # written by the caller's thread only
        self._written = 0  # written by the writer's thread only
        self._size = PIECE
        self._given_up = False
        self._waited_for = False
        self._watched = False
        self.done = False
        """Whether the thread will write no more, some time after `close`."""
        try:
            _thread.start_new_thread(self._run, ())
        except RuntimeError:
            raise ShortageError(NO_THREAD) from None

    @property
    def pending(self) -> int:
        """Bytes put and not written yet."""
        return self._queued - self._written

    @property
    def lost(self) -> bool:
        """Whether what is put now reaches nobody, and is thrown away."""
        return self._given_up or self.error is not None

    def put(self, buffers: list[Buffer]) -> None:
        """Queue buffers to be written one after the other."""
        if self.lost:
            return
        size = sum(map(len, buffers))
        self._queued += size
        self._queue.append(buffers)
        if self.at_once or size >= MUCH:
            self.ring()

    def ring(self) -> None:
        """Have written what was put."""
        if self._queue and self._bell.locked():  # nobody else unlocks it
            self._bell.release()

    def full(self) -> bool:
        """Whether to stop reading; if so, `changed` is called when there is room."""
        if self.pending < self.limit or self.lost:
            return False
        self._waited_for = True
        return self.pending >= ROOM  # it may have been written since

    def busy(self) -> bool:
        """Whether something is still to be written; if so, `changed` is called when all is."""
        self._watched = True
        return self.pending > 0

    def give_up(self) -> None:
        """Throw away what is put from now on: there may be a reader, but one that does not read."""
        self._given_up = True

    def close(self) -> None:
        """Nothing more will be put; the thread ends when all is written."""
        self._queue.append(None)
        self.ring()

    def _run(self) -> None:
        more = True
        while more:
            buffers, more = self._gather()
            try:
                self._write(buffers if not self.error else [])
                if self._rotate:
                    self._rotate()
            except OSError as error:
                self.error = error
                self._changed()
            if self.error:
                self._written = self._queued  # nothing waits for a reader who is gone
            if (self._waited_for and self.pending < ROOM) or (self._watched and not self.pending):
                self._waited_for = self._watched = False
                self._changed()
        self.done = True
        self._changed()

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

    def _gather(self) -> tuple[list[Buffer], bool]:
        """Wait for buffers and take what else is there; False when they are the last."""
        if not self._queue:
            self._bell.acquire()
        gathered: list[Buffer] = []
        while self._queue and len(gathered) < MOST_BUFFERS:
            buffers = self._queue.popleft()
            if buffers is None:
                return gathered, False
            gathered += buffers
        return gathered, True


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
