"""Times of day as people write them, `18:00`, `6pm`, `noon`: the hour and the minute for cron."""

from __future__ import annotations

import re

TIME = re.compile(
    r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-5][0-9]))?(?:\s*(?P<half>[ap]m))?", re.ASCII | re.IGNORECASE
)
NAMED = {"noon": ("12", "00"), "midnight": ("0", "00")}


def of_day(text: str) -> tuple[str, str]:
    """Hour and minute. Raises `ValueError` with a sentence for people."""
    if text.lower() in NAMED:
        return NAMED[text.lower()]
    match = TIME.fullmatch(text)
    hour = _hour(match["hour"], match["half"]) if match and (match["minute"] or match["half"]) else None
    if match is None or hour is None:
        raise ValueError(
            f"'{text}': a time of day is written like 09:30 or 9:30am, from 00:00 to 23:59, or noon"
        )
    return str(hour), match["minute"] or "00"


def _hour(text: str, half: str | None) -> int | None:
    """The hour of 0 to 23, or of 1 to 12 in a half of the day, of which 12 is the first."""
    hour = int(text)
    if half is None:
        return hour if hour < 24 else None
    return hour % 12 + 12 * (half.lower() == "pm") if 1 <= hour <= 12 else None


def of_hour(text: str) -> tuple[str, str]:
    """Any hour, and the minute of it. Raises `ValueError` with a sentence for people."""
    match = re.fullmatch(r":([0-5][0-9])", text, re.ASCII)
    if match is None:
        raise ValueError(f"'{text}': the minute of the hour is written like :15, from :00 to :59")
    return "*", match[1]
