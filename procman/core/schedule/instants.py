"""Points in time as people write them, `2026-12-24 18:00 Europe/Paris`, and as programs do (RFC 3339)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from procman.core.schedule import clocks
from procman.errors import suggest

if TYPE_CHECKING:
    from datetime import tzinfo

MOMENT = re.compile(
    r"\s*(?:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ \t]+|[Tt](?=[0-9])|\s*$))?"
    r"(?:(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
    r"(?:(?P<offset>[Zz]|[ \t]*[+-][0-9]{2}:?[0-9]{2})|[ \t]+(?P<zone>[^ \t]+))?)?\s*",
    re.ASCII,
)
ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*", re.ASCII)
EXAMPLE = "write it like 2026-12-24 18:00"


def parse(text: str, zone: tzinfo, now: datetime | None = None) -> datetime:
    """The instant, in UTC, of a date and time; in `zone` unless an offset or a zone's name follows.

    A time alone is the next such time after `now`, where that is given. A wall time that a clock change
    skips is the first instant after the gap, one that it repeats is the first. Raises `ValueError` with a
    sentence for people.
    """
    wall, zone = read(text, zone, now)
    return datetime.fromtimestamp(clocks.first_at(zone, clocks.seconds(wall)), UTC)


def read(text: str, zone: tzinfo, now: datetime | None = None) -> tuple[datetime, tzinfo]:
    """The naive wall time that is written, and the zone that it is in. Raises as `parse` does."""
    match = MOMENT.fullmatch(text)
    if match is None or not (match["date"] or match["hour"]):
        raise ValueError(f"'{text.strip()}' is not a date and time: {EXAMPLE}")
    if not match["hour"]:
        raise ValueError(f"'{text.strip()}' has no time of day: write {match['date']} 00:00")
    if match["offset"]:
        zone = _offset(match["offset"].strip())
    elif match["zone"]:
        zone = find_zone(match["zone"])
    if match["date"]:
        return _wall(text, match, match["date"]), zone
    if now is None:
        raise ValueError(f"'{text.strip()}' has no date: {EXAMPLE}")
    return _next(text, match, now.astimezone(zone).replace(tzinfo=None)), zone


def _next(text: str, match: re.Match[str], now: datetime) -> datetime:
    wall = _wall(text, match, now.date().isoformat())
    return wall if wall > now else wall + timedelta(days=1)


def _wall(text: str, match: re.Match[str], date: str) -> datetime:
    if problem := _no_time(match) or _no_day(date):
        raise ValueError(f"'{text.strip()}': {problem}")
    day, clock = date.split("-"), (match["hour"], match["minute"], match["second"] or "0")
    return datetime(*map(int, (*day, *clock)))  # type: ignore[arg-type]  # noqa: DTZ001 (a wall time)


def _no_time(match: re.Match[str]) -> str:
    """What is wrong with the time of day: said here, since each Python says it in other words, or not."""
    if (match["hour"], match["minute"], match["second"] or "00") == ("24", "00", "00"):
        return "a day ends before 24:00: write 00:00 of the next one"
    for name, most in (("hour", 23), ("minute", 59), ("second", 59)):
        if int(match[name] or 0) > most:
            return f"{name}s are from 0 to {most}"
    return ""


def _no_day(date: str) -> str:
    year, month, day = map(int, date.split("-"))
    if not 1910 <= year < clocks.LAST_YEAR:
        return f"years are from 1910 to {clocks.LAST_YEAR - 1}"
    if not 1 <= month <= 12:
        return "months are from 1 to 12"
    last = (datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC) - timedelta(days=1)).day
    return "" if 1 <= day <= last else f"that month has the days 1 to {last}"


def _offset(text: str) -> tzinfo:
    if text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"'{text}' is not an offset from UTC like +01:00")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def find_zone(name: str) -> tzinfo:
    """The time zone of an IANA name such as `Europe/Paris`. Raises `ValueError` with a suggestion.

    The system's data is read first, else that of the package tzdata.
    """
    zone = _load(name) if ZONE_NAME.fullmatch(name) else None
    if zone is not None:
        return zone
    if not name:
        raise ValueError("the name of a time zone is empty: write one like Europe/Paris")
    if _load("Europe/Paris") is None:
        raise ValueError(f"no data for time zones, so '{name}' is unknown: install the package 'tzdata'")
    raise ValueError(f"no time zone is called '{name}'{_near(name) or ': names are like Europe/Paris'}")


def _load(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo  # 3 ms that a Procfile without tasks need not wait for

    if name == "UTC":
        return UTC  # the same object for all, and known without any data
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown, not a zone's file, a directory
        return None


def _near(name: str) -> str:
    """A city alone is a mistake to expect: 'paris' is near nothing, but the end of Europe/Paris."""
    from zoneinfo import available_timezones

    known = {zone.lower(): zone for zone in sorted(available_timezones()) if zone[0].isupper()}
    city = name.lower().replace(" ", "_")
    near = [zone for low, zone in known.items() if low == city or low.endswith("/" + city)]
    return f", did you mean '{near[0]}'?" if near else suggest(name, known.values())


def rfc3339(epoch: float) -> str:
    """UTC seconds since the epoch as `2026-12-24T17:00:00Z`, with milliseconds when they are not whole."""
    milliseconds = round(epoch * 1000)
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    precision = "milliseconds" if milliseconds % 1000 else "seconds"
    return at.isoformat(timespec=precision).removesuffix("+00:00") + "Z"
