"""Which schedules five fields can say exactly. Each found field is read by our own reader of Debian's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.schedule import schedule as schedules
from procman.core.schedule.cronfields import DAY, HOUR, MINUTE, MONTH, WEEKDAY, ScheduleError
from procman.core.tasks.task import Task
from procman.export.cron import times as crontabtimes
from tests.export.hostile import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

BERLIN, INDIA, NEPAL = "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu"


def times(*expressions: str, zone: str = BERLIN, said: str | None = None) -> list[tuple[str, str | None]]:
    found = crontabtimes.of(task(*expressions, zone=zone), said)
    return [(each.fields, each.zone) for each in found or ()]


def task(*expressions: str, zone: str = BERLIN) -> Task:
    return Task("t", "true", schedules=tuple(schedules.parse(each, ZoneInfo(zone)) for each in expressions))


@pytest.mark.parametrize(
    ("expression", "fields"),
    [
        ("every minute", "* * * * *"),
        ("every 10 minutes", "*/10 * * * *"),
        ("every hour", "0 * * * *"),
        ("hourly at :15", "15 * * * *"),
        ("daily at 09:30", "30 9 * * *"),
        ("mondays at 08:00", "0 8 * * 1"),
        ("weekdays at 18:00", "0 18 * * 1-5"),
        ("monthly on 1 at 00:00", "0 0 1 * *"),
        ("*/10 9-17 * * mon-fri", "*/10 9-17 * * 1-5"),
        ("0 22-2 * * *", "0 0-2,22,23 * * *"),
        ("5/15 9 * * fri-mon", "5,20,35,50 9 * * 0,1,5,6"),
        ("*/20,7 * * jan,feb *", "*/20,7 * * 1,2 *"),
        ("0 9 * * 7", "0 9 * * 0"),
        ("0 30 9 * * *", "30 9 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@reboot", "@reboot"),
    ],
)
def test_what_cron_can_say_comes_out_as_it_reads_it(expression: str, fields: str) -> None:
    assert times(expression) == [(fields, None)]


@pytest.mark.parametrize(
    "expression",
    [
        "every 90s",
        "every 7 minutes",
        "every 2 hours",
        "every day",
        "30 * * * * *",
        "0 9 L * *",
        "0 9 15W * *",
        "0 9 * * mon#1",
        "0 9 * * 5L",
        "at 2030-01-01 09:00",
    ],
)
def test_what_cron_cannot_say_is_left(expression: str) -> None:
    assert times(expression) == []


def test_a_star_at_the_beginning_stays_as_cron_goes_by_it() -> None:
    """Days: both must match if one starts with `*`; times: daylight saving moves those without (cron(8))."""
    assert times("0 9 */2 * mon") == [("0 9 */2 * 1", None)]
    assert times("0 9 1-31/2 * mon") == [("0 9 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * 1", None)]
    assert (
        times("0-59 2 * * *") == []
    )  # all of them would be moved to the end of the gap: one tick, sixty runs
    assert times("0-59 4 * * *") == [("0-59 4 * * *", None)]


@pytest.mark.parametrize(
    ("expression", "zone", "is_exact"),
    [
        ("every 5 minutes", NEPAL, True),
        ("every 10 minutes", NEPAL, False),
        ("every 30 minutes", INDIA, True),
        ("every hour", INDIA, False),
        ("every hour", "Australia/Lord_Howe", False),
    ],
)
def test_an_interval_is_minutes_only_where_clocks_are_so_far_from_utc(
    expression: str, zone: str, is_exact: bool
) -> None:
    assert bool(times(expression, zone=zone)) is is_exact


def test_a_zone_that_somebody_has_named_stays_with_the_times_that_depend_on_it() -> None:
    assert times("daily at 09:30", said=BERLIN) == [("30 9 * * *", BERLIN)]
    assert times("daily at 09:30 Asia/Tokyo") == [("30 9 * * *", "Asia/Tokyo")]
    assert times("daily at 09:30 UTC") == [("30 9 * * *", "UTC")]
    assert times("hourly at :15", said=BERLIN) == [("15 * * * *", None)]
    assert times("hourly at :15", zone=INDIA, said=INDIA) == [("15 * * * *", INDIA)]


def test_several_schedules_are_lines_only_if_they_never_tick_together() -> None:
    assert times("weekdays at 09:00", "weekends at 11:00") == [("0 9 * * 1-5", None), ("0 11 * * 0,6", None)]
    assert times("0 9 * * mon", "0 9 * * tue") == [("0 9 * * 1", None), ("0 9 * * 2", None)]
    assert times("hourly at :15", "daily at 09:15") == []
    assert times("0 9 * * mon", "0 9 1 * mon") == []
    assert times("daily at 09:30", "daily at 09:30 UTC") == []


def test_several_schedules_are_lines_only_if_all_can_be_and_go_by_one_clock() -> None:
    assert times("hourly at :15", "every 90s") == []
    assert times("daily at 09:30", "daily at 10:30 UTC") == []
    assert times("every 7 minutes", zone="UTC") == [], "no part of an hour, whatever the zone"


def test_two_times_in_one_gap_are_one_tick_here_and_two_runs_of_cron() -> None:
    assert times("0,30 2 * * *") == []
    assert times("0 2 * * *", "30 2 * * *") == []
    assert times("0,30 3 * * *") != []
    assert times("0,30 2 * * *", zone="UTC") != []


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high).map(str)
    ranges = st.tuples(number, number).map("-".join)
    steps = st.tuples(st.one_of(st.just("*"), ranges, number), st.integers(1, 20).map(str)).map("/".join)
    return st.lists(st.one_of(st.just("*"), number, ranges, steps), min_size=1, max_size=3).map(",".join)


FIELDS = st.tuples(*(field(kind.low, kind.high) for kind in (MINUTE, HOUR, DAY, MONTH, WEEKDAY))).map(
    " ".join
)
START = datetime(2027, 3, 20, tzinfo=UTC)


@given(FIELDS, st.sampled_from([BERLIN, "UTC", NEPAL, "America/New_York"]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_fields_tick_as_the_schedule_does(expression: str, zone: str) -> None:
    try:
        one = task(expression, zone=zone)
    except ScheduleError:  # no such date
        return
    for found in crontabtimes.of(one, zone) or ():
        again = schedules.parse(found.fields, ZoneInfo(zone))
        assert ticks(again) == ticks(one.schedules[0])


def ticks(schedule: schedules.Schedule) -> list[datetime]:
    """Some before, in and after the change of clocks."""
    return [*islice(after(schedule, START), 20), *islice(after(schedule, START + timedelta(days=7)), 100)]


def after(schedule: schedules.Schedule, instant: datetime) -> Iterator[datetime]:
    tick = schedule.next_after(instant)
    while tick:
        yield tick
        tick = schedule.next_after(tick)


@pytest.mark.parametrize("minutes", [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60])
@pytest.mark.parametrize("zone", [BERLIN, "UTC", INDIA, NEPAL, "Australia/Lord_Howe", "Pacific/Chatham"])
def test_an_interval_ticks_as_its_fields_do(minutes: int, zone: str) -> None:
    one = task(f"every {minutes} minutes", zone=zone)
    for found in crontabtimes.of(one, None) or ():
        assert ticks(schedules.parse(found.fields, ZoneInfo(zone))) == ticks(one.schedules[0])
