from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.schedule.durations import parse, wording


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("90s", 90),
        ("10m", 600),
        ("10 minutes", 600),
        ("1 min", 60),
        ("1h30m", 5400),
        ("1 h 30 min", 5400),
        ("2h", 7200),
        ("1.5h", 5400),
        ("1 day", 86400),
        ("1w", 604800),
        ("2D", 172800),
        ("500ms", 0.5),
        ("1.2s", 1.2),
        ("  5m ", 300),
        ("1w2d3h4m5s6ms", 604800 + 172800 + 10800 + 240 + 5.006),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, seconds: float) -> None:
    assert parse(text) == seconds


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "'' is not a duration like 90s, 10m or 1h30m"),
        ("soon", "'soon' is not a duration like 90s, 10m or 1h30m"),
        ("an hour", "'an hour' is not a duration like 90s, 10m or 1h30m"),
        ("-5m", "'-5m' is not a duration like 90s, 10m or 1h30m"),
        ("5m!", "'5m!' is not a duration like 90s, 10m or 1h30m"),
        ("٣s", "'٣s' is not a duration like 90s, 10m or 1h30m"),
        ("90", "'90' has no unit: is it 90s or 90m?"),
        ("5 minuts", "'minuts' is not a unit of time, did you mean 'minutes'?"),
        ("5 xyz", "'xyz' is not a unit of time: s, m, h, d and w are"),
        ("1 month", "'month' has no fixed length: count days or weeks, like 30d"),
        ("30m1h", "'30m1h': write larger units before smaller ones, each once, like 1h30m"),
        ("1h1h", "'1h1h': write larger units before smaller ones, each once, like 1h30m"),
        ("999999999w", "'999999999w' is longer than 100 years"),
    ],
)
def test_anything_else_is_an_error_that_says_what_to_write(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong) + "$"):
        parse(text)


def parse_or_mistake(text: str) -> float | str:
    try:
        return parse(text)
    except ValueError as error:
        return str(error)


@given(st.text() | st.text("0123456789smhdw. -", max_size=12))
def test_whatever_the_text_it_is_a_duration_or_an_error_for_people(text: str) -> None:
    found = parse_or_mistake(text)
    assert isinstance(found, str) or 0 <= found <= 36500 * 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0001, "1 ms"),
        (0.25, "250 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (1.2, "1.2 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (10, "10 s"),
        (59.6, "1 min"),
        (90, "1 min 30 s"),
        (300, "5 min"),
        (3599.6, "1 h"),
        (5400, "1 h 30 min"),
        (7229, "2 h"),
        (86399, "1 d"),
        (86400 * 2, "2 d"),
        (86400 + 3600, "1 d 1 h"),
        (604800, "7 d"),
        (-90, "-1 min 30 s"),
    ],
)
def test_a_duration_is_told_in_at_most_two_units(seconds: float, text: str) -> None:
    assert wording(seconds) == text


@given(st.floats(0, 1e8))
def test_what_is_told_is_read_again_as_nearly_the_same(seconds: float) -> None:
    assert parse(wording(seconds)) == pytest.approx(seconds, rel=0.05, abs=0.001)
