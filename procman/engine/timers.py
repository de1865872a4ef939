"""What is due later: one heap for all who wait for a time."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer:
    """Something that is due once, unless it is cancelled before. `at` is on the monotonic clock."""

    __slots__ = ("_call", "at", "order")

    def __init__(self, at: float, order: int, call: Callable[[float], None]) -> None:
        self.at = at
        self.order = order
        self._call: Callable[[float], None] | None = call

    @property
    def waits(self) -> bool:
        """Whether it is still to come."""
        return self._call is not None

    def cancel(self) -> None:
        """It does not come; again is the same."""
        self._call = None

    def ring(self, now: float) -> None:
        """It is due."""
        call, self._call = self._call, None
        if call:
            call(now)

    def __lt__(self, other: Timer) -> bool:
        return (self.at, self.order) < (other.at, other.order)


class Timers:
    """All of them. Those of one moment come in the order in which they were set."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._order = 0

    @property
    def deadline(self) -> float | None:
        """When `expire` is due."""
        while self._heap and not self._heap[0].waits:
            heappop(self._heap)
        return self._heap[0].at if self._heap else None

    def set(self, at: float, call: Callable[[float], None]) -> Timer:
        """Have something called then; it gets the time."""
        self._order += 1
        timer = Timer(at, self._order, call)
        heappush(self._heap, timer)
        return timer

    def expire(self, now: float) -> None:
        """Call what is due; what that sets for now or before comes the next time."""
        due = []
        while (at := self.deadline) is not None and at <= now:
            due.append(heappop(self._heap))
        for timer in due:
            timer.ring(now)

    def postpone(self, seconds: float) -> None:
        """All were suspended for so long."""
        for timer in self._heap:
            timer.at += seconds
        heapify(self._heap)
