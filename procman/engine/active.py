"""A run that is there: what is known of it until its end is written down."""

from __future__ import annotations

from enum import Enum

from procman.core.tasks.capture import Capture
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.core.tasks.run import Outcome, Run
    from procman.core.tasks.task import Task


class Lane(Enum):
    """Runs of one lane are counted together, so that there are not too many at once."""

    TICK = "tick"
    JOB = "job"
    """Request for, by hand or by the app."""
    LATE = "late"
    """Makes up for what was missed."""


class Active:
    """A run that is being started, runs or ends."""

    def __init__(self, run: Run, task: Task, lane: Lane) -> None:
        self.run = run
        self.task = task
        self.lane = lane
        self.capture = Capture()
        self.began = False
        self.ended_at = 0.0
        self.outcome: Outcome | None = None
        self.reason: str | None = None
        self.undecided = False
        """It ended by a stop signal, and procman may hear of that a moment later."""
