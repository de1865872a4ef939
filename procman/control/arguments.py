"""What the arguments of `enqueue` mean. What cannot be meant is a `TypeError` or `ValueError`."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    Plain = str | int | float
    Delay = timedelta | float | str

FIRST_YEAR, LAST_YEAR = 1971, 9000
LONGEST = 1e11
"""Seconds: more than three thousand years."""


def due(delay: Delay | None, at: datetime | None, now: float) -> float:
    """When it is to run, in UTC seconds since the epoch."""
    if delay is not None and at is not None:
        raise ValueError("give either delay or at, not both")
    if at is not None:
        return _instant(at)
    return now if delay is None else now + _seconds(delay)


def _instant(at: datetime) -> float:
    from datetime import date, datetime  # who gives one has loaded it

    if isinstance(at, date) and not isinstance(at, datetime):
        example = f"datetime({at.year}, {at.month}, {at.day}, 9, tzinfo=UTC)"
        raise TypeError(f"at={at!r} is a day without a time: give a datetime, as {example}")
    if not isinstance(at, datetime):
        raise TypeError(f"at is {_kind(at)}: give an aware datetime, as datetime(2027, 1, 31, 9, tzinfo=UTC)")
    if at.utcoffset() is None:
        raise ValueError(f"at={at!r} has no time zone: make it aware, as with datetime.now(UTC)")
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"at={at!r} is not a time that any clock will show")
    return at.timestamp()


def _seconds(delay: Delay) -> float:
    from datetime import timedelta

    if isinstance(delay, str):
        return _duration(delay)
    if isinstance(delay, bool) or not isinstance(delay, int | float | timedelta):
        raise TypeError(f"delay is {_kind(delay)}: give seconds, a timedelta or text, as '10m'")
    seconds = delay.total_seconds() if isinstance(delay, timedelta) else delay
    if not 0 <= seconds < LONGEST:
        raise ValueError(f"delay={delay!r} is not a time from now on")
    return seconds


def _duration(text: str) -> float:
    from procman.core.schedule import durations  # only text needs it

    try:
        return durations.parse(text)
    except ValueError as error:
        raise ValueError(f"delay: {error}") from None


def name(task: str) -> str:
    """The name of a task, whether there is one or not."""
    if not isinstance(task, str):
        raise TypeError(f"a task is named by a str, not by {_kind(task)}")
    if not task:
        raise ValueError("the name of the task is empty: write one that stands in procman.yml")
    return task


def key(key: str | None) -> str | None:
    """A key, which names something: two empty ones would seldom be meant to be the same."""
    if key is None:
        return None
    if not isinstance(key, str):
        raise TypeError(f"key is {_kind(key)}: give a str, as key='welcome-42'")
    if not key:
        raise ValueError(
            "key is empty: write what is to happen once only, as key='welcome-42', or leave it out"
        )
    return key


def word(position: int, value: Plain) -> str:
    """A plain value as the command gets it; `position` counts from 1."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(
            f"argument {position} is {_kind(value)}: a command takes str, int and float; pass a number or a"
            " name by which the task finds it again"
        )
    text = str(value)
    try:
        encoded = text.encode(errors="surrogateescape")  # as procman will pass it on, whatever the locale
    except UnicodeEncodeError:
        raise ValueError(f"argument {position} has signs that no command can be given: {text!r}") from None
    if b"\0" in encoded:
        raise ValueError(f"argument {position} has a NUL byte, which no command can be given")
    return text


def fit(words: Sequence[str]) -> None:
    """What all words together may be: what the system gives to a command beside an environment like ours."""
    from procman.host import execlimits  # only arguments need it

    if wrong := execlimits.complaint(words, os.environ):
        raise ValueError(wrong)


def _kind(value: object) -> str:
    kind = type(value).__name__
    return f"an {kind}" if kind[0] in "aeiouAEIOU" else f"a {kind}"
