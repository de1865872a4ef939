"""A run that is there: what is known of it until its end is written down."""

from __future__ import annotations

from enum import Enum

from procman.core.facts import RetryPlanned
from procman.core.tasks import transitions
from procman.core.tasks.capture import Capture
from procman.core.tasks.due import retry_delay
from procman.core.tasks.run import Ending, Outcome
from procman.engine.lease import FENCED
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.messages import Usage
    from procman.core.tasks.run import Run
    from procman.core.tasks.task import Task

STOPPED = (Outcome.STOPPED, "procman was asked to stop")
KILLED = (Outcome.LOST, f"{transitions.KILLED} {transitions.WHILE_IT_RAN}")
LOST = (KILLED, FENCED)
RETRIED = (Outcome.FAILED, Outcome.TIMED_OUT)


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
        self.known = False
        """Whether the store knows that."""
        self.ended_at = 0.0
        self.outcome: Outcome | None = None
        self.reason: str | None = None
        self.undecided = False
        """It ended by a stop signal, and procman may hear of that a moment later."""

    @property
    def comes_again(self) -> bool:
        """Whether another host may run it when we are taken for dead: also what was asked for and has not
        begun, as far as the store knows."""
        return self.task.rerun_if_lost or (self.run.tick is None and not self.known)

    def told(self, answer: None) -> None:
        """The store has been told that it began."""
        self.known = True

    def retry(self, chance: Callable[[], float]) -> RetryPlanned | None:
        """The next attempt at what failed, if there is one."""
        run, most = self.run, self.task.retries + 1 + self.run.reruns
        if self.outcome not in RETRIED or run.attempt >= most:
            return None
        seconds = retry_delay(self.task.retry_delay, run.attempt - run.reruns, chance())
        return RetryPlanned(run.name, run.attempt + 1, most, seconds)

    def rerun(self, at: float) -> float | None:
        """When what ended with procman is due again, if it is: at once, for whoever comes next."""
        ending, task = (self.outcome, self.reason), self.task
        again = (ending == STOPPED and task.rerun_if_stopped) or (ending in LOST and task.rerun_if_lost)
        return at if again else None

    def ending(self, outcome: Outcome, code: int, usage: Usage | None, now: float) -> Ending:
        """How it ended, for the store."""
        kept = self.capture
        return Ending(
            outcome=outcome,
            at=self.ended_at or now,
            code=code if self.ended_at else None,
            reason=self.reason,
            output=kept.output(),
            output_bytes=kept.size,
            truncated=kept.truncated,
            max_rss_bytes=usage.max_rss_bytes if usage else None,
            cpu_s=usage.cpu_s if usage else None,
        )
