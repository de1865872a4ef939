"""A regular file that a manager writes: when did it stop growing, and what is in it."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.load import Load, RunError, Tally
from bench.sinkend import Sink

TICK, QUIET, TAIL = 0.001, 2.0, 4096


class FileWatch:
    """Looks at the file each millisecond: a regular file cannot be waited for by select."""

    def __init__(self, path: Path, load: Load) -> None:
        self._path, self._load = path, load
        self._grown_ns = 0

    def wait(self, patience: float) -> None:
        """Until the last line of a single child is there, or the file has not grown for two seconds."""
        size, deadline = -1, time.monotonic() + patience
        with self._path.open("rb") as file:
            while time.monotonic() < deadline:
                now, current = time.monotonic_ns(), os.fstat(file.fileno()).st_size
                if current != size:
                    size, self._grown_ns = current, now
                    if self._last_line_in(file.fileno(), size):
                        return
                elif now - self._grown_ns > QUIET * 1e9:
                    return
                time.sleep(TICK)
        raise RunError("arrival of the lines: the file never stopped growing")

    def _last_line_in(self, fd: int, size: int) -> bool:
        last = f"<c00 {self._load.lines - 1:010d} ".encode()
        tail = os.pread(fd, TAIL, max(0, size - TAIL))
        _, found, rest = tail.rpartition(last)
        return self._load.children == 1 and bool(found) and b">" in rest

    def tally(self, sink_argv: Sequence[str]) -> Tally:
        """The sink's findings, with the times of growth in place of its own."""
        with self._path.open("rb") as file:
            sink = Sink(sink_argv, file)
        try:
            return replace(sink.finish(), last_ns=self._grown_ns)
        finally:
            sink.close()
