"""Tasks: named commands that can be run by hand, later, or on a schedule."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from procman.core.schedule.schedule import Schedule

DAY = 86400.0


class Overlap(StrEnum):
    """What to do when the last run has not ended at the next tick."""

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


class Retention(NamedTuple):
    """How many finished runs of a task are kept, and for how many seconds they and the keys are."""

    keep: int = 1000
    keep_for: float = 90 * DAY
    keep_keys: float = 90 * DAY
    """How long the key of a run is known at least, whatever is kept of the run."""


class OnStop(StrEnum):
    """What follows when procman was asked to stop in the middle of a run."""

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
    on_stop: OnStop | None = None
    """None: as `on_lost` says, for a deployment is no other thing than a crash."""
    keep: int = Retention().keep
    keep_for: float = Retention().keep_for
    keep_keys: float = Retention().keep_keys
    runs_on: str | None = None
    """The label of the hosts that run it; None: any host does."""
    concurrency: int | None = None
    """How many runs of it may be there at once, over all hosts."""
    line: int | None = None
    ticks_elsewhere: bool = False
    """Whether its schedules are followed by another procman alone."""

    @property
    def has_ticks(self) -> bool:
        """Whether its schedules are followed here."""
        return self.enabled and not self.ticks_elsewhere

    @property
    def retention(self) -> Retention:
        """What is kept of its runs."""
        return Retention(self.keep, self.keep_for, self.keep_keys)

    def runs_with(self, labels: Collection[str]) -> bool:
        """Whether a host with these labels runs it."""
        return self.runs_on is None or self.runs_on in labels

    @property
    def rerun_if_lost(self) -> bool:
        """Whether a run that was lost with procman runs again."""
        return self.on_lost is OnLost.RERUN

    @property
    def rerun_if_stopped(self) -> bool:
        """Whether a run that was stopped with procman runs again after its next start."""
        return self.rerun_if_lost if self.on_stop is None else self.on_stop is OnStop.RERUN

    @property
    def expression(self) -> str:
        """All its schedules as written."""
        return "; ".join(schedule.expression for schedule in self.schedules)

    @property
    def timetable(self) -> str:
        """What tells whether its schedules have changed: the expressions, and the zones of their clocks."""
        return "; ".join(f"{schedule.expression} [{schedule.zone}]" for schedule in self.schedules)
