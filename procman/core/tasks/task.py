"""Tasks: named commands that can be run by hand, later, or on a schedule."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from procman.core.schedule.schedule import Schedule

DAY = 86400.0


class Overlap(StrEnum):
    """What a tick does when a run of the task is still there."""

    SKIP = "skip"
    ALLOW = "allow"
    QUEUE = "queue"
    REPLACE = "replace"


class Missed(StrEnum):
    """Which missed ticks are made up for, within the task's `grace`."""

    SKIP = "skip"
    ONCE = "once"
    ALL = "all"


class OnLost(StrEnum):
    """What follows when procman was killed in the middle of a run."""

    LEAVE = "leave"
    RERUN = "rerun"


class Task(NamedTuple):
    """One entry of `tasks:` in procman.yml. Durations in seconds; `line` is where it stands."""

    name: str
    command: str
    description: str = ""
    schedules: tuple[Schedule, ...] = ()
    overlap: Overlap = Overlap.SKIP
    missed: Missed = Missed.ONCE
    grace: float = 3600.0
    timeout: float | None = None
    retries: int = 0
    retry_delay: float = 10.0
    jitter: float = 0.0
    enabled: bool = True
    on_lost: OnLost = OnLost.LEAVE
    keep: int = 1000
    """Runs that the store keeps."""
    keep_for: float = 90 * DAY
    keep_keys: float = 90 * DAY
    """How long the key of a run is known at least, whatever is kept of the run."""
    line: int | None = None

    @property
    def expression(self) -> str:
        """All its schedules as written."""
        return "; ".join(schedule.expression for schedule in self.schedules)

    @property
    def timetable(self) -> str:
        """What tells whether its schedules have changed: the expressions, and the zones of their clocks."""
        return "; ".join(f"{schedule.expression} [{schedule.zone}]" for schedule in self.schedules)
