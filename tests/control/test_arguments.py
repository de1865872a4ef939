from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from procman.control import arguments

NOW = 1_700_000_000.5
CET = timezone(timedelta(hours=1))


class Word(StrEnum):
    FIRST = "first"


class Nowhere(tzinfo):
    """A zone that does not know its offset, which makes no time aware (datetime module)."""

    def utcoffset(self, _: datetime | None) -> None:
        return None

    dst = utcoffset

    def tzname(self, _: datetime | None) -> str:
        return "nowhere"


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        (0, 0),
        (10, 10),
        (0.25, 0.25),
        (timedelta(minutes=10), 600),
        ("10m", 600),
        ("1h 30 min", 5400),
        ("0", 0),
        ("1.5s", 1.5),
    ],
)
def test_a_delay_is_seconds_a_timedelta_or_text_as_everywhere_else(delay: Any, seconds: float) -> None:
    assert arguments.due(delay, None, NOW) == NOW + seconds


def test_without_a_time_it_is_now_and_an_instant_is_itself_in_any_zone() -> None:
    assert arguments.due(None, None, NOW) == NOW
    assert arguments.due(None, datetime(2023, 11, 14, 22, 13, 20, 500_000, UTC), 0.0) == NOW
    assert arguments.due(None, datetime(2023, 11, 14, 23, 13, 20, 500_000, CET), 0.0) == NOW


@pytest.mark.parametrize(
    ("delay", "at", "error", "text"),
    [
        (True, None, TypeError, "delay is a bool: give seconds, a timedelta or text, as '10m'"),
        (b"10m", None, TypeError, "delay is a bytes"),
        (Decimal(1), None, TypeError, "delay is a Decimal"),
        (datetime.now(UTC), None, TypeError, "delay is a datetime"),
        (-1, None, ValueError, "delay=-1 is not a time from now on"),
        (float("nan"), None, ValueError, "delay=nan is not a time from now on"),
        (float("inf"), None, ValueError, "delay=inf is not a time from now on"),
        (10**400, None, ValueError, "is not a time from now on"),
        (timedelta(seconds=-1), None, ValueError, "is not a time from now on"),
        ("10", None, ValueError, "delay: '10' has no unit: is it 10s or 10m?"),
        ("", None, ValueError, "delay: '' is not a duration like 90s, 10m or 1h30m"),
        ("-10m", None, ValueError, "delay: '-10m' is not a duration"),
        ("soon", None, ValueError, "delay: 'soon' is not a duration"),
        (
            None,
            date(2026, 12, 24),
            TypeError,
            "is a day without a time: give a datetime, as datetime(2026, 12,",
        ),
        (None, "2026-12-24", TypeError, "at is a str: give an aware datetime"),
        (None, 1_700_000_000, TypeError, "at is an int: give an aware datetime"),
        (None, time(18), TypeError, "at is a time: give an aware datetime"),
        (None, False, TypeError, "at is a bool: give an aware datetime"),
        (
            None,
            datetime.now(UTC).replace(tzinfo=None),
            ValueError,
            "has no time zone: make it aware, as with",
        ),
        (None, datetime(2026, 12, 24, tzinfo=Nowhere()), ValueError, "has no time zone: make it aware"),
        (None, datetime.min.replace(tzinfo=CET), ValueError, "is not a time that any clock will show"),
        (None, datetime.max.replace(tzinfo=UTC), ValueError, "is not a time that any clock will show"),
        (0, datetime(2026, 12, 24, tzinfo=UTC), ValueError, "give either delay or at, not both"),
        ("", date(2026, 12, 24), ValueError, "give either delay or at, not both"),
    ],
)
def test_a_time_that_cannot_be_meant_is_an_error(
    delay: Any, at: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as raised:
        arguments.due(delay, at, NOW)
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("value", "word"),
    [("a b", "a b"), ("", ""), (42, "42"), (-1.5, "-1.5"), (Word.FIRST, "first"), ("\udcff", "\udcff")],
)
def test_plain_values_are_words(value: Any, word: str) -> None:
    assert arguments.word(1, value) == word


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (None, TypeError, "argument 3 is a NoneType: a command takes str, int and float; pass a number or a"),
        ([2], TypeError, "argument 3 is a list: "),
        ({}, TypeError, "argument 3 is a dict: "),
        (b"x", TypeError, "argument 3 is a bytes: "),
        (True, TypeError, "argument 3 is a bool: "),
        (object(), TypeError, "argument 3 is an object: "),
        ("a\0b", ValueError, "argument 3 has a NUL byte"),
        ("\ud800", ValueError, "argument 3 has signs that no command can be given"),
    ],
)
def test_other_values_are_none(value: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        arguments.word(3, value)
    assert str(raised.value).startswith(text)


def test_a_key_is_a_word_or_none_at_all() -> None:
    assert arguments.key(None) is None
    assert arguments.key("welcome 42") == "welcome 42"
    for value, kind in {b"x": "a bytes", 42: "an int", False: "a bool", ("k",): "a tuple"}.items():
        with pytest.raises(TypeError, match=f"key is {kind}: give a str, as key='welcome-42'"):
            arguments.key(value)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="key is empty: write what is to happen once only"):
        arguments.key("")


def test_a_name_is_a_word() -> None:
    assert arguments.name("show") == "show"
    for value, kind in {b"show": "a bytes", None: "a NoneType", test_a_name_is_a_word: "a function"}.items():
        with pytest.raises(TypeError, match=f"a task is named by a str, not by {kind}"):
            arguments.name(value)  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"the name of the task is empty: write one that stands in procman\.yml"
    ):
        arguments.name("")
