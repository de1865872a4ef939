"""A second pair of eyes on the ticks of cron expressions around clock changes.

An oracle that shares no code with `procman/core`: it reads fields on its own, as crontab(5) has them,
and walks through every minute of the weeks around real clock changes, looking at the clock on the wall.
"""

from __future__ import annotations

import calendar
import os
import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim, CronSimError

from procman.core.schedule import schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTES_OF_DAY = 24 * 60
HALF_WEEK = 84 * 60
"""Minutes before and after a clock change that are looked at."""
EPOCH = date(1970, 1, 1)
MONTHS = tuple("jan feb mar apr may jun jul aug sep oct nov dec".split())
DAYS = tuple("sun mon tue wed thu fri sat".split())

ZONES = {
    "Europe/Berlin": 2024,
    "America/New_York": 2024,
    "America/Sao_Paulo": 2017,  # at midnight, both ways
    "Australia/Lord_Howe": 2024,  # by half an hour
    "Africa/Casablanca": 2024,  # back for Ramadan
    "Asia/Beirut": 2024,  # from midnight to 1:00
    "America/Havana": 2024,  # from midnight to 1:00, and 1:00 to midnight
    "Pacific/Apia": 2011,  # no 30 December
    "Antarctica/Troll": 2024,  # by two hours
    "Europe/Dublin": 2024,  # winter is the daylight saving time
    "Asia/Tehran": 2021,
    "Pacific/Chatham": 2024,  # at 2:45
    "America/Nuuk": 2024,  # on Saturday evening
    "Asia/Kolkata": 2024,  # never
    "UTC": 2024,
}
"""Zones, and the year whose clock changes are looked at."""


class Span(NamedTuple):
    """Some days in a zone. Instants and wall times in minutes since the epoch, `end` excluded.

    `instants` has the instants at which a wall time is shown, in order; `skipped` the instant at which
    the clock jumps over a wall time.
    """

    start: int
    end: int
    instants: dict[int, list[int]]
    skipped: dict[int, int]
    days: range


class Cron(NamedTuple):
    """An expression, taken apart."""

    seconds: set[int]
    minutes: set[int]
    hours: set[int]
    days: str
    months: set[int]
    weekdays: str
    by_star: bool
    """Its minute or hour starts with a star."""


@cache
def values(text: str, low: int, high: int, size: int, names: tuple[str, ...] = ()) -> set[int]:
    """The numbers of a field: names, ranges that may wrap, steps, lists."""
    found: set[int] = set()
    for item in text.lower().split(","):
        span, _, step = item.partition("/")
        words = [str(names.index(word) + low) if word in names else word for word in span.split("-")]
        first = low if span == "*" else int(words[0])
        last = high if span == "*" or (step and len(words) == 1) else int(words[-1])
        last += size if last < first else 0
        found |= {low + (number - low) % size for number in range(first, last + 1, int(step or 1))}
    return found


@cache
def read(expression: str) -> Cron:
    fields = expression.split()
    second, minute, hour, day, month, weekday = fields if len(fields) == 6 else ["0", *fields]
    by_star = minute.startswith("*") or hour.startswith("*")
    return Cron(
        values(second, 0, 59, 60),
        values(minute, 0, 59, 60),
        values(hour, 0, 23, 24),
        day,
        values(month, 1, 12, 12, MONTHS),
        weekday,
        by_star,
    )


def matches_day(item: str, day: date) -> bool:
    """One item of the day of month: L, LW, 15W or numbers."""
    last = calendar.monthrange(day.year, day.month)[1]
    if item == "L":
        return day.day == last
    if item == "LW":
        return day.weekday() < 5 and all(each.weekday() > 4 for each in rest_of_month(day))
    if item.endswith("W"):
        wanted = int(item[:-1])
        return wanted <= last and day == nearest_weekday(day.replace(day=wanted))
    return day.day in values(item, 1, 31, 31)


def rest_of_month(day: date) -> Iterator[date]:
    while (day := day + timedelta(1)).day > 1:
        yield day


def nearest_weekday(day: date) -> date:
    """The weekday of the same month that is nearest."""
    near = [day + timedelta(days) for days in (0, -1, 1, -2, 2)]
    return next(each for each in near if each.weekday() < 5 and each.month == day.month)


