"""What the children of a run do, and what the sink found of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LINE_BYTES = 100


class RunError(Exception):
    """A run that came to nothing: one sentence that says where it stuck."""


@dataclass(frozen=True)
class Load:
    """`children` processes that each write `lines` lines, or `long_bytes` bytes without a newline.

    `gated`: they begin only when all are up. `leave`: they ignore TERM and exit after the last line, else
    they wait to be stopped. `into_file`: the manager writes into a regular file instead of a pipe.
    """

    children: int = 1
    lines: int = 1
    long_bytes: int = 0
    gated: bool = False
    leave: bool = False
    into_file: bool = False

    def commands(self, producer: Sequence[str], folder: Path) -> dict[str, list[str]]:
        """Name and command line of each child."""
        what = ["long", str(self.long_bytes)] if self.long_bytes else ["lines", str(self.lines)]
        tail = [str(folder), *what, "exit" if self.leave else "wait"]
        names = [f"c{number:02d}" for number in range(self.children)]
        return {name: [*producer, name, *tail] for name in names}

    def sink_arguments(self) -> list[str]:
        """What the sink has to expect."""
        if self.long_bytes:
            return ["long", str(self.long_bytes), "1"]
        return ["lines", str(self.lines), str(self.children)]

    @property
    def line_count(self) -> int:
        """Lines of all children."""
        return self.lines * self.children


@dataclass(frozen=True)
class Tally:
    """The sink's findings. Lines (or bytes of the long line) that came, were lost, cut, merged into another,
    had no prefix at all or that of another child; times in CLOCK_MONOTONIC nanoseconds."""

    ok: int
    lost: int
    gaps: int
    disorder: int
    cut: int
    merged: int
    bare: int
    foreign: int
    other: int
    bytes: int
    first_ns: int
    last_ns: int

    @classmethod
    def parse(cls, text: str) -> "Tally":
        """Reads the sink's line of JSON."""
        return cls(**json.loads(text))

    @property
    def came(self) -> int:
        """Whole lines that arrived."""
        return self.ok + self.disorder

    @property
    def spoiled(self) -> int:
        """Lines that came, but cut, merged, out of order or under another child's name."""
        return self.cut + self.merged + self.foreign + self.disorder
