"""Rules that are not a cron expression's: an interval, one instant, the start of procman.

All rules answer `tick_after` and `matches_after`. Instants are UTC seconds since the epoch.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from procman.core.schedule import clocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

Dst = Literal["moved", "dropped", "second"]


class Match(NamedTuple):
    """A tick and the wall time, in seconds, that is meant; `dst` is what daylight saving did to it."""

    tick: int
    wall: int
    dst: Dst | None = None


def match_at(tick: int, zone: tzinfo, wall: int | None = None) -> Match:
    """The match of a tick with the wall time that was meant, else the one that the zone's clocks show."""
    local = datetime.fromtimestamp(tick, zone)
    shown = clocks.seconds(local)
    if wall is not None and wall != shown:
        return Match(tick, wall, "moved")
    return Match(tick, shown, "second" if local.fold else None)


class Every(NamedTuple):
    """Multiples of an interval in seconds since the epoch: the phase survives restarts."""

    interval: int
    zone: tzinfo

    def tick_after(self, instant: int) -> int:
        """The first tick after an instant."""
        return (instant // self.interval + 1) * self.interval

    def matches_after(self, instant: int) -> Iterator[Match]:
        """The ticks after an instant."""
        for tick in range(self.tick_after(instant), clocks.LATEST, self.interval):
            yield match_at(tick, self.zone)


class Once(NamedTuple):
    """A single tick."""

    match: Match

    def tick_after(self, instant: int) -> int | None:
        """The tick, if it is after an instant."""
        return self.match.tick if instant < self.match.tick else None

    def matches_after(self, instant: int) -> Iterator[Match]:
        """The tick, if it is after an instant."""
        if instant < self.match.tick:
            yield self.match


class AtStart(NamedTuple):
    """No tick that a clock could tell: due when procman starts."""

    def tick_after(self, instant: int) -> int | None:
        """None."""

    def matches_after(self, instant: int) -> Iterator[Match]:
        """None."""
        yield from ()