def matches_weekday(item: str, day: date) -> bool:
    """One item of the day of week: fri#2, friL or numbers."""
    number = (day.weekday() + 1) % 7
    if "#" in item:
        name, _, nth = item.partition("#")
        return number in values(name, 0, 6, 7, DAYS) and (day.day + 6) // 7 == int(nth)
    if item.endswith("L"):
        return number in values(item[:-1], 0, 6, 7, DAYS) and not any(
            each.weekday() == day.weekday() for each in rest_of_month(day)
        )
    return number in values(item, 0, 6, 7, DAYS)


@cache
def comes_on(days: str, weekdays: str, day: date) -> bool:
    """Debian's rule: both must match when one of them starts with a star, else either."""
    both = [
        any(matches_day(item, day) for item in days.split(",")),
        any(matches_weekday(item, day) for item in weekdays.split(",")),
    ]
    return all(both) if days.startswith("*") or weekdays.startswith("*") else any(both)


def expected(cron: Cron, span: Span) -> list[int]:
    """The ticks in a span, in seconds since the epoch."""
    ticks: set[int] = set()
    for day in span.days:
        date = EPOCH + timedelta(day)
        if date.month in cron.months and comes_on(cron.days, cron.weekdays, date):
            for hour in cron.hours:
                walls = [day * MINUTES_OF_DAY + hour * 60 + minute for minute in cron.minutes]
                ticks.update(tick for wall in walls for tick in ticks_at(cron, span, wall))
    return sorted(tick for tick in ticks if span.start * 60 <= tick < span.end * 60)


def ticks_at(cron: Cron, span: Span, wall: int) -> list[int]:
    """The ticks of a minute on the wall: each time, or once, or at the first instant after the gap."""
    if wall in span.skipped:
        return [] if cron.by_star else [span.skipped[wall] * 60]
    instants = span.instants.get(wall, [])
    return [
        at * 60 + second for at in (instants if cron.by_star else instants[:1]) for second in cron.seconds
    ]


def got(expression: str, zone: str, span: Span) -> list[int]:
    """What the module under test says."""
    found: list[int] = []
    read = schedule.parse(expression, ZoneInfo(zone))
    tick = read.tick_after(span.start * 60 - 1)
    while tick is not None and tick < span.end * 60:
        found.append(tick)
        tick = read.tick_after(tick)
    return found


def wall_of(zone: ZoneInfo, instant: int) -> int:
    """The minute that the clock on the wall shows."""
    offset = datetime.fromtimestamp(instant * 60, zone).utcoffset()
    assert offset is not None
    return instant + offset // timedelta(minutes=1)


