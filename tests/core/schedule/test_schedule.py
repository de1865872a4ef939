from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.schedule.schedule import Schedule, ScheduleError, parse, shortest_gap, upcoming
from procman.core.schedule.zones import Unknown

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday, 14:00 in Berlin


def ticks(expression: str, count: int = 3, after: datetime = NOON) -> list[str]:
    schedule, found = parse(expression, BERLIN), []
    for _ in range(count):
        tick = schedule.next_after(after)
        if tick is None:
            break
        assert tick.tzinfo is UTC
        found.append(f"{tick:%Y-%m-%d %H:%M:%S}".removesuffix(":00"))
        after = tick
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("every 10 minutes", ["2026-06-01 12:10", "2026-06-01 12:20"]),
        ("every 90s", ["2026-06-01 12:01:30", "2026-06-01 12:03"]),
        ("EVERY 2H", ["2026-06-01 14:00", "2026-06-01 16:00"]),
        ("every hour", ["2026-06-01 13:00", "2026-06-01 14:00"]),
        ("every 1h30m", ["2026-06-01 13:30", "2026-06-01 15:00"]),
        ("every 1.5 h", ["2026-06-01 13:30", "2026-06-01 15:00"]),
        ("every day", ["2026-06-02 00:00", "2026-06-03 00:00"]),
        ("hourly at :15", ["2026-06-01 12:15", "2026-06-01 13:15"]),
        ("daily at 09:30", ["2026-06-02 07:30", "2026-06-03 07:30"]),
        ("daily at 09:30 Europe/Riga", ["2026-06-02 06:30", "2026-06-03 06:30"]),
        ("Weekdays At 18:00", ["2026-06-01 16:00", "2026-06-02 16:00"]),
        ("weekends at 18:00", ["2026-06-06 16:00", "2026-06-07 16:00"]),
        ("mondays at 8:00", ["2026-06-08 06:00", "2026-06-15 06:00"]),
        ("sundays at 8:00 UTC", ["2026-06-07 08:00", "2026-06-14 08:00"]),
        ("5 minutes", ["2026-06-01 12:05", "2026-06-01 12:10"]),
        ("90s", ["2026-06-01 12:01:30", "2026-06-01 12:03"]),
        ("1 h 30 m 0 s", ["2026-06-01 13:30", "2026-06-01 15:00"]),
        ("@every 5m", ["2026-06-01 12:05", "2026-06-01 12:10"]),
        ("every day at noon", ["2026-06-02 10:00", "2026-06-03 10:00"]),
        ("Every Day At Midnight", ["2026-06-01 22:00", "2026-06-02 22:00"]),
        ("every day at 9am UTC", ["2026-06-02 09:00", "2026-06-03 09:00"]),
        ("every hour at :30", ["2026-06-01 12:30", "2026-06-01 13:30"]),
        ("every weekday at 18:00", ["2026-06-01 16:00", "2026-06-02 16:00"]),
        ("every monday at 8:00", ["2026-06-08 06:00", "2026-06-15 06:00"]),
        ("every month on 1 at 12am", ["2026-06-30 22:00", "2026-07-31 22:00"]),
        ("daily at 9am", ["2026-06-02 07:00", "2026-06-03 07:00"]),
        ("daily at 9:30PM", ["2026-06-01 19:30", "2026-06-02 19:30"]),
        ("daily at 12:15 am Europe/Riga", ["2026-06-01 21:15", "2026-06-02 21:15"]),
        ("daily at 12pm", ["2026-06-02 10:00", "2026-06-03 10:00"]),
        ("weekdays at 6pm", ["2026-06-01 16:00", "2026-06-02 16:00"]),
        ("mondays at noon", ["2026-06-08 10:00", "2026-06-15 10:00"]),
        ("0 9 * * * NZ", ["2026-06-01 21:00", "2026-06-02 21:00"]),
        ("0 9 * * mon GB", ["2026-06-08 08:00", "2026-06-15 08:00"]),
        ("0 0 9 * * fri EST5EDT", ["2026-06-05 13:00", "2026-06-12 13:00"]),
        ("monthly on 1 at 00:00", ["2026-06-30 22:00", "2026-07-31 22:00"]),
        ("monthly on 31 at 00:00 UTC", ["2026-07-31 00:00", "2026-08-31 00:00"]),
        ("*/10 9-17 * * mon-fri", ["2026-06-01 12:10", "2026-06-01 12:20"]),
        ("0 9 * * * Asia/Kolkata", ["2026-06-02 03:30", "2026-06-03 03:30"]),
        ("0 9 * * MON", ["2026-06-08 07:00", "2026-06-15 07:00"]),
        ("*/20 * * * * *", ["2026-06-01 12:00:20", "2026-06-01 12:00:40"]),
        ("30 0 9 * * fri Europe/Riga", ["2026-06-05 06:00:30", "2026-06-12 06:00:30"]),
        ("@hourly", ["2026-06-01 13:00", "2026-06-01 14:00"]),
        ("@Daily UTC", ["2026-06-02 00:00", "2026-06-03 00:00"]),
        ("@midnight", ["2026-06-01 22:00", "2026-06-02 22:00"]),
        ("@weekly", ["2026-06-06 22:00", "2026-06-13 22:00"]),
        ("@monthly", ["2026-06-30 22:00", "2026-07-31 22:00"]),
        ("@yearly", ["2026-12-31 23:00", "2027-12-31 23:00"]),
        ("@annually UTC", ["2027-01-01 00:00", "2028-01-01 00:00"]),
        ("@reboot", []),
        ("at 2026-12-24 18:00", ["2026-12-24 17:00"]),
        ("at 2026-12-24T18:00Z", ["2026-12-24 18:00"]),
        ("at 2026-12-24 18:00 America/New_York", ["2026-12-24 23:00"]),
        ("at 2026-06-01 14:00", []),
        ("at 2001-01-01 00:00", []),
    ],
)
def test_every_form_has_its_ticks(expression: str, expected: list[str]) -> None:
    assert ticks(expression, 2) == expected


