"""What stands in front of each line for machines: all of a JSON object but its text."""

from __future__ import annotations

import time

from procman.core import facts
from procman.core.text import jsonlines
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class JsonHeads:
    """Time, process, pid and stream. `clock` gives UTC seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._pids: dict[str, int] = {}
        self._second = -1
        self._stamp = ""

    def of(self, name: str) -> bytes:
        """In front of what a process writes now."""
        return jsonlines.head(self._time(), name, self._pids.get(name), jsonlines.CHILD)

    def about(self, words: object) -> bytes:
        """In front of procman's own words: which process they are about, if they are a fact about one."""
        name = getattr(words, "name", None)
        if isinstance(words, facts.ProcessStarted):
            self._pids[words.name] = words.pid
        pid = getattr(words, "pid", None) or self._pids.get(name or "")
        return jsonlines.head(self._time(), name, pid, jsonlines.PROCMAN)

    def forget(self, name: str) -> None:
        """A process has no more output."""
        self._pids.pop(name, None)

    def _time(self) -> str:
        """RFC 3339 with microseconds."""
        at = self._clock()
        if int(at) != self._second:
            self._second = int(at)
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self._second))
        return f"{self._stamp}.{int(at % 1 * 1e6):06d}Z"
