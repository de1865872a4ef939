"""What the engine asks of the world; the host keeps it in earnest, `procman.testing` in play."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.config import ProcessPlan
    from procman.core.messages import Message


class Poller(Protocol):
    """The one wait, where everything that happens comes in."""

    def wait(self, seconds: float | None) -> Iterator[Message]:
        """What has happened, waiting at most so long for it; None waits for ever."""
        ...

    def pause_outputs(self) -> None:
        """Read no output of children until `resume_outputs`; again is the same."""
        ...

    def resume_outputs(self) -> None:
        """Read output again; again is the same."""
        ...


class Children(Protocol):
    """The children of the supervisor, by process name."""

    def spawn(self, process: ProcessPlan) -> int:
        """Start a process; its pid, which is also its process group. Raises `SpawnError`."""
        ...

    def signal_group(self, name: str, number: int) -> bool:
        """Signal the whole group of a process; False when nobody is left in it. Signal 0 only asks."""
        ...

    def stop_group(self, name: str, number: int) -> None:
        """Send the stop signal to the whole group, so that suspended processes get it too."""
        ...

    def close_output(self, name: str) -> None:
        """Deliver the output there is and read no more."""
        ...
