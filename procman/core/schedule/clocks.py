"""What a zone's clocks show, and the gaps and repeats in it when they are changed.

Instants are UTC seconds since the epoch; wall times are seconds too, counted as if the clock were UTC's,
so that both are plain integers. Which instants a wall time has is PEP 495: its fold 0 has the offset from
before a change, its fold 1 that from after it.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

DAY = 86400
EPOCH = date(1970, 1, 1).toordinal()
EARLIEST, LAST_YEAR = -2_000_000_000, 9990
"""From 1906 on: ticks keep away from the years in which datetime begins and ends."""
LATEST = (date(LAST_YEAR, 1, 1).toordinal() - EPOCH) * DAY


class Change(NamedTuple):
    """The instant at which the offset changes, with those before and after it in seconds."""

    instant: int
    before: int
    after: int

    @property
    def is_gap(self) -> bool:
        """Whether wall times are skipped, not repeated."""
        return self.before < self.after

    @property
    def start(self) -> int:
        """The first wall time that is skipped or repeated."""
        return self.instant + min(self.before, self.after)

    @property
    def end(self) -> int:
        """The first wall time after those."""
        return self.instant + max(self.before, self.after)


def seconds(wall: datetime) -> int:
    """The wall time of a datetime, whatever its zone, as seconds."""
    return (wall.toordinal() - EPOCH) * DAY + wall.hour * 3600 + wall.minute * 60 + wall.second


def naive(wall: int) -> datetime:
    """The datetime, without a zone, of a wall time in seconds."""
    return datetime(1970, 1, 1) + timedelta(seconds=wall)  # noqa: DTZ001


def offset(zone: tzinfo, instant: int) -> int:
    """How many seconds the zone's clocks are before UTC at an instant."""
    return seconds(datetime.fromtimestamp(instant, zone)) - instant


def offsets(zone: tzinfo, wall: int) -> tuple[int, int]:
    """The offsets that a wall time may have; they differ when it is skipped or comes twice."""
    time = datetime(1970, 1, 1, tzinfo=zone) + timedelta(seconds=wall)
    return _of(time), _of(time.replace(fold=1))


def _of(time: datetime) -> int:
    found = time.utcoffset()
    return found.days * DAY + found.seconds if found else 0


def change_at(zone: tzinfo, wall: int) -> Change | None:
    """The change that skips or repeats a wall time, if one does."""
    before, after = offsets(zone, wall)
    if before == after:
        return None
    low, high = sorted((wall - before, wall - after))
    return Change(_first_other(zone, low, high, before), before, after)


def first_at(zone: tzinfo, wall: int) -> int:
    """The first instant at which the zone's clocks show this wall time, or a later one if they skip it."""
    return all_at(zone, wall)[0]


def all_at(zone: tzinfo, wall: int) -> tuple[int, ...]:
    """That instant, and the second one when the wall time comes twice."""
    before, after = offsets(zone, wall)
    if before < after:
        return (_first_other(zone, wall - after, wall - before, before),)
    return (wall - before,) if before == after else (wall - before, wall - after)


def changes(zone: tzinfo, start: int, days: int) -> Iterator[Change]:
    """The changes in the days after an instant, at most one a day."""
    for low in range(start, start + days * DAY, DAY):
        before, after = offset(zone, low), offset(zone, low + DAY)
        if before != after:
            yield Change(_first_other(zone, low, low + DAY, before), before, after)


def _first_other(zone: tzinfo, low: int, high: int, before: int) -> int:
    """The first instant after `low`, and at most `high`, whose offset is another than the one before."""
    span = range(low + 1, high)
    return low + 1 + bisect_left(span, True, key=lambda instant: offset(zone, instant) != before)
