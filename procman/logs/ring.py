"""The newest lines of the log, kept for those who ask later; and those who want to hear what comes."""

from __future__ import annotations

from collections import deque

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEPT = 1 << 20
"""Bytes of all processes together."""
OVERHEAD = 200
"""What a batch takes beside its bytes."""


class Batch(NamedTuple):
    """Whole lines of one process, as read in one go. `at` in UTC seconds; of procman itself `name` is
    `system`. The last of its lines may have no newline: one that is longer than a piece."""

    at: float
    name: str
    lines: bytes


class Ring:
    """Keeps as much as it may, the newest; who listens gets each batch when it comes."""

    def __init__(self, wall: Callable[[], float], kept: int = KEPT) -> None:
        self._wall = wall
        self._kept = kept
        self._batches: deque[Batch] = deque()
        self._size = 0
        self.listeners: list[Callable[[Batch], None]] = []

    def __iter__(self) -> Iterator[Batch]:
        """What is kept, the oldest first."""
        return iter(self._batches)

    def add(self, name: str, lines: bytes) -> None:
        """A batch has come."""
        batch = Batch(self._wall(), name, lines)
        kept = batch if len(lines) <= self._kept else batch._replace(lines=_newest(lines, self._kept))
        self._batches.append(kept)
        self._size += len(kept.lines) + OVERHEAD
        while self._size > self._kept and len(self._batches) > 1:
            self._size -= len(self._batches.popleft().lines) + OVERHEAD
        for listener in self.listeners:
            listener(batch)


def _newest(lines: bytes, size: int) -> bytes:
    """The last whole lines of so many bytes; the last bytes of a line that is longer."""
    tail = lines[-size:]
    return tail[tail.find(b"\n", 0, len(tail) - 1) + 1 :]
