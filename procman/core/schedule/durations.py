"""Durations as people write them, `90s`, `1h30m`, `10 minutes`, and as they read them: `1 h 30 min`."""

from __future__ import annotations

import re

from procman.errors import suggest

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 7 * 86400
SPELLINGS = {
    0.001: "ms millisecond milliseconds",
    1: "s sec secs second seconds",
    MINUTE: "m min mins minute minutes",
    HOUR: "h hr hrs hour hours",
    DAY: "d day days",
    WEEK: "w week weeks",
}
UNITS = {spelling: seconds for seconds, spellings in SPELLINGS.items() for spelling in spellings.split()}
PART = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-z]+)", re.ASCII | re.IGNORECASE)
LONGEST = 36500 * DAY


def parse(text: str) -> float:
    """Seconds of `90s`, `10 minutes`, `1h30m`, `1.5 h`; units from large to small, each once; `0` needs none.

    Raises `ValueError` with a sentence for people.
    """
    if text.strip() == "0":
        return 0.0
    total, smallest, position = 0.0, float("inf"), 0
    while match := PART.match(text, position):
        unit = _unit(match[2])
        if unit >= smallest:
            raise ValueError(f"'{text}': write larger units before smaller ones, each once, like 1h30m")
        total, smallest, position = total + float(match[1]) * unit, unit, match.end()
    if not position or text[position:].strip():
        raise ValueError(_unreadable(text))
    if total > LONGEST:
        raise ValueError(f"'{text}' is longer than 100 years")
    return round(total, 9)


def _unit(word: str) -> float:
    unit = UNITS.get(word.lower())
    if unit is not None:
        return unit
    if word.lower() in {"month", "months", "year", "years"}:
        raise ValueError(f"'{word}' has no fixed length: count days or weeks, like 30d")
    near = suggest(word.lower(), UNITS)
    raise ValueError(f"'{word}' is not a unit of time{near or ': s, m, h, d and w are'}")


def _unreadable(text: str) -> str:
    if re.fullmatch(r"\s*[0-9]+(\.[0-9]+)?\s*", text, re.ASCII):
        return f"'{text.strip()}' has no unit: is it {text.strip()}s or {text.strip()}m?"
    return f"'{text}' is not a duration like 90s, 10m or 1h30m"


def wording(seconds: float) -> str:
    """A duration in at most two units, rounded to what matters: `1.2 s`, `5 min`, `1 h 30 min`, `2 d`."""
    if seconds < 0:
        return "-" + wording(-seconds)
    if 0 < seconds < 0.9995:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 9.95:
        return f"{round(seconds, 1):g} s"
    whole = round(seconds)
    if whole < HOUR:
        return _two(whole, MINUTE, "min", 1, "s")
    if round(seconds, -1) < DAY:
        return _two(round(whole / MINUTE) * MINUTE, HOUR, "h", MINUTE, "min")
    return _two(round(whole / HOUR) * HOUR, DAY, "d", HOUR, "h")


def _two(seconds: int, large: int, large_name: str, small: int, small_name: str) -> str:
    counts = (seconds // large, large_name), (seconds % large // small, small_name)
    return " ".join(f"{count} {name}" for count, name in counts if count)
