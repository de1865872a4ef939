"""Points in time as people write them, `2026-12-24 18:00 Europe/Paris`, and as programs do (RFC 3339)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from procman.core.schedule import clocks, zones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

MOMENT = re.compile(
    r"\s*(?:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ \t]+|[Tt](?=[0-9])|\s*$))?"
    r"(?:(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r"(?:[ \t]*(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2}){0,2})|[ \t]+(?P<zone>[^ \t]+))?)?\s*",
    re.ASCII,
)
EXAMPLE = "write it like 2026-12-24 18:00"
NEAR_DAYS = range(-2, 3)
"""Days from today on which the nearest time of day may be: clocks may go back over midnight."""


def parse(text: str, zone: tzinfo, now: datetime | None = None, past: bool = False) -> datetime:
    """The instant, in UTC, of a date and time; in `zone` unless an offset or a zone's name follows.

    With `now`, a time alone is the next such time, or the last one if what is `past` is asked for. A wall
    time that a clock change skips is the first instant after the gap. One that it repeats is the first,
    unless only the second is still to come. Raises `ValueError` with a sentence for people.
    """
    match, zone = _match(text, zone)
    zones.must_be_known(zone, text)
    if match["date"]:
        passes = list(_passes(_wall(text, match, match["date"]), zone))
        to_come = [each for each in passes if now and each > now and not past]
        return min(to_come or passes)
    if now is None:
        raise ValueError(f"'{text.strip()}' has no date: {EXAMPLE}")
    today = now.astimezone(zone).date()
    dates = [(today + timedelta(days)).isoformat() for days in NEAR_DAYS]
    found = [instant for each in dates for instant in _passes(_wall(text, match, each), zone)]
    return max(each for each in found if each <= now) if past else min(each for each in found if each > now)


def read(text: str, zone: tzinfo) -> tuple[datetime, tzinfo]:
    """The naive wall time of a date and time, and the zone that it is in. Raises as `parse` does."""
    match, zone = _match(text, zone)
    if not match["date"]:
        raise ValueError(f"'{text.strip()}' has no date: {EXAMPLE}")
    return _wall(text, match, match["date"]), zone


def _match(text: str, zone: tzinfo) -> tuple[re.Match[str], tzinfo]:
    match = MOMENT.fullmatch(text)
    if match is None or not (match["date"] or match["hour"]):
        raise ValueError(f"'{text.strip()}' is not a date and time: {EXAMPLE}")
    if not match["hour"]:
        raise ValueError(f"'{text.strip()}' has no time of day: write {match['date']} 00:00")
    if match["offset"]:
        zone = _offset(match["offset"])
    elif match["zone"]:
        zone = zones.find(match["zone"])
    return match, zone


def _passes(wall: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The instants at which the zone's clocks show a wall time, else the first one after it."""
    for instant in clocks.all_at(zone, clocks.seconds(wall)):
        yield datetime.fromtimestamp(instant, UTC) + timedelta(microseconds=wall.microsecond)


def _wall(text: str, match: re.Match[str], day: str) -> datetime:
    if problem := _no_time(match) or _no_day(day):
        raise ValueError(f"'{text.strip()}': {problem}")
    clock = (
        match["hour"],
        match["minute"],
        match["second"] or "0",
        (match["fraction"] or "")[:6].ljust(6, "0"),
    )
    return datetime(*map(int, (*day.split("-"), *clock)))  # type: ignore[arg-type]  # noqa: DTZ001 (a wall time)


def _no_time(match: re.Match[str]) -> str:
    """What is wrong with the time of day: said here, since each Python says it in other words, or not."""
    if (match["hour"], match["minute"], match["second"] or "00") == ("24", "00", "00"):
        return "a day ends before 24:00: write 00:00 of the next one"
    for name, most in (("hour", 23), ("minute", 59), ("second", 59)):
        if int(match[name] or 0) > most:
            return f"{name}s are from 0 to {most}"
    return ""


def _no_day(day: str) -> str:
    year, month, number = map(int, day.split("-"))
    if not 1910 <= year < clocks.LAST_YEAR:
        return f"years are from 1910 to {clocks.LAST_YEAR - 1}"
    if not 1 <= month <= 12:
        return "months are from 1 to 12"
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return "" if 1 <= number <= last else f"that month has the days 1 to {last}"


def _offset(text: str) -> tzinfo:
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "").ljust(6, "0")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError(f"'{text}' is not an offset from UTC like +01:00")
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(-offset if text[0] == "-" else offset)


def rfc3339(epoch: float) -> str:
    """UTC seconds since the epoch as `2026-12-24T17:00:00Z`, with milliseconds when they are not whole."""
    milliseconds = round(epoch * 1000)
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    precision = "milliseconds" if milliseconds % 1000 else "seconds"
    return at.isoformat(timespec=precision).removesuffix("+00:00") + "Z"
