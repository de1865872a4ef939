from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from procman.core.schedule.schedule import parse, surprises

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/45 * * * *", "minute '*/45' is uneven: after 45 it starts again at 0"),
        ("0,*/7 * * * *", "minute '*/7' is uneven: after 56 it starts again at 0"),
        ("0 9 */2 * *", "day of month '*/2' is uneven: after 31 it starts again at 1"),
        ("0 9 * */5 *", "month '*/5' is uneven: after 11 it starts again at 1"),
        ("0 9 * * */2", "day of week '*/2' is uneven: after 6 it starts again at 0"),
        (
            "30 2 * * * *",
            "of 6 fields the first is seconds, so this is at second 30 of minute 2 of every hour",
        ),
        ("*/10 * * * * *", "of 6 fields the first is seconds, so this is every 10 seconds"),
        (
            "0 9 13 * fri",
            "day of month '13' or day of week 'fri' is enough: they need not both match, "
            "as neither starts with '*'",
        ),
        (
            "every 1w",
            "every week is at 00:00 UTC, on days counted from Thursday, 1 January 1970: "
            "is 'mondays at 00:00' meant?",
        ),
    ],
)
def test_what_may_surprise_is_told(expression: str, expected: str) -> None:
    assert surprises(parse(expression, UTC), NOW) == [expected]


def test_a_field_that_has_all_days_without_a_star_makes_the_other_one_meaningless() -> None:
    assert surprises(parse("0 9 13 * 0-6", UTC), NOW) == [
        "day of month '13' or day of week '0-6' is enough: they need not both match, "
        "as neither starts with '*'"
    ]


def test_days_that_must_both_match_are_told_beside_their_uneven_step() -> None:
    assert surprises(parse("0 9 */2 * mon", UTC), NOW)[1:] == [
        "day of month '*/2' and day of week 'mon' must both match, because one of them starts with '*'"
    ]


def test_a_day_as_an_interval_is_told_where_it_is_not_midnight() -> None:
    assert surprises(parse("every day", ZoneInfo("Europe/Berlin")), NOW) == [
        "every day is at 00:00 UTC, now 01:00 in Europe/Berlin: is 'daily at 00:00' meant?"
    ]
    assert surprises(parse("every day", ZoneInfo("Etc/UTC")), NOW) == []


@pytest.mark.parametrize(
    "expression",
    [
        "*/15 * * * *",
        "*/60 * * * *",
        "0 */6 * * *",
        "1-59/2 * * * *",
        "0 9 * * 1-5",
        "0 9 13 * *",
        "0 0 9 * * *",
        "*/1 * */1 * 1",
        "0 9 * * 0-7",
        "every 7h",
        "every 90s",
        "@reboot",
        "at 2026-12-24 18:00",
        "hourly at :15",
    ],
)
def test_nothing_is_told_of_what_is_usual(expression: str) -> None:
    assert surprises(parse(expression, UTC), NOW) == []
