"""What the scheduler publishes for programs: each is told when its row is in the store, and says the same.

People read of the same in the log, in the words of `core/facts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from procman.core.tasks.run import Outcome

if TYPE_CHECKING:
    from procman.core.tasks.run import Run


class JobQueued(NamedTuple):
    """Somebody asked for a run, by hand or from the app. `due` in UTC seconds."""

    id: int
    task: str
    due: float
    key: str | None


class RunFinished(NamedTuple):
    """A run has ended. `final`: no further attempt follows. `duration` in seconds, None if it never began."""

    id: int
    task: str
    outcome: Outcome
    attempt: int
    final: bool
    duration: float | None
    reason: str | None


class TickMissed(NamedTuple):
    """A tick came too late and is not made up for. `tick` in UTC seconds."""

    id: int
    task: str
    tick: int
    reason: str | None


class TickSkipped(NamedTuple):
    """A tick did not run: another run was there, or the task is paused. `tick` in UTC seconds."""

    id: int
    task: str
    tick: int
    reason: str | None


TaskFact = JobQueued | RunFinished | TickMissed | TickSkipped


def of_end(run: Run, retry_due: float | None = None) -> TaskFact:
    """What is told of a row that is finished."""
    if run.tick is not None and run.outcome is Outcome.MISSED:
        return TickMissed(run.id, run.task, run.tick, run.reason)
    if run.tick is not None and run.outcome is Outcome.SKIPPED:
        return TickSkipped(run.id, run.task, run.tick, run.reason)
    assert run.outcome, "it is finished"
    final = retry_due is None
    return RunFinished(run.id, run.task, run.outcome, run.attempt, final, run.duration, run.reason)
