"""Schedules as expressions of OnCalendar=, where systemd has exactly the same ticks (systemd.time(7)).

It has not where a zone's clocks are changed at a time that is meant: systemd leaves out what a change skips,
which Debian's cron makes up for, and never runs the second pass of an hour that comes twice, which an
expression with `*` does run (seen with systemd 252).
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise, product
from typing import TYPE_CHECKING

from procman.core.schedule import zones
from procman.core.schedule.rules import Every, Once
from procman.core.schedule.wallclock import WallClock
from procman.export.cron import clockchanges

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from procman.core.schedule.cron import Cron
    from procman.core.schedule.schedule import Schedule

LAST_YEAR = 2199
"""systemd looks no further."""
MOST = 10
"""Expressions of one schedule: nobody wants to read more."""
HOUR, DAY = 3600, 86400
ANY_DAY = "-*"
NAMES = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def of(schedule: Schedule) -> tuple[str, ...] | None:
    """Expressions that together have the ticks of a schedule; None where systemd cannot say it."""
    rule = schedule.form.rule
    found: Sequence[str] | None = None
    if isinstance(rule, Every):
        found = _every(rule.interval)
    elif isinstance(rule, Once):
        found = _once(rule.match.tick)
    elif isinstance(rule, WallClock):
        found = _in_utc(rule) if clockchanges.touched(schedule) else _in_zone(rule)
    return tuple(found) if found and len(found) <= MOST else None


def _every(interval: int) -> list[str] | None:
    """Multiples since the epoch are the same in each hour or day of UTC, if they divide it."""
    if HOUR % interval == 0:
        return _hourly(range(0, HOUR, interval))
    if DAY % interval:
        return None
    hours: dict[tuple[int, int], list[int]] = {}
    for tick in range(0, DAY, interval):
        hours.setdefault((tick // 60 % 60, tick % 60), []).append(tick // HOUR)
    return [
        f"*-*-* {_listed(each, 24)}:{minute:02}:{second:02} UTC" for (minute, second), each in hours.items()
    ]


def _hourly(ticks: Collection[int]) -> list[str]:
    """The same seconds of each hour."""
    minutes: dict[int, list[int]] = {}
    for tick in sorted(ticks):
        minutes.setdefault(tick % 60, []).append(tick // 60)
    seconds: dict[str, list[int]] = {}
    for second, each in sorted(minutes.items()):
        seconds.setdefault(_listed(each, 60), []).append(second)
    return [f"*-*-* *:{minute}:{_listed(each, 60)} UTC" for minute, each in seconds.items()]


def _once(tick: int) -> list[str] | None:
    at = datetime.fromtimestamp(tick, UTC)
    return [f"{at:%Y-%m-%d %H:%M:%S} UTC"] if 1970 <= at.year <= LAST_YEAR else None


def _in_zone(rule: WallClock) -> list[str] | None:
    cron, name = rule.cron, str(rule.zone)
    if name != "UTC" and ("/" not in name or name.startswith("right/") or zones.load(name) is None):
        return None  # EST may be systemd's local zone, the files in `right/` count leap seconds
    time = ":".join(_listed(field.values, 60) for field in (cron.minute, cron.second))
    time = f"{_listed(cron.hour.values, 24)}:{time} {name}"
    days = _days(cron)
    month = _listed(cron.month.values, 13, 1)
    return None if days is None else [f"{weekday} *-{month}{day} {time}".lstrip() for weekday, day in days]


def _in_utc(rule: WallClock) -> list[str] | None:
    """An expression for every hour means the same minutes in UTC, if all offsets agree about them."""
    cron = rule.cron
    whole = (cron.hour, cron.day, cron.month, cron.weekday)
    if not (cron.is_wildcard and all(field.is_full for field in whole)):
        return None
    meant = [minute * 60 + second for minute in cron.minute.values for second in cron.second.values]
    offsets = {offset for change in clockchanges.of(rule.zone) for offset in (change.before, change.after)}
    found = {tuple(sorted((each - offset) % HOUR for each in meant)) for offset in offsets}
    return _hourly(found.pop()) if len(found) == 1 else None


def _days(cron: Cron) -> list[tuple[str, str]] | None:
    """Days of the week and of the month, of which any may come; None if systemd has no words for them."""
    if any(nearest or number for number, nearest in cron.day.special):
        return None  # 15W
    dates, weekdays = [*_dates(cron)], [*_weekdays(cron)]
    if not cron.needs_both_days:
        return [*(("", date) for date in dates), *weekdays]
    both = [*product(dates, weekdays)]
    if any(ANY_DAY not in (date, below) for date, (_, below) in both):
        return None  # two conditions on the date
    return [(weekday, date if below == ANY_DAY else below) for date, (weekday, below) in both]


def _dates(cron: Cron) -> Iterator[str]:
    if cron.day.values:
        yield f"-{_listed(cron.day.values, 32, 1)}"
    if cron.day.special:
        yield "~1"


def _weekdays(cron: Cron) -> Iterator[tuple[str, str]]:
    """Each day of the week with what its date has to be."""
    if cron.weekday.values:
        yield "" if cron.weekday.is_full else ",".join(NAMES[day] for day in cron.weekday.values), ANY_DAY
    for day, nth in cron.weekday.special:
        yield NAMES[day], "~7/1" if nth < 0 else f"-{7 * nth - 6}..{min(7 * nth, 31)}"


def _listed(values: Sequence[int], end: int, start: int = 0) -> str:
    """Values from `start` to before `end`, as short as systemd.time(7) has it.

    With the end, since 252 stumbles over `00/10` where a change of clocks is near.
    """
    if len(values) == end - start:
        return "*"
    steps = {second - first for first, second in pairwise(values)}
    if len(values) > 2 and len(steps) == 1:
        step = max(steps)
        return f"{values[0]:02}..{values[-1]:02}" + (f"/{step}" if step > 1 else "")
    return ",".join(f"{value:02}" for value in values)
