"""One field of a cron expression (crontab(5), Debian's cron) and what is wrong with it.

Stricter than croniter: nothing hashed or random, no `?`, no empty value. Beyond crontab(5): ranges may
wrap (`22-2`, `fri-mon`), `5/15` counts from 5 on, and the days know `L` (the last), `15W` (the weekday
nearest to the 15th), `LW` (the last weekday), `5L` or `friL` (the last Friday) and `fri#2` (the second).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from procman.errors import suggest

MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAY_NAMES = "sun mon tue wed thu fri sat".split()
VALUES = re.compile(
    r"(?:(?P<star>\*)|(?P<first>{value})(?:-(?P<last>{value}))?)(?:/(?P<step>{number}))?".format(
        value="[0-9]{1,9}|[A-Za-z]+", number="[0-9]{1,9}"
    )
)
LAST_DAY = re.compile(r"L(?P<weekday>W?)", re.IGNORECASE)
NEAREST = re.compile(r"(?P<day>[0-9]{1,9})W", re.IGNORECASE)
NTH = re.compile(r"(?P<day>[0-9]|[a-z]{3})(?:#(?P<nth>[0-9])|L)", re.ASCII | re.IGNORECASE)


class ScheduleError(ValueError):
    """A schedule expression that is none: where its mistake begins (column from 0), and how long it is."""

    def __init__(self, text: str, position: int, length: int) -> None:
        self.position, self.length = position, length
        super().__init__(text)


class Kind(NamedTuple):
    """Which values a field may have; `names` are those of the values from `low` on."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many values come before the first comes again."""
        return self.high - self.low + (self.name != "day of week")


SECOND, MINUTE, HOUR = Kind("second", 0, 59), Kind("minute", 0, 59), Kind("hour", 0, 23)
DAY = Kind("day of month", 1, 31)
MONTH = Kind("month", 1, 12, tuple(MONTH_NAMES))
WEEKDAY = Kind("day of week", 0, 7, tuple(DAY_NAMES))


class Field(NamedTuple):
    """A field as written, with its values in order; a weekday is 0 (Sunday) to 6.

    `special`, of days of the month: (15, True) for 15W, day 0 for the last. Of weekdays: (5, 2) for
    fri#2, -1 for the last.
    """

    kind: Kind
    text: str
    values: tuple[int, ...]
    special: tuple[tuple[int, int], ...] = ()

    @property
    def has_star(self) -> bool:
        """Whether it starts with `*`, which is what Debian's cron goes by."""
        return self.text.startswith("*")

    @property
    def is_full(self) -> bool:
        """Whether it has all values that there are."""
        return len(self.values) == self.kind.size


def parse(kind: Kind, text: str, position: int = 0) -> Field:
    """The field that is written at a position of the expression. Raises `ScheduleError`."""
    values: set[int] = set()
    special: set[tuple[int, int]] = set()
    if "" in text.split(","):
        raise ScheduleError(f"{kind.name} '{text}': a value is missing beside a comma", position, len(text))
    for item in text.split(","):
        try:
            if found := _special(kind, item):
                special.add(found)
            else:
                values.update(_values(kind, item))
        except ValueError as error:
            raise ScheduleError(f"{kind.name} '{item}': {error}", position, len(item)) from None
        position += len(item) + 1
    return Field(kind, text, tuple(sorted(values)), tuple(sorted(special)))


def _special(kind: Kind, item: str) -> tuple[int, int] | None:
    if kind is DAY:
        if match := LAST_DAY.fullmatch(item):
            return 0, bool(match["weekday"])
        match = NEAREST.fullmatch(item)
        return (_value(kind, match["day"]), True) if match else None
    match = NTH.fullmatch(item) if kind is WEEKDAY else None
    if match is None:
        return None
    nth = int(match["nth"] or -1)
    if not nth or nth > 5:
        raise ValueError("a weekday comes at most 5 times a month: #1 to #5")
    return _value(kind, match["day"]) % 7, nth


def _values(kind: Kind, item: str) -> list[int]:
    if foreign := _foreign(kind, item):
        raise ValueError(foreign)
    match = VALUES.fullmatch(item)
    if match is None:
        raise ValueError(f"not a value, a range like {kind.low}-{kind.low + 4} or a step like */2")
    step = int(match["step"]) if match["step"] else 1
    if not step:
        raise ValueError("a step is at least 1")
    first, last = _bounds(kind, match)
    return [kind.low + (value - kind.low) % kind.size for value in range(first, last + 1, step)]


def _bounds(kind: Kind, match: re.Match[str]) -> tuple[int, int]:
    """First and last value of a range; beyond the highest value when it wraps."""
    end = kind.low + kind.size - 1
    if match["star"]:
        return kind.low, end
    first = _value(kind, match["first"])
    if not match["last"]:
        return first, max(first, end) if match["step"] else first
    last = _value(kind, match["last"])
    if first > last:  # 7-2 is 0-2
        first = kind.low + (first - kind.low) % kind.size
    return first, last if first <= last else last + kind.size


def _value(kind: Kind, word: str) -> int:
    if word.lower() in kind.names:
        return kind.names.index(word.lower()) + kind.low
    allowed = f"{kind.low} to {kind.high}"
    if not word.isdecimal():
        allowed += f" or {kind.names[0]} to {kind.names[-1]}" if kind.names else ""
        raise ValueError(
            f"'{word}' is not a {kind.name}{suggest(word.lower(), kind.names) or ': ' + allowed}"
        )
    if not kind.low <= int(word) <= kind.high:
        raise ValueError(allowed)
    return int(word)


def _foreign(kind: Kind, item: str) -> str | None:
    """What to say of notations that other schedulers have."""
    if item == "?":
        return "write '*' for any"
    if not item.isascii():
        return "only plain digits, letters and * , - / are read"
    if re.match(r"[HR](\(|/|$)", item, re.IGNORECASE):
        return "hashed and random values are not supported, write the value"
    if kind in (DAY, WEEKDAY) and re.search(r"#|^L|L$|W[0-9]|[0-9]W", item, re.IGNORECASE):
        return "the special days are L, LW and 15W of the month, 5L and fri#2 of the week"
    return None
