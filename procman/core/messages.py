"""What the world tells the engine: the entries of its one inbox."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

FileId = tuple[int, int]
"""Device and inode (stat(2))."""


class OutputRead(NamedTuple):
    name: str
    data: bytes


class OutputClosed(NamedTuple):
    name: str


class OutputDrained(NamedTuple):
    """All that was there is read, as `drain_output` asked for; somebody may still write more."""

    name: str


class Usage(NamedTuple):
    """What a child and those it waited for have used: peak memory in bytes, CPU seconds (getrusage(2)).

    On Linux the peak is at least what procman itself had at the time, as it counts from before the exec.
    """

    max_rss_bytes: int
    cpu_s: float


class Spawned(NamedTuple):
    """What has been started: the child whose exit will be told, and the main process, if it is known yet."""

    child: int
    main: int | None
    output: FileId | None = None
    """The pipe or terminal that it writes to."""


class MainStarted(NamedTuple):
    """The main process of a child that has a keeper has begun."""

    name: str
    pid: int


class ChildExited(NamedTuple):
    """Any child, adopted orphans included. `code` is the exit code, or minus the signal's number."""

    pid: int
    code: int
    usage: Usage | None = None


class SignalReceived(NamedTuple):
    number: int


class WriterChanged(NamedTuple):
    """The log's writer has room again, has finished or has failed."""


class StdoutClosed(NamedTuple):
    """Nobody reads procman's own output any more."""


class GuardianDied(NamedTuple):
    """The guardian was killed, so nobody else will clean up."""


class Poked(NamedTuple):
    """Somebody has asked for a run, or changed what the store says."""


class Files(list[str]):
    """The names of the first files that changed, fit to be shown, in order; `total` is how many there are."""

    def __init__(self, names: Iterable[str], total: int) -> None:
        super().__init__(names)
        self.total = total


class Unasked(str):
    """Why a question could not be asked: the system is short of something, and nothing is known."""


class Notified(NamedTuple):
    """A process has told how it is: assignments such as `READY=1`, a line each (sd_notify(3))."""

    name: str
    said: dict[str, str]


class WorkDone(NamedTuple):
    """Something that takes time is done: `then` is to be called with what came of it."""

    then: Callable[[Any], None]
    result: Any


Message = (
    OutputRead
    | OutputClosed
    | OutputDrained
    | MainStarted
    | ChildExited
    | SignalReceived
    | WriterChanged
    | StdoutClosed
    | GuardianDied
    | Poked
    | Notified
    | WorkDone
)
