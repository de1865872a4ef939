"""Our lease on a store that several hosts share: what follows when it is not renewed, or our clock is wrong.

Whose lease has run out is dead to the others: they close its runs, and may run them again. So who cannot
renew it stops those runs before that moment, and starts nothing until the store is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from procman.core.facts import Notice
from procman.core.schedule.durations import wording
from procman.core.tasks.instance import LEASE_SECONDS
from procman.core.tasks.run import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.facts import Fact

TO_SPARE = 3.0
"""Seconds between the last SIGKILL and the end of the lease."""
LEAST_SECONDS = 10.0
"""A lease is waited for so long at least: two renewals that fail are no reason to stop anything."""
CLOCK_SECONDS, WRONG_SECONDS = 1.0, 30.0
"""A clock that is wrong by more is told of; by more than the second, no tick is claimed by it."""
FENCED = (Outcome.LOST, "the store could not be reached, so another host may run it again")


class Stoppable(Protocol):
    """The runs that are there."""

    def rerunnable(self) -> list[str]:
        """The names of those that another host may run again."""
        ...

    def stop(self, name: str, outcome: Outcome, reason: str, now: float) -> None:
        """Stop one, and say why."""
        ...


class Lease:
    """Times on the monotonic clock. `kill_timeout`: seconds between a stop signal and SIGKILL."""

    def __init__(self, publish: Callable[[Fact], None], kill_timeout: float, now: float) -> None:
        self._publish = publish
        self._patience = max(LEAST_SECONDS, LEASE_SECONDS - kill_timeout - TO_SPARE)
        self._renewed = now
        self._told_ahead = 0.0
        self.ahead = 0.0
        """Seconds by which our clock is ahead of the store's."""
        self.lapsed = False
        """Whether nothing may start, as others may take us for dead."""

    @property
    def deadline(self) -> float | None:
        """When `expire` is due."""
        return None if self.lapsed else self._renewed + self._patience

    @property
    def may_tick(self) -> bool:
        """Whether our clock is right enough for ticks of schedules."""
        return not self.lapsed and abs(self.ahead) <= WRONG_SECONDS

    def renewed(self, sent: float, ahead: float) -> bool:
        """The store has heard what we sent then; whether we were out of its reach before."""
        self._renewed, self.ahead = max(self._renewed, sent), ahead
        self._watch_clock()
        back, self.lapsed = self.lapsed, False
        if back:
            self._publish(Notice("the store is back: this host takes part again"))
        return back

    def expire(self, now: float, runs: Stoppable) -> None:
        """Stop what another host may run again, in time for it to be gone when the lease ends."""
        if self.lapsed or now < self._renewed + self._patience:
            return
        self.lapsed = True
        names = runs.rerunnable()
        what = (
            f"{len(names)} runs are stopped, as other hosts may run them again" if names else "nothing runs"
        )
        silent = wording(round(now - self._renewed))
        self._publish(
            Notice(f"the store was not reached for {silent}: {what}, and nothing starts until then")
        )
        for name in names:
            runs.stop(name, *FENCED, now)

    def _watch_clock(self) -> None:
        wrong = abs(self.ahead) > CLOCK_SECONDS
        if wrong and abs(self.ahead - self._told_ahead) > CLOCK_SECONDS:
            self._told_ahead = self.ahead
            where = "ahead of" if self.ahead > 0 else "behind"
            more = "" if self.may_tick else ": no tick of a schedule is taken here until it is right"
            self._publish(
                Notice(
                    f"the clock of this host is {wording(round(abs(self.ahead)))} {where} the store's{more}"
                )
            )
        elif not wrong and self._told_ahead:
            self._told_ahead = 0.0
            self._publish(Notice("the clock of this host is right again"))
