"""fugit's natural language, `every day at 9am`, as the cron expression that fugit makes of it.

fugit's own grammar (its lib/fugit/nat.rb) is larger: what is not read here is told, not guessed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
DAYS = "sunday monday tuesday wednesday thursday friday saturday".split()
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
    " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second"
    " twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth"
    " thirtieth thirty-first"
).split()
MOST = {"second": 59, "minute": 59, "hour": 23, "day": 31, "month": 12, "week": 1, "year": 1}
UNITS = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day"}

DAY = "(?:sun|mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?)(?:day)?"
NTH = r"(?:[0-9]{1,2}(?:st|nd|rd|th)|last|" + "|".join(sorted(ORDINALS, key=len, reverse=True)) + ")"
TIME = (
    r"(?:[0-9]{1,2}:[0-9]{2}(?: ?[ap]m)?|noon|midnight|(?:[0-9]{1,2}|"
    + "|".join(sorted(NUMBERS, key=len, reverse=True))
    + r")(?: ?[ap]m)?)(?![\w:-])"
)
JOIN = "(?: ?, ?(?:and |or )?| and | or )"


def _list(item: str) -> str:
    return f"{item}(?:{JOIN}{item})*"


ELEMENTS = {
    "unit": re.compile(
        r"every (?:(?P<count>[0-9]+) ?)?"
        r"(?P<unit>seconds?|minutes?|hours?|days?|months?|week|year|sec|min|s|m|h|d)\b"
    ),
    "weekday": re.compile(r"every weekday\b"),
    "of_month": re.compile(rf"every (?P<nth>{_list(NTH)}) of the month\b"),
    "every_days": re.compile(rf"every (?P<days>{DAY}(?: ?- ?| to | through ){DAY}|{_list(DAY)})(?![\w-])"),
    "days": re.compile(rf"on (?P<days>{_list(DAY)})(?![\w-])"),
    "from": re.compile(rf"from (?P<days>{DAY}(?: ?- ?| to | through ){DAY})(?![\w-])"),
    "month_days": re.compile(r"on days? (?P<numbers>" + _list("[0-9]{1,2}") + r")(?![\w:-])"),
    "nth": re.compile(rf"on the (?P<nth>{_list(NTH)})(?![\w-])"),
    "minutes": re.compile(
        r"(?:at|on) (?:minutes?|mins?) (?P<numbers>" + _list("[0-9]{1,2}") + r")(?![\w:-])"
    ),
    "times": re.compile(rf"(?:at )?(?P<times>{_list(TIME)})"),
}
NO_ZONE = re.compile(r"(?:in|on) [A-Z]")
"""What fugit takes for a zone, though it may be a day: `on Fri`."""
ZONE = re.compile(r"(?:(?:in|on) )?(?P<zone>UTC|Z|[A-Z][A-Za-z0-9+-]+(?:/[A-Z][A-Za-z0-9+_-]+)+)$")


DAY_PARTS = {"weekday", "every_days", "days", "from"}
MONTH_PARTS = {"of_month", "month_days", "nth"}


class Cron(NamedTuple):
    """The words of six fields, and of the zone if there is one."""

    fields: list[str]
    zone: str | None


def cron(text: str) -> Cron:
    """What the text means. Raises `ValueError` when that is not sure."""
    words = " ".join(text.split())
    zone = ZONE.search(words)
    words = words[: zone.start()] if zone else words
    said = {} if NO_ZONE.search(words) else _elements(words)
    every = [name for name in ("unit", "weekday", "of_month", "every_days") if name in said]
    if len(every) != 1:
        raise ValueError(
            f"'{text}' is no schedule that is read here: write it as cron, or in procman's words"
        )
    fields = _fields(said)
    if fields is None:
        raise ValueError(f"'{text}': it is not sure what fugit makes of it: write it as cron")
    return Cron(fields, "UTC" if zone and zone["zone"] == "Z" else zone and zone["zone"])


def _elements(words: str) -> dict[str, re.Match[str]]:
    """The parts of the sentence by their kind; nothing when one is not read, or comes twice."""
    found: dict[str, re.Match[str]] = {}
    rest = words.lower().strip()
    while rest:
        name, match = next(
            ((name, match) for name, each in ELEMENTS.items() if (match := each.match(rest))), ("", None)
        )
        if match is None or name in found:
            return {}
        found[name] = match
        rest = rest[match.end() :].lstrip(" ,")
    return found


def _fields(said: dict[str, re.Match[str]]) -> list[str] | None:
    """From second to day of week; None when the parts do not go together."""
    unit = said.get("unit")
    name = _unit(unit["unit"]) if unit else ""
    count = int(unit["count"] or 1) if unit else 1
    days, numbers = _weekdays(said), _month_days(said)
    if (unit and not 1 <= count <= MOST[name]) or "" in (*days, *numbers):
        return None
    step = "*" if count == 1 else f"*/{count}"
    clock = _clock(said, name, step)
    if clock is None or (numbers and name not in ("month", "year", "")) or len(MONTH_PARTS & {*said}) > 1:
        return None
    day = ",".join(numbers) or {"day": step, "month": "1", "year": "1"}.get(name, "*")
    month = {"month": step, "year": "1"}.get(name, "*")
    if days and (numbers or name in ("second", "month", "year")):
        return None
    return [*clock, day, month, ",".join(days) or ("0" if name == "week" else "*")]


def _unit(word: str) -> str:
    return UNITS.get(word) or word.removesuffix("s")


def _clock(said: dict[str, re.Match[str]], unit: str, step: str) -> list[str] | None:
    """Second, minute and hour."""
    minutes = _numbers(said["minutes"]["numbers"], 59) if "minutes" in said else []
    times = [_time(each) for each in re.split(JOIN, said["times"]["times"])] if "times" in said else []
    if unit in ("second", "minute"):
        alone = [step, "*", "*"] if unit == "second" else ["0", step, "*"]
        return None if minutes or times else alone
    if unit == "hour":
        return None if times or "" in minutes else ["0", ",".join(minutes) or "0", step]
    if minutes or None in times or len({time[1] for time in times if time}) > 1:
        return None  # of several minutes fugit takes one, or refuses
    hours = [str(time[0]) for time in times if time] or ["0"]
    return ["0", str(times[0][1]) if times and times[0] else "0", ",".join(dict.fromkeys(hours))]


def _time(text: str) -> tuple[int, int] | None:
    """Hour and minute; None for what is no time of day."""
    if text in ("noon", "midnight"):
        return (12, 0) if text == "noon" else (0, 0)
    half = text[-2:] if text.endswith(("am", "pm")) else ""
    hours, _, minutes = text.removesuffix(half).strip().partition(":")
    hour = NUMBERS.index(hours) if hours in NUMBERS else int(hours)
    minute = int(minutes or 0)
    if minute > 59 or hour > (12 if half else 24):
        return None
    return (hour % 12 + 12 * (half == "pm") if half else hour % 24), minute


def _weekdays(said: dict[str, re.Match[str]]) -> list[str]:
    """Words for the field; an empty one for what is no day."""
    found = ["1-5"] if "weekday" in said else []
    for name in ("every_days", "days", "from"):
        if name in said:
            days = [_weekday(each) for each in re.findall(DAY, said[name]["days"])]
            between = re.search(r"-| to | through ", said[name]["days"])
            found += ["-".join(days)] if between else days
    return found if len(DAY_PARTS & {*said}) < 2 else [""]


def _weekday(name: str) -> str:
    return str(next(number for number, day in enumerate(DAYS) if day.startswith(name[:3])))


def _month_days(said: dict[str, re.Match[str]]) -> list[str]:
    found: list[str] = []
    if "month_days" in said:
        found += _numbers(said["month_days"]["numbers"], 31)
    for name in ("of_month", "nth"):
        if name in said:
            found += [_ordinal(each) for each in re.split(JOIN, said[name]["nth"])]
    return ["" if each == "0" else each for each in found]


def _ordinal(word: str) -> str:
    if word == "last":
        return "L"
    number = int(word[:-2]) if word[0].isdecimal() else ORDINALS.index(word) + 1
    return str(number) if 1 <= number <= 31 else ""


def _numbers(text: str, most: int) -> list[str]:
    return [str(int(each)) if int(each) <= most else "" for each in re.findall("[0-9]+", text)]