def walk(zone: ZoneInfo, start: int, end: int) -> Span:
    """Watch the clock on the wall, from two days before, so that what is repeated was seen before."""
    days = range(start // MINUTES_OF_DAY - 1, end // MINUTES_OF_DAY + 2)
    span = Span(start, end, {}, {}, days)
    before = wall_of(zone, start - 2 * MINUTES_OF_DAY)
    for instant in range(start - 2 * MINUTES_OF_DAY, end):
        wall = wall_of(zone, instant)
        span.instants.setdefault(wall, []).append(instant)
        span.skipped.update(dict.fromkeys(range(before + 1, wall), instant))
        before = wall
    return span


@cache
def spans(name: str) -> list[Span]:
    """The week around each clock change of the zone's year; around two Sundays when there is none."""
    zone = ZoneInfo(name)
    first = int(datetime(ZONES[name], 1, 1, tzinfo=UTC).timestamp()) // 60
    quarters = range(first, first + 366 * MINUTES_OF_DAY, 15)
    offsets = [wall_of(zone, at) - at for at in quarters]
    changes = [
        at for at, before, after in zip(quarters[1:], offsets, offsets[1:], strict=False) if before != after
    ]
    changes = changes or [first + days * MINUTES_OF_DAY for days in (89, 300)]
    return [walk(zone, at - HALF_WEEK, at + HALF_WEEK) for at in changes]


MINUTE_FIELDS = (
    "0 0 0 15 30 30 45 59 1 0,30 15,45 0-5 10-50/20 50-10/10 40/10 5,* */15 */20 */30 */59 *,7 *".split()
)
HOUR_FIELDS = (
    "0 0 0 1 1 2 2 2 3 3 4 22 23 1-3 0-4 2,3 0-4/2 22-2 23-3/2 1/3 2,* */2 */3 */12 */23 * *".split()
)
DAY_FIELDS = "* * * * * * * 1 5 10 25-31 28-5 1-31/2 */2 */7 1,15,31 *,1 L LW 1W 15W 27W 1,L".split()
MONTH_FIELDS = "* * * * * 3 10,11 mar MAR-Nov oct-apr */2 1-12/3 9,12".split()
WEEKDAY_FIELDS = (
    "* * * * * * sun SAT 0 7 fri,sat mon-fri fri-mon 5-7 0-7 */2 1-5/2 *,3 sun#2 sunL 0L sat#5,mon".split()
)


def expressions(count: int) -> list[str]:
    """The same on every machine; `*` in minutes and hours at once is rare, as it has so many ticks."""
    chance = random.Random(20240331)
    fields = (MINUTE_FIELDS, HOUR_FIELDS, DAY_FIELDS, MONTH_FIELDS, WEEKDAY_FIELDS)
    found: set[str] = set()
    while len(found) < count:
        words = [chance.choice(field) for field in fields]
        if words[0].startswith("*") and words[1].startswith("*") and chance.random() < 0.9:
            continue
        if chance.random() < 0.1:
            words.insert(0, chance.choice(["0", "7", "10,50", "58-1"]))
        found.add(" ".join(words))
    return sorted(found)


EXPRESSIONS = expressions(int(os.environ.get("ORACLE_EXPRESSIONS", "100")))
"""Enough for each change; five times as many when the core of schedules was changed (CONTRIBUTING)."""


def differences(zone: str, expression: str) -> list[str]:
    cron = read(expression)
    return [
        f"'{expression}' in {zone}: expected {clock(zone, wanted)}, got {clock(zone, found)}"
        for span in spans(zone)
        if (wanted := expected(cron, span)) != (found := got(expression, zone, span))
    ]


def clock(zone: str, ticks: list[int]) -> str:
    return ", ".join(datetime.fromtimestamp(tick, ZoneInfo(zone)).isoformat() for tick in ticks[:50])


@pytest.mark.parametrize("zone", ZONES)
def test_ticks_around_clock_changes_are_those_that_a_walk_through_every_minute_finds(zone: str) -> None:
    found = [difference for expression in EXPRESSIONS for difference in differences(zone, expression)]
    assert not found, "\n".join(found[:20])


WORDS = {
    "hourly at :15": "15 * * * *",
    "hourly at :00": "0 * * * *",
    "daily at 02:30": "30 2 * * *",
    "daily at 0:00": "0 0 * * *",
    "weekdays at 01:15": "15 1 * * mon-fri",
    "sundays at 2:45": "45 2 * * sun",
    "mondays at 00:30": "30 0 * * 1",
    "monthly on 31 at 03:00": "0 3 31 * *",
}
"""Schedules in words, and the cron expressions that mean the same."""


@pytest.mark.parametrize("zone", ZONES)
def test_schedules_in_words_keep_to_the_same_rules(zone: str) -> None:
    found = [
        f"'{words}' in {zone}: expected {clock(zone, wanted)}, got {clock(zone, ticks)}"
        for span in spans(zone)
        for words, cron in WORDS.items()
        if (wanted := expected(read(cron), span)) != (ticks := got(words, zone, span))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("text", "seconds"), [("every 45 minutes", 2700), ("every 90s", 90), ("every 2h", 7200)]
)
def test_intervals_are_counted_from_the_epoch_whatever_the_clock_on_the_wall_does(
    zone: str, text: str, seconds: int
) -> None:
    for span in spans(zone):
        first = -(-span.start * 60 // seconds) * seconds
        assert got(text, zone, span) == [*range(first, span.end * 60, seconds)]


def by_cronsim(expression: str, zone: str, span: Span) -> list[int]:
    """The opinion of cronsim, which tells two ticks of one gap as two."""
    start = datetime.fromtimestamp(span.start * 60 - 1, UTC)
    local = start if zone == "UTC" else start.astimezone(ZoneInfo(zone))
    ticks = map(datetime.timestamp, CronSim(expression, local))
    return sorted({int(tick) for tick in takewhile(lambda tick: tick < span.end * 60, ticks)})


def known_to_cronsim(expression: str) -> bool:
    """It knows no wrapping ranges and no 15W."""
    try:
        CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC))
    except CronSimError:
        return False
    return True


