"""A thread that renews our lease on a store of several hosts, and hears when one of them rings.

A lease must be renewed in time whatever else the store is asked, so it has a connection of its own.
"""

from __future__ import annotations

import os
import random
import select
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

from procman.core.messages import Poked, WorkDone
from procman.errors import ShortageError, StoreError
from procman.shortages import NO_THREAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.core.messages import Message
    from procman.core.tasks.instance import Renewal
    from procman.host.poller import Poller

EVERY_SECONDS = 5.0
AGAIN_SECONDS = 1.0
"""After a renewal that failed."""
JITTER = 0.1
"""Of two hundred hosts that start together, not all come at the same moment."""


class Line(Protocol):
    """A connection to the store, for this thread alone. Each call may raise `StoreError`."""

    def renew(self) -> Renewal:
        """Renew the lease."""
        ...

    def fileno(self) -> int:
        """What becomes readable when somebody may have rung; -1 where nobody can ring."""
        ...

    def rung(self) -> bool:
        """Whether somebody has rung; what has come is read."""
        ...

    def close(self, leave: bool) -> None:
        """The end; `leave` gives the lease back first. Raises nothing."""
        ...


class Heartbeat:
    """`renewed` gets each renewal, as a message."""

    def __init__(self, line: Line, poller: Poller, renewed: Callable[[Renewal], None]) -> None:
        self._line = line
        self._renewed = renewed
        self._news: SimpleQueue[Message] = SimpleQueue()
        self._told_read, self._told_write = _pipe()
        self._end_read, self._end_write = _pipe()
        self._ended = False
        poller.watch(self._told_read, self._heard)
        self._thread = threading.Thread(target=self._run, name="procman-lease", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            raise ShortageError(NO_THREAD) from None

    def close(self, patience: float) -> None:
        """Give the lease back, if that takes no longer than so many seconds."""
        self._ended = True
        os.write(self._end_write, b"!")
        self._thread.join(patience)

    def _run(self) -> None:
        lost = False
        while not self._ended:
            try:
                renewal = self._line.renew()
                self._tell(WorkDone(self._renewed, renewal))
                if lost:
                    self._tell(Poked())  # who rang meanwhile was not heard
                lost = False
                self._listen(renewal.sent + EVERY_SECONDS * random.uniform(1 - JITTER, 1 + JITTER))
            except StoreError:  # the scheduler has noticed it, or will
                lost = True
                self._wait(-1, time.monotonic() + AGAIN_SECONDS)
        self._line.close(leave=True)

    def _listen(self, until: float) -> None:
        """Until then. Who rang while something else was asked is heard first."""
        while not self._ended:
            if self._line.rung():
                self._tell(Poked())
            if not self._wait(self._line.fileno(), until):
                return

    def _wait(self, descriptor: int, until: float) -> bool:
        """Whether there is something to read before then; False as well when it is the end."""
        watched = select.poll()  # select(2) takes no descriptor above 1023
        for each in (self._end_read, descriptor):
            if each >= 0:
                watched.register(each, select.POLLIN)
        found = watched.poll(1000 * max(0.0, until - time.monotonic()))
        return descriptor in [each for each, _ in found]

    def _tell(self, message: Message) -> None:
        self._news.put(message)
        with suppress(BlockingIOError):  # full of wake-ups already
            os.write(self._told_write, b"!")

    def _heard(self) -> Iterator[Message]:
        with suppress(BlockingIOError):
            os.read(self._told_read, 1 << 16)
        while True:
            try:
                yield self._news.get_nowait()
            except Empty:
                return


def _pipe() -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends
