"""Our lease on a store that several hosts share: what follows when it is not renewed, or our clock is wrong.

Whose lease has run out is dead to the others: they close its runs, and may run them again. So who cannot
renew it stops those runs before that moment, and starts nothing until the store is back.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from procman.core.facts import Notice
from procman.core.schedule.durations import wording
from procman.core.tasks.instance import LEASE_SECONDS
from procman.core.tasks.run import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.facts import Fact
    from procman.core.tasks.instance import Renewal

TO_SPARE = 3.0
"""Seconds between the last SIGKILL and the end of the lease."""
LEAST_SECONDS = 10.0
"""A lease is waited for so long at least: two renewals that fail are no reason to stop anything."""
CLOCK_SECONDS, WRONG_SECONDS = 1.0, 30.0
"""A clock that is wrong by more is told of; by more than the second, no tick is claimed by it."""
FENCED = (Outcome.LOST, "the store could not be reached, so another host may run it again")


class Unshared:
    """Of a store that no other host has, nobody needs a lease: that is always there."""

    deadline: float | None = None
    lapsed = False
    may_tick = True
    killed_by = 0.0

    def lapses(self, now: float, silent: float) -> bool:
        """Whether it is not to be counted on from now on, for the first time since it was renewed."""
        return False

    def tell(self, stopped: int) -> None:
        """Say what follows from that, with so many runs stopped."""

    def renewed(self, news: Renewal, now: float) -> bool:
        """The store has heard what we sent then; whether others may have taken us for dead before."""
        return False


class Lease:
    """Times on the monotonic clock. `kill_timeout`: seconds between a stop signal and SIGKILL."""

    def __init__(self, publish: Callable[[Fact], None], kill_timeout: float, now: float) -> None:
        self._publish = publish
        self._patience = max(LEAST_SECONDS, LEASE_SECONDS - kill_timeout - TO_SPARE)
        self._renewed = now
        self._told_ahead = 0.0
        self._told_silence = self._known = False
        self._why = ""
        self.ahead = 0.0
        """Seconds by which our clock is ahead of the store's."""
        self.lapsed = True
        """Whether nothing may start, as others take us for dead, or may do so soon; or do not know us yet."""

    @property
    def deadline(self) -> float | None:
        """When `lapses` is to be asked."""
        return None if self._told_silence else self._renewed + self._patience

    @property
    def killed_by(self) -> float:
        """When nothing may be left of what others may run again."""
        return self._renewed + LEASE_SECONDS - TO_SPARE

    @property
    def may_tick(self) -> bool:
        """Whether our clock is right enough for ticks of schedules."""
        return not self._is_wrong(self.ahead)

    def lapses(self, now: float, silent: float) -> bool:
        """Whether it is not to be counted on from now on, for the first time since it was renewed.

        `silent` is for how long the store had not heard of us: a machine that was suspended as a whole does
        not see it by its own clock.
        """
        ran_out = now >= self._renewed + self._patience or (self._known and silent >= LEASE_SECONDS)
        if self._told_silence or not ran_out:
            return False
        self._why = self._reason(now - self._renewed, silent)
        self.lapsed = self._told_silence = True
        return True

    def tell(self, stopped: int) -> None:
        """Say what follows from that, with so many runs stopped."""
        more = {0: "", 1: "; 1 run is stopped, as another host may run it again"}.get(
            stopped, f"; {stopped} runs are stopped, as other hosts may run them again"
        )
        self._publish(Notice(f"{self._why}{more}"))

    def _reason(self, away: float, silent: float) -> str:
        """It is not to be counted on, as the store was not reached, or has not heard of us all the same."""
        if silent == inf and away < self._patience:
            return "the store does not know this host any more: nothing starts until it does"
        seconds = wording(round(max(away, silent if silent < inf else 0.0)))
        if away < self._patience:
            return f"the store has not heard of this host for {seconds}: nothing starts until it has"
        return f"the store was not reached for {seconds}: nothing starts until it is"

    def renewed(self, news: Renewal, now: float) -> bool:
        """The store has heard what we sent then; whether others may have taken us for dead before.

        An answer that was under way for too long is no lease.
        """
        self._renewed, self.ahead = max(self._renewed, news.sent), news.ahead
        if now >= self._renewed + self._patience:
            return False
        self.lapsed, self._known = False, True
        if self._told_silence:
            self._publish(Notice("the store is back: this host takes part again"))
        self._watch_clock()
        back, self._told_silence = self._told_silence, False
        return back

    def _is_wrong(self, ahead: float) -> bool:
        return abs(ahead) > WRONG_SECONDS

    def _watch_clock(self) -> None:
        off = abs(self.ahead) > CLOCK_SECONDS
        moved = abs(self.ahead - self._told_ahead) > CLOCK_SECONDS
        crossed = self._is_wrong(self.ahead) != self._is_wrong(self._told_ahead)
        if off and (moved or crossed):
            self._told_ahead = self.ahead
            where = "ahead of" if self.ahead > 0 else "behind"
            more = ": no tick of a schedule is taken here until it is right" * self._is_wrong(self.ahead)
            off_by = wording(abs(self.ahead))
            self._publish(Notice(f"the clock of this host is {off_by} {where} the store's{more}"))
        elif self._told_ahead and abs(self.ahead) < CLOCK_SECONDS / 2:
            self._told_ahead = 0.0
            self._publish(Notice("the clock of this host is right again"))
