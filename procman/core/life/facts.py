"""What is told of a process under its policies: past-tense events, and their words for people."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class ProcessWaits(NamedTuple):
    """`reason` as in "redis.1 is not ready"."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} waits: {self.reason}"


class ProcessSkipped(NamedTuple):
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} skipped: {self.reason}"


class ProcessReady(NamedTuple):
    """`seconds` since its start."""

    name: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.name} ready after {self.seconds:.1f} s"


class ProcessCompleted(NamedTuple):
    """One that has ended well, and is not started again."""

    name: str

    def __str__(self) -> str:
        return f"{self.name} completed"


class ProcessSick(NamedTuple):
    """One that has to stop. `reason` as in "is not well: answered 500, 3 times in a row"."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} {self.reason}, stopping it"


class TimeOver(NamedTuple):
    """One that is restarted for its age, which is no failure. `reason` as in "has run for 1 h"."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} {self.reason}, restarting it"


class RestartPlanned(NamedTuple):
    """`seconds` until it is started again, after so many failures in a row."""

    name: str
    seconds: float
    failures: int

    def __str__(self) -> str:
        times = f" ({self.failures} failures in a row)" if self.failures > 1 else ""
        return f"{self.name} starts again in {_short(self.seconds)}{times}"


class ProcessFailed(NamedTuple):
    """One that is not started again. `lines` are the last that it wrote."""

    name: str
    reason: str
    lines: Sequence[str] = ()

    def __str__(self) -> str:
        behind = ". The last that it wrote:" if self.lines else ""
        return f"{self.name} failed: {self.reason}{behind}"


class FilesChanged(NamedTuple):
    """`names` are restarted for it. `files` are some of them, of `total`."""

    files: Sequence[str]
    names: Sequence[str]
    total: int

    def __str__(self) -> str:
        first = self.files[0]
        more = f" and {self.total - 1} more" if self.total > 1 else ""
        return f"{first}{more} changed, restarting {', '.join(self.names)}"


ProcessFact = (
    ProcessWaits
    | ProcessSkipped
    | ProcessReady
    | ProcessCompleted
    | ProcessSick
    | TimeOver
    | RestartPlanned
    | ProcessFailed
    | FilesChanged
)


def _short(seconds: float) -> str:
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
