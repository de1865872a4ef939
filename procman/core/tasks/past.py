"""What remains known of a task when its runs are deleted."""

from __future__ import annotations

from procman.core.tasks.run import Outcome, Run, Summary
from procman.typed import NamedTuple

NEVER_RAN = (Outcome.SKIPPED, Outcome.MISSED, Outcome.CANCELED)


class Past(NamedTuple):
    """What remains known of a task's runs when they are deleted. `last_run` is whose outcome that is, and
    `last_at` its time in the history; times in UTC seconds."""

    task: str
    last_tick: int | None = None
    last_outcome: Outcome | None = None
    last_run: int = 0
    last_at: float = 0.0
    last_ran: bool = False
    """Whether that run ever started: once one did, the outcome of those that did not is not told."""
    last_success: float | None = None
    pruned_tick: int | None = None
    """The newest tick whose row was deleted: neither it nor one before it may run again."""

    def with_tick(self, tick: int) -> Past:
        """A tick has its row now."""
        return self._replace(last_tick=tick if self.last_tick is None else max(tick, self.last_tick))

    def with_end(self, run: Run) -> Past:
        """A run has ended."""
        past, ran = self, run.outcome not in NEVER_RAN
        if (ran, *run.place) > (self.last_ran, self.last_at, self.last_run):
            past = past._replace(last_outcome=run.outcome, last_run=run.id, last_at=run.at, last_ran=ran)
        if run.outcome is Outcome.OK:
            past = past._replace(last_success=max(run.at, self.last_success or 0.0))
        return past

    def without(self, tick: int) -> Past:
        """The row of a tick is deleted."""
        return self._replace(pruned_tick=tick if self.pruned_tick is None else max(tick, self.pruned_tick))

    def is_pruned(self, tick: int) -> bool:
        """Whether a tick had its row."""
        return self.pruned_tick is not None and tick <= self.pruned_tick

    def by(self, now: float) -> Past:
        """The past as it can be: what a clock wrote that was ahead, was not later than now."""
        return self._replace(
            last_tick=None if self.last_tick is None else min(self.last_tick, int(now)),
            last_at=min(self.last_at, now),
            last_success=None if self.last_success is None else min(self.last_success, now),
            pruned_tick=None if self.pruned_tick is None else min(self.pruned_tick, int(now)),
        )

    @property
    def summary(self) -> Summary:
        """What people are told of it."""
        return Summary(self.task, self.last_tick, self.last_outcome, self.last_success)
