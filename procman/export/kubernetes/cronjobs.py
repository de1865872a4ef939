"""Schedules as CronJobs have them: five fields and a zone, read by robfig/cron (`ParseStandard`).

It differs from Debian's cron, and so from ours. A day that begins with `*` is any day only as a plain `*`,
else either day is enough. It steps through hours: where a day has no midnight, or clocks change by half an
hour, it loses its way. A time of day that the clocks skip it skips, and one that comes twice runs twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from procman.core.schedule import zones
from procman.core.schedule.clocks import DAY as DAY_SECONDS
from procman.core.schedule.rules import Every
from procman.core.schedule.wallclock import WallClock
from procman.export.cron import clockchanges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.core.schedule.clocks import Change
    from procman.core.schedule.cron import Cron
    from procman.core.schedule.cronfields import Field
    from procman.core.schedule.schedule import Schedule

HOUR, MINUTE = 3600, 60
UTC = "Etc/UTC"
ANY = "*"


class Timetable(NamedTuple):
    """`schedule` and `timeZone` of a CronJob."""

    schedule: str
    zone: str


def timetable(schedule: Schedule) -> Timetable | None:
    """The same ticks, all of them, as a CronJob has them; None where there are no words for them."""
    rule = schedule.form.rule
    if isinstance(rule, Every):
        text = _interval(rule.interval)
        return Timetable(text, UTC) if text else None
    if not isinstance(rule, WallClock) or not _same_clock(schedule, rule):
        return None
    text = _fields(rule.cron)
    name = str(rule.zone)
    return Timetable(text, UTC if name == "UTC" else name) if text else None


def _interval(seconds: int) -> str | None:
    """Multiples since 1970-01-01 00:00 UTC, if each day, or each hour, has the same."""
    if seconds % MINUTE == 0 and HOUR % seconds == 0:
        return f"{_step(seconds // MINUTE)} * * * *" if seconds < HOUR else "0 * * * *"
    if seconds % HOUR == 0 and DAY_SECONDS % seconds == 0:
        return f"0 {_step(seconds // HOUR)} * * *" if seconds < DAY_SECONDS else "0 0 * * *"
    return "0 0 * * 4" if seconds == 7 * DAY_SECONDS else None  # it was a Thursday


def _step(step: int) -> str:
    return ANY if step == 1 else f"{ANY}/{step}"


def _same_clock(schedule: Schedule, rule: WallClock) -> bool:
    """Whether the zone has a name that a cluster knows, and its changes make no difference."""
    if zones.load(str(rule.zone)) is None or any(map(_confuses, clockchanges.of(rule.zone))):
        return False
    return rule.cron.is_wildcard or not clockchanges.touched(schedule)


def _confuses(change: Change) -> bool:
    uneven = (change.after - change.before) % HOUR or change.start % HOUR
    return bool(uneven) or _midnight_in(change)


def _midnight_in(change: Change) -> bool:
    """Whether a midnight is skipped, or comes twice."""
    return -change.start % DAY_SECONDS < change.end - change.start


def _fields(cron: Cron) -> str | None:
    """The five fields, each by its values; None for seconds, and for days that are no plain lists."""
    if cron.second.values != (0,) or cron.day.special or cron.weekday.special:
        return None
    day, weekday = _list(cron.day), _list(cron.weekday)
    if ANY in (day, weekday):
        day, weekday = (day, weekday) if cron.needs_both_days else (ANY, ANY)
    elif cron.needs_both_days:
        return None
    return " ".join([_values(cron.minute), _values(cron.hour), day, _list(cron.month), weekday])


def _values(field: Field) -> str:
    """As short as it can be said: `*/10` for 0,10,20,30,40,50."""
    values = field.values
    if len(values) > 2 and values == tuple(range(0, field.kind.size, values[1])):
        return _step(values[1])
    return _list(field)


def _list(field: Field) -> str:
    """Values and ranges: `1-5,10`."""
    return ANY if field.is_full else ",".join(map(_range, _runs(field.values)))


def _runs(values: Sequence[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for value in values:
        if found and found[-1][-1] == value - 1:
            found[-1].append(value)
        else:
            found.append([value])
    return found


def _range(run: Sequence[int]) -> str:
    if len(run) < 3:
        return ",".join(map(str, run))
    return f"{run[0]}-{run[-1]}"