WILDCARDS_DIFFER = {
    "Australia/Lord_Howe": "it looks for an hour in steps of 60 minutes, and so half past it",
    "Pacific/Chatham": "likewise, a quarter to",
    "America/Sao_Paulo": "it starts a day at a midnight that there is not, and so sees 1:00 as 0:00",
    "Asia/Beirut": "likewise",
    "America/Havana": "likewise",
    "Asia/Tehran": "likewise",
}
"""Where cronsim goes astray with wildcard schedules in weeks with a clock change, and why."""


@pytest.mark.parametrize("zone", ZONES)
def test_cronsim_is_of_the_same_opinion(zone: str) -> None:
    found = []
    for expression in filter(known_to_cronsim, EXPRESSIONS[::3]):
        by_star, seconds = read(expression).by_star, len(expression.split()) == 6
        if (by_star and zone in WILDCARDS_DIFFER) or (seconds and not by_star):  # 6 fields are not Debian's
            continue
        for span in spans(zone):
            wanted, ticks = by_cronsim(expression, zone, span), got(expression, zone, span)
            if wanted != ticks:
                found.append(f"'{expression}': cronsim {clock(zone, wanted)}, got {clock(zone, ticks)}")
    assert not found, "\n".join(found[:20])


@pytest.mark.parametrize("zone", ZONES)
def test_cronsim_is_of_the_same_opinion_when_no_clock_changes(zone: str) -> None:
    calm = Span(spans(zone)[0].end, spans(zone)[0].end + 4 * HALF_WEEK, {}, {}, range(0))
    different = [
        expression
        for expression in filter(known_to_cronsim, EXPRESSIONS[1::3])
        if by_cronsim(expression, zone, calm) != got(expression, zone, calm)
    ]
    assert different == []


def test_the_zones_have_all_kinds_of_clock_changes() -> None:
    skipped = {len(span.skipped) for zone in ZONES for span in spans(zone)}
    repeated = {
        sum(len(instants) > 1 for instants in span.instants.values())
        for zone in ZONES
        for span in spans(zone)
    }
    assert skipped == {0, 30, 60, 120, MINUTES_OF_DAY}
    assert repeated == {0, 30, 60, 120}
    assert sum(len(spans(zone)) for zone in ZONES) >= 28


def test_the_expressions_are_fixed_and_wildcard_often_enough() -> None:
    by_star = sum(read(expression).by_star for expression in EXPRESSIONS)
    assert 0.3 <= by_star / len(EXPRESSIONS) <= 0.7


@pytest.mark.parametrize(
    ("expression", "day", "times"),
    [
        ("30 2 * * *", "2024-03-31", ["03:00"]),
        ("*/30 2 * * *", "2024-03-31", []),
        ("0 */2 * * *", "2024-03-31", ["00:00", "04:00", *(f"{hour:02}:00" for hour in range(6, 24, 2))]),
        ("15 1-3 * * *", "2024-03-31", ["01:15", "03:00", "03:15"]),
        ("30 2 * * *", "2024-10-27", ["02:30"]),
        ("*/30 2 * * *", "2024-10-27", ["02:00", "02:30", "02:00", "02:30"]),
        ("0 * * * *", "2024-10-27", ["00:00", "01:00", "02:00", *(f"{hour:02}:00" for hour in range(2, 24))]),
        ("15 1-3 * * *", "2024-10-27", ["01:15", "02:15", "03:15"]),
    ],
)
def test_the_cases_of_berlin_that_the_manual_names(expression: str, day: str, times: list[str]) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = int(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()) // 60
    end = int((datetime.fromisoformat(day) + timedelta(1)).replace(tzinfo=zone).timestamp()) // 60
    span = walk(zone, start, end)
    for ticks in (got(expression, "Europe/Berlin", span), expected(read(expression), span)):
        assert [datetime.fromtimestamp(tick, zone).strftime("%H:%M") for tick in ticks] == times
