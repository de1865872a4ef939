"""Schedules as fugit reads them, in procman's words: the same ticks, or a sentence why not.

Of two ways to write a schedule the one that people wrote is kept, as long as procman reads the same in it.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from procman.core.schedule import instants, schedule, zones
from procman.core.schedule.cronfields import DAY_NAMES
from procman.core.schedule.rules import Every
from procman.core.schedule.wallclock import WallClock
from procman.importing.ruby import expressions, phrases

if TYPE_CHECKING:
    from procman.core.schedule.rules import AtStart, Once
    from procman.importing.ruby.expressions import Part

    Rule = Every | Once | AtStart | WallClock

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@noon": "0 12 * * *",
    "@hourly": "0 * * * *",
}
ZONE = re.compile(r"[A-Z][A-Za-z0-9+-]+(?:/[A-Za-z0-9+_-]+){0,2}")
OFFSET = re.compile(r"[+-][0-9]{2}:?[0-9]{2}")
RAILS = "UTC"
"""What `config.time_zone` of Rails says unless it is set (Configuring Rails Applications)."""
QUARTER = 15
"""No zone that is in use is off UTC by anything but quarters of an hour (IANA)."""
DAY = 86400
PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)", re.I)


class Read(NamedTuple):
    """A schedule in procman's words. `assumed`: its clock was not named, and is taken to be Rails' own."""

    expression: str
    assumed: bool


def cronish(text: str) -> Read:
    """A cron expression, or words like `every day at 9am`. Raises `ValueError` with a sentence."""
    words = " ".join(text.split())
    fields, zone = _fields(words)
    if zone:
        zones.find(zone)
    parts = expressions.parts(fields)
    spelled = words.removesuffix(f" {zone}") if zone else words
    canonical = _canonical(parts, len(fields) == 6)
    everywhere = _same_everywhere(parts)
    for each in dict.fromkeys((spelled, spelled.lower())):
        if (rule := _rule(each)) and _same(rule, _rule(canonical), parts):
            if not isinstance(rule, Every):
                canonical = each
                break
            if everywhere or (zone or RAILS) == "UTC":
                return Read(each, not zone and not everywhere)
    if everywhere:
        return Read(canonical, False)
    return Read(f"{canonical} {zone or RAILS}", not zone)


def interval(text: str) -> str:
    """`every 10 minutes` of a duration of rufus-scheduler, `10m`. Raises `ValueError`."""
    if re.search(r"[0-9]\s*(?:M|mon|y)", text):
        raise ValueError(f"'{text}': months and years have no fixed length: write it as cron")
    found = PART.findall(text)
    if not found or PART.sub("", text).strip(" ,"):
        raise ValueError(f"'{text}' is no interval that is read here")
    expression = "every " + ("".join(f"{number}{unit[0]}" for number, unit in found)).lower()
    schedule.parse(expression, UTC)
    return expression


def once(text: str) -> Read:
    """`at 2030-12-24 18:00` of a point in time. Raises `ValueError`."""
    words = re.sub(r"^(\d{4})/(\d{1,2})/(\d{1,2})", r"\1-\2-\3", " ".join(text.split()))
    _, zone = instants.read(words, zones.Unknown("it is not named"))
    named = not isinstance(zone, zones.Unknown)
    return Read(f"at {words}" if named else f"at {words} {RAILS}", not named)


def _fields(words: str) -> tuple[list[str], str | None]:
    """The words of five or six fields, and the zone behind them."""
    first, _, rest = words.partition(" ")
    if first == "@reboot":
        raise ValueError("fugit knows no @reboot, it never came")
    fields = [*NICKNAMES[first].split(), *rest.split()] if first in NICKNAMES else words.split()
    if first not in NICKNAMES and re.match("[A-Za-z]", first):
        found = phrases.cron(words)
        return found.fields if found.fields[0] != "0" else found.fields[1:], found.zone
    last = fields[-1] if fields else ""
    if len(fields) > 5 and OFFSET.fullmatch(last):
        raise ValueError(f"'{last}': a zone is named like Europe/Paris, an offset has no counterpart")
    zone = last if len(fields) > 5 and ZONE.fullmatch(last) and not _is_day(last) else None
    fields = fields[:-1] if zone else fields
    if len(fields) not in (5, 6):
        raise ValueError(f"'{words}' has {len(fields)} fields: a cron expression has 5, or 6 with seconds")
    return fields, zone


def _is_day(word: str) -> bool:
    """Whether it is the field of weekdays: fri, or Fri/2, and not a zone."""
    return re.match(rf"(?:{'|'.join(DAY_NAMES)})(?:[-,#%&]|/[0-9]|$)", word, re.I) is not None


def _canonical(parts: list[Part], seconds: bool) -> str:
    *clock, day, month, weekday = parts
    words = [*(each.written() for each in clock), day.written(weekday), month.written(), weekday.written(day)]
    return " ".join(words if seconds else words[1:])


def _rule(words: str) -> Rule | None:
    """What procman reads in it; None for nothing."""
    try:
        return schedule.parse(words, UTC).form.rule
    except schedule.ScheduleError:
        return None


def _same(rule: Rule, meant: Rule | None, parts: list[Part]) -> bool:
    if isinstance(rule, Every):
        second, minute, hour, *days = parts
        ticks = [
            (h * 60 + m) * 60 + s for h in _all(hour, 24) for m in _all(minute, 60) for s in _all(second, 60)
        ]
        whole = all(each.values is None for each in days) and not DAY % rule.interval
        return whole and ticks == [*range(0, DAY, rule.interval)]
    if not isinstance(rule, WallClock) or not isinstance(meant, WallClock):
        return False
    fields = [(each.values, each.special) for each in rule.cron.fields]
    meant_fields = [(each.values, each.special) for each in meant.cron.fields]
    return fields == meant_fields and rule.cron.needs_both_days == meant.cron.needs_both_days


def _all(part: Part, count: int) -> tuple[int, ...]:
    return tuple(range(count)) if part.values is None else part.values


def _same_everywhere(parts: list[Part]) -> bool:
    """Whether the clocks of all zones come to it at the same instants: each quarter of an hour is alike."""
    _, minute, *rest = parts
    minutes = {*_all(minute, 60)}
    shifted = {(each + QUARTER) % 60 for each in minutes}
    return minutes == shifted and all(each.values is None and not each.special for each in rest)
