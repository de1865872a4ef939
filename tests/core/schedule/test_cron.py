"""Cron expressions on a clock without daylight saving, compared with croniter and with a calendar."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from croniter import CroniterBadDateError, croniter
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from procman.core.schedule import clocks
from procman.core.schedule.cron import Cron, parse
from procman.core.schedule.cronfields import DAY as DAY_OF_MONTH
from procman.core.schedule.cronfields import HOUR, MINUTE, MONTH, WEEKDAY, Kind, ScheduleError
from procman.core.schedule.cronfields import parse as parse_field

SPECIAL_DAYS = "the special days are L, LW and 15W of the month, 5L and fri#2 of the week"
STARTS = st.integers(0, 2**32)


def cron(expression: str) -> Cron:
    return parse([(text, expression.index(text)) for text in expression.split()])


def walls(expression: str, start: datetime, count: int) -> list[str]:
    wall, found = clocks.seconds(start), []
    for _ in range(count):
        following = cron(expression).next_after(wall)
        assert following is not None
        wall = following
        found.append(f"{clocks.naive(wall):%Y-%m-%d %H:%M:%S}".removesuffix(":00"))
    return found


def mistake(kind: Kind, text: str) -> str:
    with pytest.raises(ScheduleError) as caught:
        parse_field(kind, text, 7)
    error = caught.value
    assert text[error.position - 7 :][: error.length]
    return str(error)


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        (MINUTE, "*/20", [0, 20, 40]),
        (MINUTE, "*/45", [0, 45]),
        (MINUTE, "*/60", [0]),
        (MINUTE, "5/20", [5, 25, 45]),
        (MINUTE, "59/15", [59]),
        (MINUTE, "9-9", [9]),
        (MINUTE, "007,1", [1, 7]),
        (MINUTE, "50-10/5", [0, 5, 10, 50, 55]),
        (MINUTE, "5,*/30,5-6", [0, 5, 6, 30]),
        (HOUR, "22-2", [0, 1, 2, 22, 23]),
        (MONTH, "nov-FEB", [1, 2, 11, 12]),
        (MONTH, "jan,Jul", [1, 7]),
        (MONTH, "*/5", [1, 6, 11]),
        (WEEKDAY, "mon-fri", [1, 2, 3, 4, 5]),
        (WEEKDAY, "fri-mon", [0, 1, 5, 6]),
        (WEEKDAY, "fri-mon/2", [0, 5]),
        (WEEKDAY, "7", [0]),
        (WEEKDAY, "0-7", [0, 1, 2, 3, 4, 5, 6]),
        (WEEKDAY, "5-7", [0, 5, 6]),
        (WEEKDAY, "7-0", [0]),
        (WEEKDAY, "7-2", [0, 1, 2]),
        (WEEKDAY, "6-1", [0, 1, 6]),
        (WEEKDAY, "*/2", [0, 2, 4, 6]),
    ],
)
def test_a_field_has_the_values_of_its_lists_ranges_and_steps(
    kind: Kind, text: str, values: list[int]
) -> None:
    assert list(parse_field(kind, text).values) == values


@pytest.mark.parametrize(
    ("kind", "text", "wrong"),
    [
        (MINUTE, "60", "minute '60': 0 to 59"),
        (MINUTE, "5,99,7", "minute '99': 0 to 59"),
        (MINUTE, "1-60", "minute '1-60': 0 to 59"),
        (HOUR, "24", "hour '24': 0 to 23"),
        (MONTH, "0", "month '0': 1 to 12"),
        (MONTH, "mai", "month 'mai': 'mai' is not a month, did you mean 'may'?"),
        (WEEKDAY, "8", "day of week '8': 0 to 7"),
        (WEEKDAY, "monday", "day of week 'monday': 'monday' is not a day of week, did you mean 'mon'?"),
        (WEEKDAY, "xyz", "day of week 'xyz': 'xyz' is not a day of week: 0 to 7 or sun to sat"),
        (MINUTE, "mon", "minute 'mon': 'mon' is not a minute: 0 to 59"),
        (MINUTE, "*/0", "minute '*/0': a step is at least 1"),
        (MINUTE, "1,,2", "minute '1,,2': a value is missing beside a comma"),
        (MINUTE, ",", "minute ',': a value is missing beside a comma"),
        (MINUTE, "5-", "minute '5-': not a value, a range like 0-4 or a step like */2"),
        (MINUTE, "/5", "minute '/5': not a value, a range like 0-4 or a step like */2"),
        (MINUTE, "-1", "minute '-1': not a value, a range like 0-4 or a step like */2"),
        (MINUTE, "*-5", "minute '*-5': not a value, a range like 0-4 or a step like */2"),
        (MINUTE, "1-2-3", "minute '1-2-3': not a value, a range like 0-4 or a step like */2"),
        (MINUTE, "٣", "minute '٣': only plain digits, letters and * , - / are read"),
        (MINUTE, "5²", "minute '5²': only plain digits, letters and * , - / are read"),
        (MINUTE, "H/15", "minute 'H/15': hashed and random values are not supported, write the value"),
        (WEEKDAY, "?", "day of week '?': write '*' for any"),
        (WEEKDAY, "L", f"day of week 'L': {SPECIAL_DAYS}"),
        (DAY_OF_MONTH, "L-3", f"day of month 'L-3': {SPECIAL_DAYS}"),
        (DAY_OF_MONTH, "W15", f"day of month 'W15': {SPECIAL_DAYS}"),
        (DAY_OF_MONTH, "fri#1", f"day of month 'fri#1': {SPECIAL_DAYS}"),
        (DAY_OF_MONTH, "32W", "day of month '32W': 1 to 31"),
        (WEEKDAY, "fri#6", "day of week 'fri#6': a weekday comes at most 5 times a month: #1 to #5"),
        (WEEKDAY, "mon#0", "day of week 'mon#0': a weekday comes at most 5 times a month: #1 to #5"),
        (MINUTE, "9" * 5000, f"minute '{'9' * 5000}': not a value, a range like 0-4 or a step like */2"),
    ],
)
def test_anything_else_is_an_error_that_names_the_field_and_the_part(
    kind: Kind, text: str, wrong: str
) -> None:
    assert mistake(kind, text) == wrong


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/10 9-17 * * mon-fri", ["2024-03-01 09:00", "2024-03-01 09:10", "2024-03-01 09:20"]),
        ("0 0 1 * *", ["2024-04-01 00:00", "2024-05-01 00:00", "2024-06-01 00:00"]),
        ("0 0 31 * *", ["2024-03-31 00:00", "2024-05-31 00:00", "2024-07-31 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
        ("59 59 23 31 12 *", ["2024-12-31 23:59:59", "2025-12-31 23:59:59", "2026-12-31 23:59:59"]),
        ("*/20 0 0 1 1 *", ["2025-01-01 00:00", "2025-01-01 00:00:20", "2025-01-01 00:00:40"]),
        ("0 0 13 * fri", ["2024-03-08 00:00", "2024-03-13 00:00", "2024-03-15 00:00"]),
        ("0 0 */2 * fri", ["2024-03-15 00:00", "2024-03-29 00:00", "2024-04-05 00:00"]),
        ("0 0 1-7 * */6", ["2024-03-02 00:00", "2024-03-03 00:00", "2024-04-06 00:00"]),
        ("0 0 L * *", ["2024-03-31 00:00", "2024-04-30 00:00", "2024-05-31 00:00"]),
        ("0 0 LW * *", ["2024-03-29 00:00", "2024-04-30 00:00", "2024-05-31 00:00"]),
        ("0 0 1W * *", ["2024-04-01 00:00", "2024-05-01 00:00", "2024-06-03 00:00"]),
        ("0 0 15W * *", ["2024-03-15 00:00", "2024-04-15 00:00", "2024-05-15 00:00"]),
        ("0 0 31W * *", ["2024-03-29 00:00", "2024-05-31 00:00", "2024-07-31 00:00"]),
        ("0 0 * * friL", ["2024-03-29 00:00", "2024-04-26 00:00", "2024-05-31 00:00"]),
        ("0 0 * * 5l,Mon#1", ["2024-03-04 00:00", "2024-03-29 00:00", "2024-04-01 00:00"]),
        ("0 0 * * sun#5", ["2024-03-31 00:00", "2024-06-30 00:00", "2024-09-29 00:00"]),
        ("0 0 1 * fri#2", ["2024-03-08 00:00", "2024-04-01 00:00", "2024-04-12 00:00"]),
    ],
)
def test_the_next_matching_wall_times(expression: str, expected: list[str]) -> None:
    assert walls(expression, datetime(2024, 3, 1, tzinfo=UTC), 3) == expected


def test_a_leap_day_on_a_weekday_is_found_across_the_century_that_has_none() -> None:
    assert walls("0 0 29 2 */7", datetime(2088, 3, 1, tzinfo=UTC), 1) == ["2128-02-29 00:00"]


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("0 0 30 2 *", "day of month '30' never comes in month '2'"),
        ("0 0 31 feb,4 *", "day of month '31' never comes in month 'feb,4'"),
        ("0 0 31W 2 *", "day of month '31W' never comes in month '2'"),
        ("0 0 30-31 2 */3", "day of month '30-31' never comes in month '2' on day of week '*/3'"),
    ],
)
def test_a_date_that_never_comes_is_an_error(expression: str, wrong: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        cron(expression)
    assert str(caught.value) == wrong
    assert expression[caught.value.position :][: caught.value.length] == expression[4:]


def test_a_date_that_comes_by_its_other_field_of_days_is_right() -> None:
    assert walls("0 0 30 2 mon", datetime(2024, 1, 1, tzinfo=UTC), 1) == ["2024-02-05 00:00"]


def test_after_the_last_year_nothing_comes() -> None:
    assert cron("0 0 1 1 *").next_after(clocks.LATEST) is None


def fields(low: int, high: int) -> st.SearchStrategy[str]:
    """What croniter reads as crontab(5) does; not `9-9`, a range that wraps with a step, or `6/1` (6.0)."""
    numbers = st.integers(low, high)
    ranges = st.lists(numbers, min_size=2, max_size=2, unique=True).map(sorted)
    steps = st.sampled_from(["", "/1", "/2", "/3", "/7", "/45"])
    items = (
        numbers.map(str)
        | st.builds("{0[0]}-{0[1]}{1}".format, ranges, steps)
        | steps.map("*{}".format)
        | st.builds("{}/{}".format, st.integers(low, high - 1), st.integers(1, 9))
    )
    return st.just("*") | items | st.lists(items, min_size=2, max_size=3).map(",".join)


EXPRESSIONS = st.tuples(fields(0, 59), fields(0, 23), fields(1, 31), fields(1, 12), fields(0, 6))


@given(EXPRESSIONS, STARTS)
@settings(max_examples=300, deadline=None)
def test_croniter_finds_the_same_wall_times(texts: tuple[str, ...], start: int) -> None:
    try:
        ours = parse([(text, 0) for text in texts])
    except ScheduleError:
        reject()  # a date that never comes
    theirs = croniter(" ".join(texts), start, implement_cron_bug=True)
    for _ in range(5):
        try:
            expected = int(theirs.get_next(float))
        except CroniterBadDateError:
            reject()  # croniter 6.0 finds nothing when one of the two fields of days never comes
        assert ours.next_after(start) == expected
        start = expected


@given(fields(0, 59), fields(0, 59), fields(0, 23), STARTS)
@settings(max_examples=100, deadline=None)
def test_croniter_finds_the_same_seconds(second: str, minute: str, hour: str, start: int) -> None:
    ours = parse([(text, 0) for text in (second, minute, hour, "*", "*", "*")])
    theirs = croniter(f"{second} {minute} {hour} * * *", start, second_at_beginning=True)
    for _ in range(5):
        expected = int(theirs.get_next(float))
        assert ours.next_after(start) == expected
        start = expected


def weekdays_nearest_to(day: date) -> date:
    """The weekday of the month with the smallest distance, the earlier one of two."""
    month = [day.replace(day=number) for number in range(1, monthrange(day.year, day.month)[1] + 1)]
    return min((each for each in month if each.isoweekday() < 6), key=lambda each: abs(each - day))


@given(
    st.dates(date(1970, 1, 1), date(2100, 12, 31)), st.integers(1, 31), st.integers(0, 6), st.integers(1, 5)
)
def test_special_days_are_those_of_the_calendar(day: date, number: int, weekday: int, nth: int) -> None:
    length = monthrange(day.year, day.month)[1]
    month = [day.replace(day=each) for each in range(1, length + 1)]
    same = [each.day for each in month if each.isoweekday() % 7 == weekday]

    def days(date_field: str, weekday_field: str) -> list[int]:
        expression = cron(f"0 0 {date_field} * {weekday_field}")
        return [each.day for each in month if expression.comes_on(each)]

    assert days("L", "*") == [length]
    assert days("*", f"{weekday}L") == same[-1:]
    assert days("*", f"{weekday}#{nth}") == same[nth - 1 : nth]
    assert days("LW", "*") == [max(each.day for each in month if each.isoweekday() < 6)]
    near = [weekdays_nearest_to(day.replace(day=number)).day] if number <= length else []
    assert days(f"{number}W", "*") == near


def test_every_minute_of_a_week_is_stepped_through_without_a_gap() -> None:
    wall = clocks.seconds(datetime(2024, 2, 26, tzinfo=UTC))
    every_minute = cron("* * * * *")
    for minute in range(1, 7 * 24 * 60):
        found = every_minute.next_after(wall)
        assert found == wall + 60, minute
        wall = found
    assert clocks.naive(wall) + timedelta(minutes=1) == clocks.naive(wall + 60)
