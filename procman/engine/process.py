"""One process, where it stands in its life, and who is told about it."""

from __future__ import annotations

from procman.core import exitcodes
from procman.core.life.child import Life
from procman.host.signals import STOPPING
from procman.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import TypeVar

    from procman.core.messages import FileId, Usage
    from procman.core.plan.plan import ProcessPlan

    T = TypeVar("T")


def may_be_asked(code: int) -> bool:
    """Whether a process ended by a stop signal, itself or as its shell tells it (128+n)."""
    return exitcodes.exit_code(code) - 128 in STOPPING


class Owner(Protocol):
    """Who had a process started, and hears of its life."""

    def spawned(self, process: Process, now: float) -> None:
        """It has a child, and may write from now on."""
        ...

    def started(self, process: Process, now: float) -> None:
        """Its main process is known."""
        ...

    def failed(self, process: Process, reason: str, now: float) -> None:
        """It could not be started, and `ended` follows; `process.code` is as the shell has it."""
        ...

    def exited(self, process: Process, now: float) -> None:
        """The child has ended; its output and its group may still be there."""
        ...

    def reported(self, process: Process) -> None:
        """Its end has been told, behind its last line."""
        ...

    def ended(self, process: Process, now: float) -> None:
        """Nothing is left of it."""
        ...


class Process:
    """A row of the table of processes. `code` is the exit code, or minus the signal's number;
    `began` is on the monotonic clock."""

    def __init__(self, plan: ProcessPlan, timeout: float, owner: Owner) -> None:
        self.plan = plan
        self.life = Life(timeout)
        self.owner = owner
        self.pid = 0
        self.child = 0
        """The pid that leads its session; `pid` is that of the main process."""
        self.began = 0.0
        self.output: FileId | None = None
        self.code = 0
        self.told = False
        """Whether its end is."""
        self.usage: Usage | None = None

    def take(self, plan: ProcessPlan, timeout: float) -> None:
        """From now on this holds for it. A child that has been asked to stop keeps the time that it has."""
        self.plan, self.life = plan, self.life._replace(timeout=timeout)

    def hurry(self, by: float, now: float) -> None:
        """SIGKILL is due by then, also where a stop signal was sent already."""
        life = self.life
        kill_at = None if life.kill_at is None else min(life.kill_at, by)
        self.life = life._replace(timeout=max(0.0, min(life.timeout, by - now)), kill_at=kill_at)

    @property
    def who(self) -> tuple[str, int]:
        """Name and pid, for people."""
        return self.plan.name, self.pid


def keep(index: dict[str, T], name: str, each: T, wanted: bool) -> None:
    """Have a process in an index, or not."""
    if wanted:
        index[name] = each
    else:
        index.pop(name, None)


def is_due(at: float | None, now: float) -> bool:
    """Whether a deadline, if there is one, has come."""
    return at is not None and at <= now
