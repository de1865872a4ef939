"""What daylight saving does to schedules: the cases of Debian's cron, and zones with ways of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from procman.core.schedule.schedule import parse, surprises, upcoming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.schedule.schedule import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
FORWARD, BACK = "2024-03-31", "2024-10-27"


def instant(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def on_day(expression: str, day: str, zone: ZoneInfo = BERLIN) -> list[str]:
    """The ticks of a local day as the clock shows them, `+` for the second time."""
    schedule, end = parse(expression, zone), instant(day, zone) + timedelta(hours=30)
    tick, found = schedule.next_after(instant(day, zone) - timedelta(seconds=1)), []
    while tick and tick < end and f"{tick.astimezone(zone):%Y-%m-%d}" == day:
        local = tick.astimezone(zone)
        found.append(f"{local:%H:%M}" + "+" * local.fold)
        tick = schedule.next_after(tick)
    return found


@pytest.mark.parametrize(
    ("expression", "day", "expected"),
    [
        ("30 2 * * *", FORWARD, "03:00"),
        ("daily at 02:30", FORWARD, "03:00"),
        ("*/30 2 * * *", FORWARD, ""),
        ("0 */6 * * *", FORWARD, "00:00 06:00 12:00 18:00"),
        ("15 1-3 * * *", FORWARD, "01:15 03:00 03:15"),
        ("0 1-3 * * *", FORWARD, "01:00 03:00"),
        ("0,20,40 2 * * *", FORWARD, "03:00"),
        ("59 1 * * *", FORWARD, "01:59"),
        ("30 2 * * *", BACK, "02:30"),
        ("*/30 2 * * *", BACK, "02:00 02:30 02:00+ 02:30+"),
        ("15 1-3 * * *", BACK, "01:15 02:15 03:15"),
        ("0 2,3 * * *", BACK, "02:00 03:00"),
    ],
)
def test_the_cases_of_berlin(expression: str, day: str, expected: str) -> None:
    assert " ".join(on_day(expression, day)) == expected


def test_a_wildcard_hour_goes_on_through_both_nights() -> None:
    assert on_day("0 */2 * * *", FORWARD)[:2] == ["00:00", "04:00"]
    assert on_day("0 * * * *", FORWARD)[:4] == ["00:00", "01:00", "03:00", "04:00"]
    assert on_day("0 * * * *", BACK)[:5] == ["00:00", "01:00", "02:00", "02:00+", "03:00"]


def test_the_first_pass_may_have_no_more_ticks_where_the_second_has() -> None:
    after = instant("2024-10-27 02:40", BERLIN)
    tick = parse("*/30 2 * * *", BERLIN).next_after(after)
    assert tick == datetime(2024, 10, 27, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "expression", "day", "expected"),
    [
        ("Australia/Lord_Howe", "15 2 * * *", "2024-10-06", "02:30"),
        ("Australia/Lord_Howe", "*/10 2 * * *", "2024-10-06", "02:30 02:40 02:50"),
        ("Australia/Lord_Howe", "45 1 * * *", "2024-04-07", "01:45"),
        (
            "Australia/Lord_Howe",
            "*/15 1 * * *",
            "2024-04-07",
            "01:00 01:15 01:30 01:45 01:30+ 01:45+",
        ),
        ("Asia/Beirut", "0 0 * * *", "2024-03-31", "01:00"),
        ("Asia/Beirut", "*/30 0 * * *", "2024-03-31", ""),
        ("America/Havana", "30 0 * * *", "2024-03-10", "01:00"),
        ("America/Havana", "30 0 * * *", "2024-11-03", "00:30"),
        ("America/Havana", "*/30 0 * * *", "2024-11-03", "00:00 00:30 00:00+ 00:30+"),
        ("Pacific/Apia", "0 9 * * *", "2011-12-31", "00:00 09:00"),
        ("Pacific/Apia", "*/30 9 * * *", "2011-12-31", "09:00 09:30"),
        ("UTC", "30 2 * * *", FORWARD, "02:30"),
    ],
)
def test_zones_that_change_in_their_own_way(zone: str, expression: str, day: str, expected: str) -> None:
    assert " ".join(on_day(expression, day, ZoneInfo(zone))) == expected


def by_minute(schedule: Schedule, start: datetime, days: int, fixed: bool) -> Iterator[datetime]:
    """The two rules, said in another way, for every minute: no stepping, no offsets.

    A wildcard ticks when the clock shows a match; a fixed schedule when the clock is for the first time
    at or past one, so by the furthest that the clock has been.
    """
    in_utc = parse(schedule.expression, UTC)

    def has_match(after: datetime, until: datetime) -> bool:
        following = in_utc.next_after(after.replace(tzinfo=UTC))
        return following is not None and following <= until.replace(tzinfo=UTC)

    minute = timedelta(minutes=1)
    furthest = start.astimezone(schedule.zone).replace(tzinfo=None)
    for number in range(1, days * 24 * 60):
        at = start + number * minute
        shown = at.astimezone(schedule.zone).replace(tzinfo=None)
        if has_match(furthest, shown) if fixed else has_match(shown - minute, shown):
            yield at
        furthest = max(furthest, shown)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", "2024-03-30 12:00"),
        ("Europe/Berlin", "2024-10-26 12:00"),
        ("Australia/Lord_Howe", "2024-04-06 12:00"),
        ("Australia/Lord_Howe", "2024-10-05 12:00"),
        ("Asia/Beirut", "2024-10-26 12:00"),
        ("America/Havana", "2024-11-02 12:00"),
        ("Pacific/Apia", "2011-12-29 12:00"),
        ("Pacific/Kwajalein", "1969-09-30 06:00"),
        ("Pacific/Kwajalein", "1993-08-20 06:00"),
    ],
)
@pytest.mark.parametrize(
    ("expression", "fixed"),
    [
        ("*/20 * * * *", False),
        ("7 */3 * * *", False),
        ("*/15 0-2 * * *", False),
        ("10,40 0-2 * * *", True),
        ("0 0,1,2,3 * * *", True),
        ("59 23 * * *", True),
    ],
)
def test_ticks_are_those_of_the_rules_minute_by_minute(
    zone: str, start: str, expression: str, fixed: bool
) -> None:
    schedule = parse(expression, ZoneInfo(zone))
    begin = instant(start, ZoneInfo(zone))
    expected = list(by_minute(schedule, begin, 2, fixed))
    end = begin + timedelta(days=2) - timedelta(minutes=1)
    occurrences = takewhile(lambda each: each.tick <= end, upcoming(schedule, begin))
    assert [each.tick for each in occurrences if each.dst != "dropped"] == expected
    for tick, following in zip([begin, *expected], expected, strict=False):
        assert schedule.next_after(tick) == following
        between = tick + (following - tick) / 2
        assert schedule.next_after(between) == following


def marks(expression: str, day: str, count: int) -> list[str]:
    found = upcoming(parse(expression, BERLIN), instant(day, BERLIN) - timedelta(seconds=1))
    return [f"{each.local:%H:%M} {each.tick:%H:%M} {each.dst}" for each in islice(found, count)]


def test_upcoming_marks_what_is_moved_dropped_and_doubled() -> None:
    assert marks("15 1-3 * * *", FORWARD, 3) == ["01:15 00:15 None", "02:15 01:00 moved", "03:15 01:15 None"]
    assert marks("*/30 2 * * *", FORWARD, 3) == [
        "02:00 01:00 dropped",
        "02:30 01:00 dropped",
        "02:00 00:00 None",
    ]
    assert marks("0 2-3 * * *", BACK, 2) == ["02:00 00:00 None", "03:00 02:00 None"]
    assert marks("0 * * * *", BACK, 5)[2:] == ["02:00 00:00 None", "02:00 01:00 second", "03:00 02:00 None"]
    assert marks("every 1h", BACK, 4)[3] == "02:00 01:00 second"


def test_a_moment_in_a_gap_is_marked_as_moved() -> None:
    assert marks("at 2024-03-31 02:30", FORWARD, 2) == ["02:30 01:00 moved"]


def test_daylight_saving_is_told_before_it_comes() -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC)
    assert surprises(parse("30 2 * * *", BERLIN), now) == [
        "on 2024-03-31 the clocks of Europe/Berlin skip 02:30: it runs at 03:00",
        "on 2024-10-27 the clocks of Europe/Berlin show 02:30 twice: it runs the first time only",
    ]
    assert surprises(parse("*/30 2 * * *", BERLIN), now) == [
        "on 2024-03-31 the clocks of Europe/Berlin skip 02:00: no run then",
        "on 2024-10-27 the clocks of Europe/Berlin show 02:00 twice: it runs both times",
    ]
    assert surprises(parse("0 9 * * *", ZoneInfo("Pacific/Apia")), datetime(2011, 12, 1, tzinfo=UTC)) == [
        "on 2011-12-30 the clocks of Pacific/Apia skip 09:00: it runs at 2011-12-31 00:00"
    ]


@pytest.mark.parametrize("expression", ["30 4 * * *", "*/10 * * * *", "0 * * * *", "30 2 1 * *", "every 1h"])
def test_nothing_is_told_of_a_schedule_that_it_leaves_alone(expression: str) -> None:
    assert surprises(parse(expression, BERLIN), datetime(2024, 1, 1, tzinfo=UTC)) == []
