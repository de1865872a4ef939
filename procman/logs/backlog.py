"""What waits to be written, and the thread that takes it from there: bounded, and nothing is dropped.

A disk or a terminal may take its time: only that thread waits for it.
"""

from __future__ import annotations

import _thread  # every start would wait 2 ms longer for `threading` and `queue`
from collections import deque

from procman.errors import ShortageError
from procman.shortages import NO_THREAD
from procman.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from procman.core.text.prefix import Buffer

FULL = 1 << 20
"""Bytes that wait from which on no more output is read; children then wait for their reader."""
MUCH = 1 << 12
"""So many bytes are no little."""
MOST_AT_ONCE = 64
"""Entries that are taken in one go."""


class Waiting(Protocol):
    """What is put and not written yet; `Backlog` keeps it in earnest, `procman.testing.fakes` in play."""

    at_once: bool
    done: bool
    limit: int
    stuck_since: float | None

    @property
    def lost(self) -> bool: ...

    @property
    def pending(self) -> int: ...

    def ring(self) -> None: ...

    def full(self) -> bool: ...

    def busy(self) -> bool: ...

    def give_up(self) -> None: ...

    def close(self) -> None: ...


class Output(Waiting, Protocol):
    """Where buffers go; see `logs/writer.py`."""

    error: OSError | None

    def put(self, buffers: list[Buffer]) -> None: ...


class Backlog:
    """`changed` is called in the thread when there is room again, when all is written after `close`, and on
    failure."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.limit = FULL
        """Bytes that wait from which on it is full, until a quarter of them is left."""
        self.at_once = True
        """Whether the thread is woken for each little that is put; if not, by `ring`: once for many lines
        takes less time than once for each, since the two threads take turns."""
        self.stuck_since: float | None = None
        """Since when the one write that is going on lasts, on the monotonic clock."""
        self._changed = changed
        self._queue: deque[Any] = deque()
        self._bell = _thread.allocate_lock()  # unlocked when something was put
        self._bell.acquire()
        self._queued = 0  # written by the caller's thread only
        self._written = 0  # written by the writer's thread only
        self._given_up = False
        self._waited_for = False
        self._watched = False
        self.done = False
        """Whether the thread will write no more, some time after `close`."""

    def begin(self, write: Callable[[list[Any]], None], finish: Callable[[], None] = lambda: None) -> None:
        """Start the thread. There `write` gets what was put, and adds what is done with to `_written`;
        `finish` is called when that was all. Raises `ShortageError`."""
        try:
            _thread.start_new_thread(self._run, (write, finish))
        except RuntimeError:
            raise ShortageError(NO_THREAD) from None

    @property
    def pending(self) -> int:
        """Bytes put and not written yet."""
        return self._queued - self._written

    @property
    def lost(self) -> bool:
        """Whether what is put now reaches nobody, and is thrown away."""
        return self._given_up

    def enqueue(self, entry: Any, size: int) -> None:
        """Have something written behind all that was put before, unless it is `lost`."""
        if self.lost:
            return
        self._queued += size
        self._queue.append(entry)
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
        return not self._roomy()  # it may have been written since

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

    def _roomy(self) -> bool:
        return self.pending < self.limit // 4

    def _run(self, write: Callable[[list[Any]], None], finish: Callable[[], None]) -> None:
        try:
            more = True
            while more:
                entries, more = self._gather()
                write(entries)
                if (self._waited_for and self._roomy()) or (self._watched and not self.pending):
                    self._waited_for = self._watched = False
                    self._changed()
            finish()
        finally:  # a bug that ends this thread must not have all others wait
            self._given_up = self.done = True
            self._changed()

    def _gather(self) -> tuple[list[Any], bool]:
        """Wait for entries and take what else is there; False when they are the last."""
        if not self._queue:
            self._bell.acquire()
        gathered: list[Any] = []
        while self._queue and len(gathered) < MOST_AT_ONCE:
            entry = self._queue.popleft()
            if entry is None:
                return gathered, False
            gathered.append(entry)
        return gathered, True
