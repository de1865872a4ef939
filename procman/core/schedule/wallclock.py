"""A cron expression on the clocks of a zone: Debian's rules for daylight saving (cron(8)).

- A wildcard expression (its minute or hour field starts with `*`) ticks at every instant whose wall time
  matches: in both passes of a repeated hour, and not for wall times that are skipped.
- A fixed one ticks at the first instant at which the clock is at or past a matching wall time: after the
  gap that skips it, and in the first pass only. Wall times with the same instant are one tick.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from procman.core.schedule import clocks
from procman.core.schedule.rules import Match, match_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from procman.core.schedule.cron import Cron


class WallClock(NamedTuple):
    """The ticks of an expression in a zone."""

    cron: Cron
    zone: tzinfo

    def tick_after(self, instant: int) -> int | None:
        """The first tick after an instant; None when none comes."""
        match = self._match_after(instant)
        return match and match.tick

    def matches_after(self, instant: int) -> Iterator[Match]:
        """The ticks after an instant in order, and where they would be, those that a gap drops."""
        while match := self._match_after(instant):
            if self.cron.is_wildcard:
                yield from self._dropped(instant, match)
            yield match_at(match.tick, self.zone, match.wall)
            instant = match.tick

    def _match_after(self, instant: int) -> Match | None:
        local = datetime.fromtimestamp(instant, self.zone)
        return (self._wildcard_after if self.cron.is_wildcard else self._fixed_after)(instant, local)

    def _fixed_after(self, instant: int, local: datetime) -> Match | None:
        wall = clocks.seconds(local)
        if local.fold and (change := clocks.change_at(self.zone, wall)):
            wall = change.end - 1  # all that comes twice has had its tick
        while (found := self.cron.next_after(wall)) is not None:
            tick = clocks.first_at(self.zone, found)
            if tick > instant:
                return Match(tick, found)
            wall = found
        return None

    def _wildcard_after(self, instant: int, local: datetime) -> Match | None:
        wall = clocks.seconds(local)
        found = self.cron.next_after(wall)
        repeat = None if local.fold else clocks.change_at(self.zone, wall)
        if repeat and (found is None or found >= repeat.end):  # no more in the first pass, but in the second
            found = self.cron.next_after(repeat.start - 1)
        while found is not None:
            before, after = clocks.offsets(self.zone, found)
            if before >= after:
                tick = found - before
                return Match(tick if tick > instant else found - after, found)
            found = self._next_after_gap(found)
        return None

    def _next_after_gap(self, wall: int) -> int | None:
        change = clocks.change_at(self.zone, wall)
        return self.cron.next_after(change.end - 1 if change else wall)

    def _dropped(self, instant: int, match: Match) -> Iterator[Match]:
        """Wall times before the next tick's that have no instant: they are in a gap."""
        wall = instant + clocks.offset(self.zone, instant)
        while (found := self.cron.next_after(wall)) is not None and found < match.wall:
            yield Match(clocks.first_at(self.zone, found), found, "dropped")
            wall = found
