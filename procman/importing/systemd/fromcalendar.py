"""Calendar events of systemd (systemd.time(7)) as schedules, where these have exactly the same ticks."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from procman.core.schedule import zones
from procman.core.schedule.cronfields import DAY_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = {
    "minutely": "*-*-* *:*:00",
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
    "weekly": "Mon *-*-* 00:00:00",
    "yearly": "*-01-01 00:00:00",
    "annually": "*-01-01 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00",
    "semiannually": "*-01,07-01 00:00:00",
    "semi-annually": "*-01,07-01 00:00:00",
    "biannually": "*-01,07-01 00:00:00",
    "bi-annually": "*-01,07-01 00:00:00",
}
LONG_DAYS = "sunday monday tuesday wednesday thursday friday saturday".split()
DATE = re.compile(r"(?:(?P<year>[^-]+)-)?(?P<month>[^-~]+)(?P<sign>[-~])(?P<day>[^-~]+)")
TIME = re.compile(r"(?P<hour>[^:]+):(?P<minute>[^:]+)(?::(?P<second>[^:]+))?")
PART = re.compile(r"(?:(\*)|([0-9]+)(?:\.\.([0-9]+))?)(?:/([0-9]+))?")
ONCE = re.compile(r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}) ([0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2})?)")
LIMITS = {"month": (1, 12), "day": (1, 31), "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}
WEEKS = {tuple(range(first, first + 7)): number for number, first in enumerate((1, 8, 15, 22), start=1)}
"""Seven days in a row have each day of the week once."""


class NotTheSameError(ValueError):
    """There is no schedule with these ticks; the text says why."""


def expression(text: str) -> str:
    """The schedule of a calendar event. Raises `NotTheSameError`."""
    words = _words(text)
    zone = words.pop() if len(words) > 1 and _is_zone(words[-1]) else ""
    days = words.pop(0) if words and words[0][0].isalpha() else ""
    date = words.pop(0) if words and ("-" in words[0] or "~" in words[0]) else "*-*-*"
    time = words.pop(0) if words and ":" in words[0] else "00:00:00"
    if words:
        raise NotTheSameError(f"'{text}' is no calendar event")
    if found := ONCE.fullmatch(f"{date} {time}"):
        return " ".join(["at", found[1], found[2], *([zone] if zone else [])])
    fields = _time(time)
    day, month, weekday = _date(date, days)
    fields += [day, month, weekday]
    return " ".join([*fields, zone] if zone else fields)


def _words(text: str) -> list[str]:
    first, _, zone = text.strip().partition(" ")
    if known := WORDS.get(first.lower()):
        return [*known.split(), *zone.split()]
    return re.sub(r"\s*,\s*", ",", text).split()


def _is_zone(word: str) -> bool:
    if not word[0].isalpha() or (word[:3].lower() in DAY_NAMES and "/" not in word):
        return False
    try:
        zones.find(word)
    except ValueError:
        raise NotTheSameError(f"'{word}' is neither a day nor a time zone") from None
    return True


def _time(text: str) -> list[str]:
    """Minute and hour; seconds in front of them if there are any."""
    found = TIME.fullmatch(text)
    if not found:
        raise NotTheSameError(f"'{text}' is no time of day")
    second = _field("second", found["second"] or "00")
    rest = [_field("minute", found["minute"]), _field("hour", found["hour"])]
    return rest if second == "0" else [second, *rest]


def _date(text: str, days: str) -> tuple[str, str, str]:
    """Day of the month, month, and day of the week. systemd wants both days to fit, cron either."""
    found = DATE.fullmatch(text)
    if not found:
        raise NotTheSameError(f"'{text}' is no date")
    if found["year"] not in (None, "*"):
        raise NotTheSameError("a schedule has no years, but for a single day")
    month = _field("month", found["month"])
    weekday = _weekdays(days)
    if found["sign"] == "~":
        return _from_the_end(found["day"], weekday), month, _last(found["day"], weekday)
    values = _values("day", found["day"])
    if weekday == "*" or len(values) == 31:
        return ("*" if len(values) == 31 else _listed("day", values)), month, weekday
    if (number := WEEKS.get(tuple(values))) is None:
        raise NotTheSameError("a day of the month and one of the week must both fit: cron takes either")
    return "*", month, ",".join(f"{day}#{number}" for day in _each_day(weekday))


def _from_the_end(day: str, weekday: str) -> str:
    if weekday != "*":
        return "*"
    if _values("day", day) != [1]:
        raise NotTheSameError(f"'~{day}' has no counterpart: only the last day of a month has one")
    return "L"


def _last(day: str, weekday: str) -> str:
    if weekday == "*":
        return weekday
    if _values("day", day) != [*range(1, 8)]:
        raise NotTheSameError("a day of the month and one of the week must both fit: cron takes either")
    return ",".join(f"{each}L" for each in _each_day(weekday))


def _each_day(weekday: str) -> list[str]:
    days: list[str] = []
    for part in weekday.split(","):
        first, dash, last = part.partition("-")
        days += [str(day % 7) for day in range(int(first), int(last if dash else first) + 1)]
    return days


def _weekdays(text: str) -> str:
    """Days of the week as numbers, from Monday (1) to Sunday (7)."""
    if not text:
        return "*"
    numbers: set[int] = set()
    for part in text.rstrip(",").split(","):
        first, _, last = part.partition("..") if ".." in part else part.partition("-")
        start, end = _weekday(first), _weekday(last or first)
        numbers |= {*range(start, end + 1)} if start <= end else {*range(start, 8), *range(1, end + 1)}
    values = sorted(numbers)
    if len(values) == 7:
        return "*"
    return (
        f"{values[0]}-{values[-1]}" if len(values) > 2 and _in_a_row(values) else ",".join(map(str, values))
    )


def _weekday(word: str) -> int:
    low = word.lower()
    for names in (DAY_NAMES, LONG_DAYS):
        if low in names:
            return names.index(low) or 7
    raise NotTheSameError(f"'{word}' is no day of the week")


def _field(kind: str, text: str) -> str:
    low, high = LIMITS[kind]
    if text in ("*", "*/1"):
        return "*"
    values = _values(kind, text)
    return "*" if len(values) == high - low + 1 else _listed(kind, values)


def _values(kind: str, text: str) -> list[int]:
    low, high = LIMITS[kind]
    found: set[int] = set()
    for part in text.split(","):
        match = PART.fullmatch(part)
        if not match:
            raise NotTheSameError(f"'{part}' is no {kind} that a schedule knows")
        first = low if match[1] else int(match[2])
        last = int(match[3]) if match[3] else high if match[1] or match[4] else first
        step = int(match[4] or 1)
        if not step or not low <= first <= high or not first <= last:
            raise NotTheSameError(f"'{part}' is no {kind}")
        found |= {*range(first, min(last, high) + 1, step)}
    return sorted(found)


def _listed(kind: str, values: Sequence[int]) -> str:
    """The shortest way to write them; a step from the first value on is cron's interval."""
    low, high = LIMITS[kind]
    steps = {after - before for before, after in itertools.pairwise(values)}
    if len(values) > 2 and len(steps) == 1:
        step = steps.pop()
        if values[0] == low and values[-1] + step > high:
            return f"*/{step}"
        return f"{values[0]}-{values[-1]}" + (f"/{step}" if step > 1 else "")
    return ",".join(map(str, values))


def _in_a_row(values: Sequence[int]) -> bool:
    return values[-1] - values[0] == len(values) - 1
