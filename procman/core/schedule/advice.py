"""What may surprise the author of a schedule that is right: one sentence each, for `procman check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.schedule import clocks, describe
from procman.core.schedule.rules import Every
from procman.core.schedule.wallclock import WallClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.schedule.clocks import Change
    from procman.core.schedule.cron import Cron
    from procman.core.schedule.cronfields import Field
    from procman.core.schedule.grammar import Form

AHEAD_DAYS = 400


def of(form: Form, now: int) -> list[str]:
    """The surprises of an expression; those of daylight saving in the 400 days after an instant."""
    rule = form.rule
    if isinstance(rule, Every):
        return list(_of_interval(rule, now))
    if not isinstance(rule, WallClock):
        return []
    found = [hint for field in rule.cron.fields for hint in _uneven(field)]
    return [*found, *_seconds_first(rule.cron), *_two_day_rules(rule.cron), *_of_daylight(rule, now)]


def _of_interval(rule: Every, now: int) -> Iterator[str]:
    """Whole days are counted in UTC, which is hardly what `every day` is meant to say."""
    is_utc = not any(clocks.offset(rule.zone, now + days * clocks.DAY) for days in range(0, 365, 30))
    if rule.interval % clocks.DAY or (is_utc and rule.interval == clocks.DAY):
        return
    tick = rule.tick_after(now)
    local = clocks.naive(tick + clocks.offset(rule.zone, tick))
    there = "" if is_utc else f", now {local:%H:%M} in {rule.zone}"
    days = "" if rule.interval == clocks.DAY else ", on days counted from Thursday, 1 January 1970"
    instead = "daily at 00:00" if rule.interval == clocks.DAY else "mondays at 00:00"
    yield f"{describe.interval(rule.interval)} is at 00:00 UTC{there}{days}: is '{instead}' meant?"


def _uneven(field: Field) -> Iterator[str]:
    """`*/45`: its last step is shorter, and so is that of every step through the days of a month."""
    for item in field.text.split(","):
        first, _, step = item.partition("/")
        if first != "*" or not step:
            continue
        size = field.kind.size
        if size % int(step) or (field.kind.name == "day of month" and int(step) > 1):
            last = max(range(field.kind.low, field.kind.low + size, int(step)))
            yield f"{field.kind.name} '{item}' is uneven: after {last} it starts again at {field.kind.low}"


def _seconds_first(cron: Cron) -> Iterator[str]:
    if cron.has_seconds and cron.second.values != (0,):
        yield f"of 6 fields the first is seconds, so this is {describe.of(cron)}"


def _two_day_rules(cron: Cron) -> Iterator[str]:
    full = cron.day.is_full + cron.weekday.is_full
    if full == 2 or (full and cron.needs_both_days):
        return
    day, weekday = f"day of month '{cron.day.text}'", f"day of week '{cron.weekday.text}'"
    if cron.needs_both_days:
        yield f"{day} and {weekday} must both match, because one of them starts with '*'"
    else:
        yield f"{day} or {weekday} is enough: they need not both match, as neither starts with '*'"


def _of_daylight(rule: WallClock, now: int) -> Iterator[str]:
    """One for the first gap and one for the first repeat that has times of the schedule in it.

    Nothing surprises in a schedule that goes on all day in all hours.
    """
    if rule.cron.is_wildcard and rule.cron.hour.is_full:
        return
    told = set()
    for change in clocks.changes(rule.zone, now, AHEAD_DAYS):
        wall = rule.cron.next_after(change.start - 1)
        if wall is not None and wall < change.end and change.is_gap not in told:
            told.add(change.is_gap)
            yield _of_change(rule, change, wall)


def _of_change(rule: WallClock, change: Change, wall: int) -> str:
    time, end = clocks.naive(wall), clocks.naive(change.end)
    where = f"on {time:%Y-%m-%d} the clocks of {rule.zone}"
    if change.is_gap:
        later = f"{end:%H:%M}" if end.date() == time.date() else f"{end:%Y-%m-%d %H:%M}"
        what = "no run then" if rule.cron.is_wildcard else f"it runs at {later}"
        return f"{where} skip {time:%H:%M}: {what}"
    what = "it runs both times" if rule.cron.is_wildcard else "it runs the first time only"
    return f"{where} show {time:%H:%M} twice: {what}"
