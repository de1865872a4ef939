"""What the world tells the engine: the entries of its one inbox."""

from __future__ import annotations

from typing import NamedTuple


class OutputRead(NamedTuple):
    name: str
    data: bytes


class OutputClosed(NamedTuple):
    name: str


class ChildExited(NamedTuple):
    """Any child, adopted orphans included. `code` is the exit code, or minus the signal's number."""

    pid: int
    code: int


class SignalReceived(NamedTuple):
    number: int


class WriterChanged(NamedTuple):
    """The log's writer has room again, has finished or has failed."""


class StdoutClosed(NamedTuple):
    """Nobody reads procman's own output any more."""


class GuardianDied(NamedTuple):
    """The guardian was killed, so nobody else will clean up."""


Message = (
    OutputRead | OutputClosed | ChildExited | SignalReceived | WriterChanged | StdoutClosed | GuardianDied
)