@pytest.mark.parametrize(
    ("expression", "part", "wrong"),
    [
        ("", "", "a schedule is empty: write one like 'every 10 minutes'"),
        ("  ", "  ", "a schedule is empty: write one like 'every 10 minutes'"),
        ("evry 10 minutes", "evry", "no schedule begins with 'evry', did you mean 'every'?"),
        ("monday at 9:00", "monday", "no schedule begins with 'monday', did you mean 'mondays'?"),
        ("every", "", "an interval is missing: write it like 'every 10 minutes'"),
        ("every 10", "10", "'10' has no unit: is it 10s or 10m?: write it like 'every 10 minutes'"),
        ("every 0s", "0s", "'0s': an interval is in whole seconds, and at least 1 s"),
        ("every 1.2s", "1.2s", "'1.2s': an interval is in whole seconds, and at least 1 s"),
        ("every 200ms", "200ms", "'200ms': an interval is in whole seconds, and at least 1 s"),
        ("every monday", "monday", "'every monday': write 'mondays at 09:30'"),
        (
            "every day at 25:00",
            "25:00",
            "'25:00': a time of day is written like 09:30 or 9:30am, from 00:00 to",
        ),
        ("every day on 1 at 9am", "on 1 at 9am", "'day on 1 at 9am': write it like 'daily at 09:30'"),
        ("every  month at 9am", "at 9am", "'month at 9am': write it like 'monthly on 1 at 00:00'"),
        ("every hour at 15", "15", "'15': the minute of the hour is written like :15, from :00 to :59"),
        ("every weekday", "weekday", "'every weekday': write 'weekdays at 09:30'"),
        ("every fortnight at noon", "fortnight at noon", "'fortnight at noon' is not a duration"),
        ("every 2 hours at :30", "2 hours at :30", "'2 hours at :30' is not a duration"),
        ("@every", "", "an interval is missing: write it like 'every 10 minutes'"),
        ("@every 5", "5", "'5' has no unit: is it 5s or 5m?: write it like 'every 10 minutes'"),
        (" 5 mintues ", "5 mintues", "'mintues' is not a unit of time, did you mean 'minutes'?"),
        ("5 minutes UTC", "5 minutes UTC", "an interval has no time zone, it counts from the epoch in UTC"),
        ("0.5s", "0.5s", "'0.5s': an interval is in whole seconds, and at least 1 s"),
        ("5m * * * *", "5m", "minute '5m': not a value, a range like 0-4 or a step like */2"),
        ("every month", "month", "'every month': write 'monthly on 1 at 00:00'"),
        (
            "every 2h Europe/Riga",
            "2h Europe/Riga",
            "an interval has no time zone, it counts from the epoch in UTC: '2h Europe/Riga'",
        ),
        ("daily", "daily", "'daily': write it like 'daily at 09:30'"),
        ("daily 9:30", "9:30", "'daily 9:30': write it like 'daily at 09:30'"),
        ("daily on 1 at 9:30", "on 1 at 9:30", "'daily on 1 at 9:30': write it like 'daily at 09:30'"),
        ("monthly at 9:30", "at 9:30", "'monthly at 9:30': write it like 'monthly on 1 at 00:00'"),
        ("daily  at  24:00", "24:00", "'24:00': a time of day is written like 09:30 or 9:30am, from 00:00"),
        (
            "daily at 9",
            "9",
            "'9': a time of day is written like 09:30 or 9:30am, from 00:00 to 23:59, or noon",
        ),
        ("daily at 13pm", "13pm", "'13pm': a time of day is written like"),
        ("daily at 0 am", "0 am", "'0 am': a time of day is written like"),
        ("mondays at noon mars", "mars", "no time zone is called 'mars'"),
        (" hourly at 15", "15", "'15': the minute of the hour is written like :15, from :00 to :59"),
        ("monthly on 32 at 9:00", "32", "'32': a day of the month is 1 to 31"),
        ("daily at 9:00 Europe/Rig", "Europe/Rig", "no time zone is called 'Europe/Rig', did you mean"),
        ("at", "", "a date and time are missing: write them like 'at 2026-12-24 18:00'"),
        ("at 18:00", "18:00", "'18:00' has no date: write it like 2026-12-24 18:00"),
        (
            "at 2026-12-24 18:00:00.5",
            "2026-12-24 18:00:00.5",
            "'2026-12-24 18:00:00.5': a schedule has whole",
        ),
        ("@dayly", "@dayly", "'@dayly' is not known, did you mean '@daily'?"),
        ("@daily at 9:00", "9:00", "'9:00': only a time zone may follow @daily"),
        ("@daily mars", "mars", "no time zone is called 'mars'"),
        ("* * * *", "* * * *", "a cron expression has 5 fields, or 6 with seconds first, not 4"),
        ("1 2 3 4 5 6 7", "1 2 3 4 5 6 7", "a cron expression has 5 fields, or 6 with seconds first, not 7"),
        ("60 * * * *", "60", "minute '60': 0 to 59"),
        (" 0  0 * * sun,mun", "mun", "day of week 'mun': 'mun' is not a day of week, did you mean"),
        (
            "0 9 * * monday",
            "monday",
            "day of week 'monday': 'monday' is not a day of week, did you mean 'mon'?",
        ),
        ("0 9 * * 1 2026", "2026", "day of week '2026': 0 to 7 (of 6 fields, the first is seconds)"),
        ("0 0 30 2 * UTC", "30 2 *", "day of month '30' never comes in month '2'"),
        ("0 9 * * NZ", "NZ", "day of week 'NZ': 'NZ' is not a day of week"),
        ("0 0 9 * * LW", "LW", "day of week 'LW': the special days are L, LW and 15W of the month"),
        ("0 0 9 * * mo", "mo", "day of week 'mo': 'mo' is not a day of week, did you mean 'mon'?"),
        ("0 9 * * * nz", "nz", "no time zone is called 'nz', did you mean 'NZ'?"),
        ("0 9 * * * EST5ED", "EST5ED", "no time zone is called 'EST5ED', did you mean 'EST5EDT'?"),
        ("0 9 * * * Mars/Olympus", "Mars/Olympus", "no time zone is called 'Mars/Olympus'"),
        ("0 9 * * * Europe/Rig", "Europe/Rig", "no time zone is called 'Europe/Rig', did you mean"),
    ],
)
def test_anything_else_is_an_error_that_points_at_the_part(expression: str, part: str, wrong: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse(expression, BERLIN)
    error = caught.value
    assert str(error).startswith(wrong)
    assert expression[error.position : error.position + error.length] == part


@pytest.mark.parametrize("name", sorted(zone for zone in available_timezones() if "/" not in zone))
def test_every_zone_without_a_slash_may_end_a_cron_expression(name: str) -> None:
    for days in ("*", "fri", "fri#2", "1-5"):
        assert str(parse(f"0 9 * * {days} {name}", BERLIN).zone) == name


@pytest.mark.parametrize("word", "mon SAT fri#2 5L friL mon-fri mon/2 sun,mon tue-3 *".split())
def test_no_day_of_the_week_is_taken_for_a_zone(word: str) -> None:
    assert parse(f"0 0 9 * * {word}", BERLIN).zone is BERLIN


@pytest.mark.parametrize("expression", ["daily at 9:00", "@weekly", "0 9 * * *", "at 2026-12-24 18:00"])
def test_a_schedule_that_needs_a_zone_which_cannot_be_told_is_an_error(expression: str) -> None:
    unknown = Unknown("the system's cannot be told: set TZ")
    with pytest.raises(ScheduleError, match=f"'{re.escape(expression)}' needs a time zone, and the system's"):
        parse(expression, unknown)
    assert parse(f"{expression} Europe/Berlin", unknown).zone == BERLIN


@pytest.mark.parametrize("expression", ["every 5m", "@every 5m", "5m", "@reboot", "at 2026-12-24T18:00Z"])
def test_a_schedule_that_needs_no_zone_asks_for_none(expression: str) -> None:
    found, known = parse(expression, Unknown("never told")), parse(expression, UTC)
    assert found.next_after(NOON) == known.next_after(NOON)


WORDS = (
    "every at daily hourly mondays monthly on :15 09:30 10 minutes @daily UTC Europe/Riga * */5 1-3 mon L 6"
    " day hour noon 9am pm NZ EST5EDT @every 5m"
).split()


def parse_or_mistake(text: str) -> Schedule | ScheduleError:
    try:
        return parse(text, BERLIN)
    except ScheduleError as error:
        return error


@given(st.text() | st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_whatever_the_text_it_is_a_schedule_or_an_error_inside_of_it(text: str) -> None:
    found = parse_or_mistake(text)
    if isinstance(found, ScheduleError):
        assert 0 <= found.position <= found.position + found.length <= len(text)
    else:
        assert found.expression == " ".join(text.split())
        assert found.wording


def test_the_same_text_in_the_same_zone_is_the_same_object() -> None:
    assert parse("daily at 09:30", BERLIN) is parse("daily at 09:30", ZoneInfo("Europe/Berlin"))
    assert parse("daily at 09:30", BERLIN) is not parse("daily at 09:30", UTC)


def test_a_schedule_says_what_it_is() -> None:
    schedule = parse("  0  9 * * *\tEurope/Riga ", BERLIN)
    assert (schedule.expression, schedule.zone) == ("0 9 * * * Europe/Riga", ZoneInfo("Europe/Riga"))
    assert repr(schedule) == "Schedule('0 9 * * * Europe/Riga', Europe/Riga)"
    kinds = {text: parse(text, BERLIN) for text in ("@reboot", "at 2026-12-24 18:00", "every 1h")}
    assert [each.at_start for each in kinds.values()] == [True, False, False]
    assert [each.once for each in kinds.values()] == [False, True, False]
    assert all(each.zone is BERLIN for each in kinds.values())


def test_a_tick_is_strictly_after_the_instant_also_within_a_second() -> None:
    schedule = parse("* * * * *", UTC)
    assert schedule.next_after(NOON) == NOON + timedelta(minutes=1)
    assert schedule.next_after(NOON - timedelta(microseconds=1)) == NOON
    assert schedule.next_after(NOON + timedelta(seconds=59.5)) == NOON + timedelta(minutes=1)


def test_an_instant_may_be_in_any_zone_but_must_be_in_one() -> None:
    there = timezone(timedelta(hours=9))
    assert parse("every 1h", UTC).next_after(NOON.astimezone(there)) == NOON + timedelta(hours=1)
    with pytest.raises(TypeError):
        parse("every 1h", UTC).next_after(NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    "expression", ["every 7m", "0 9 * * *", "* * * * *", "at 2026-06-01 14:20", "@reboot"]
)
@given(offsets=st.lists(st.integers(-5000, 5000), max_size=20))
def test_the_remembered_tick_is_the_tick_whatever_was_asked_before(
    expression: str, offsets: list[int]
) -> None:
    schedule = parse(expression, BERLIN)
    for offset in offsets:
        instant = NOON + timedelta(seconds=offset)
        tick = schedule.next_after(instant)
        expected = None if tick is None else int(tick.timestamp())
        assert schedule.tick_after(int(instant.timestamp())) == expected


@pytest.mark.parametrize("year", [1, 1800, 9980, 9999])
@pytest.mark.parametrize(
    "expression", ["0 9 * * *", "*/5 2 * * *", "every 1h", "@reboot", "at 2026-12-24 18:00"]
)
def test_even_the_ends_of_the_calendar_are_no_trouble(expression: str, year: int) -> None:
    schedule = parse(expression, ZoneInfo("Pacific/Apia"))
    instant = datetime(year, 1, 1, tzinfo=UTC)
    tick = schedule.next_after(instant)
    assert tick is None or tick > instant
    occurrence = next(upcoming(schedule, instant), None)
    assert (occurrence and occurrence.tick) == tick


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("every 10 minutes", 600),
        ("*/45 * * * *", 900),
        ("0 9 * * *", 82800),
        ("* * * * * *", 1),
        ("@reboot", None),
        ("at 2026-12-24 18:00", None),
    ],
)
def test_the_shortest_gap_is_that_of_the_nearest_two_ticks(expression: str, expected: float | None) -> None:
    assert shortest_gap(parse(expression, BERLIN), NOON) == expected


def test_the_shortest_gap_looks_at_no_more_ticks_than_it_may() -> None:
    assert shortest_gap(parse("0 0 1 1,2 *", UTC), NOON, ticks=2) == 31 * 86400
    assert shortest_gap(parse("0 0 1 1,2 *", UTC), NOON, ticks=1) is None


def test_upcoming_ticks_have_the_wall_time_of_the_schedule() -> None:
    found = islice(upcoming(parse("daily at 09:30 Europe/Riga", BERLIN), NOON), 2)
    assert [(f"{each.tick:%d %H:%M}", f"{each.local:%d %H:%M}", each.dst) for each in found] == [
        ("02 06:30", "02 09:30", None),
        ("03 06:30", "03 09:30", None),
    ]
    assert next(upcoming(parse("every 1h", BERLIN), NOON)).local == datetime(2026, 6, 1, 15)  # noqa: DTZ001
