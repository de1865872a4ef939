"""Whether daylight saving touches a schedule: what other schedulers then do differs from one to the next."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from procman.core.schedule import clocks
from procman.core.schedule.wallclock import WallClock

if TYPE_CHECKING:
    from datetime import tzinfo

    from procman.core.schedule.clocks import Change
    from procman.core.schedule.schedule import Schedule

START = 1_577_836_800
"""2020-01-01 00:00 UTC."""
DAYS = 21 * 366
"""To the end of 2040: what a zone does by its present laws shows in far fewer years."""


def touched(schedule: Schedule) -> bool:
    """Whether a wall time that it means is skipped or repeated by its zone's clocks, from 2020 to 2040.

    False for intervals and single instants, which look at no clock on a wall.
    """
    rule = schedule.form.rule
    return isinstance(rule, WallClock) and any(_comes_in(rule, change) for change in of(rule.zone))


@lru_cache(maxsize=64)
def of(zone: tzinfo) -> tuple[Change, ...]:
    """The changes of a zone's clocks in those years."""
    return tuple(clocks.changes(zone, START, DAYS))


def _comes_in(rule: WallClock, change: Change) -> bool:
    found = rule.cron.next_after(change.start - 1)
    return found is not None and found < change.end
