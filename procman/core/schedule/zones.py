"""Time zones by their names, and what stands for one that is not known."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from procman.errors import suggest

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*", re.ASCII)


class Unknown(tzinfo):
    """In place of a zone that cannot be told: times are shown in UTC, and none is read in it.

    `why` is the rest of a sentence: which one it is that cannot be told, and what to do.
    """

    def __init__(self, why: str) -> None:
        self.why = why

    def __str__(self) -> str:
        return "UTC"

    def utcoffset(self, _: datetime | None) -> timedelta:
        """That of UTC."""
        return timedelta(0)

    def dst(self, _: datetime | None) -> timedelta:
        """None."""
        return timedelta(0)

    def tzname(self, _: datetime | None) -> str:
        """That of UTC."""
        return "UTC"


def must_be_known(zone: tzinfo, text: str) -> None:
    """Raise `ValueError` when what a text means depends on a zone that cannot be told."""
    if isinstance(zone, Unknown):
        raise ValueError(f"'{text.strip()}' needs a time zone, and {zone.why}")


def find(name: str) -> tzinfo:
    """The time zone of an IANA name such as `Europe/Paris`. Raises `ValueError` with a suggestion.

    The system's data is read first, else that of the package tzdata.
    """
    zone = load(name) if NAME.fullmatch(name) else None
    if zone is not None:
        return zone
    if not name:
        raise ValueError("the name of a time zone is empty: write one like Europe/Paris")
    if load("Europe/Paris") is None:
        raise ValueError(f"no data for time zones, so '{name}' is unknown: install the package 'tzdata'")
    raise ValueError(f"no time zone is called '{name}'{_near(name) or ': names are like Europe/Paris'}")


def load(name: str) -> tzinfo | None:
    """The zone of exactly that name, if there is one."""
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
