"""The forms of a schedule expression, and what each comes down to: a cron expression on the clocks of a
zone, an interval since the epoch, one instant, or the start of procman.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from procman.core.schedule import clocks, cron, describe, durations, instants
from procman.core.schedule.cronfields import DAY_NAMES, MONTH_NAMES, ScheduleError
from procman.core.schedule.rules import AtStart, Every, Once, match_at
from procman.core.schedule.wallclock import WallClock
from procman.errors import suggest

if TYPE_CHECKING:
    from datetime import tzinfo

NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""crontab(5)"""
WEEKDAYS = {"daily": "*", "weekdays": "1-5", "weekends": "0,6"} | {
    f"{day}s": str(number)
    for number, day in enumerate("sunday monday tuesday wednesday thursday friday saturday".split())
}
EXAMPLES = {"hourly": "hourly at :15", "monthly": "monthly on 1 at 00:00"}
EXAMPLES |= {word: f"{word} at 09:30" for word in WEEKDAYS}
KEYWORDS = ["every", "at", *EXAMPLES, *NICKNAMES, "@reboot"]
TOKEN = re.compile(r"[^ \t\r\n]+")
CALENDAR = re.compile(
    r"(?P<word>[a-z]+)(?:\s+on\s+(?P<day>\S+))?\s+at\s+(?P<time>\S+)(?:\s+(?P<zone>\S+))?",
    re.ASCII | re.IGNORECASE,
)


class Form(NamedTuple):
    """An expression that was read: its ticks, their zone, and the same in plain words."""

    rule: Every | Once | AtStart | WallClock
    zone: tzinfo
    wording: str


class Token(NamedTuple):
    """A word of the expression and the column where it stands."""

    text: str
    position: int

    def error(self, text: str) -> ScheduleError:
        """The mistake that this word is."""
        return ScheduleError(text, self.position, len(self.text))


def parse(text: str, zone: tzinfo) -> Form:
    """What an expression means in a zone, unless it ends with another. Raises `ScheduleError`."""
    tokens = [Token(match[0], match.start()) for match in TOKEN.finditer(text)]
    if not tokens:
        raise ScheduleError("a schedule is empty: write one like 'every 10 minutes'", 0, len(text))
    first = tokens[0].text.lower()
    if first == "every":
        return _every(_rest(text, tokens), zone)
    if first == "at":
        return _once(_rest(text, tokens), zone)
    if first in EXAMPLES:
        return _calendar(text, tokens, zone)
    if first.startswith("@"):
        return _nickname(tokens, zone)
    if first[0].isalpha():
        near = (
            suggest(first, KEYWORDS) or ": write it like 'every 10 minutes', 'daily at 09:30' or '0 9 * * *'"
        )
        raise tokens[0].error(f"no schedule begins with '{tokens[0].text}'{near}")
    return _cron(tokens, zone)


def _rest(text: str, tokens: list[Token]) -> Token:
    """All behind the first word, as one."""
    start = tokens[1].position if tokens[1:] else tokens[0].position + len(tokens[0].text)
    return Token(text[start:].rstrip(), start)


def _every(rest: Token, zone: tzinfo) -> Form:
    if not rest.text:
        raise rest.error("an interval is missing: write it like 'every 10 minutes'")
    text = f"1 {rest.text}" if rest.text.isalpha() else rest.text
    if re.search(r"/|\bUTC$", text, re.IGNORECASE):
        raise rest.error(f"an interval has no time zone, it counts from the epoch in UTC: '{rest.text}'")
    if hint := _calendar_instead(rest.text):
        raise rest.error(f"'every {rest.text}': write '{hint}'")
    try:
        interval = durations.parse(text)
    except ValueError as error:
        raise rest.error(f"{error}: write it like 'every 10 minutes'") from None
    if interval < 1 or interval % 1:
        raise rest.error(f"'{rest.text}': an interval is in whole seconds, and at least 1 s")
    return Form(Every(int(interval), zone), zone, describe.interval(int(interval)))


def _calendar_instead(text: str) -> str | None:
    """`every monday` and `every day at 9:00` are clear, but have a form of their own."""
    match = re.match(r"([a-z]+)(?=\s+at\b|$)", text, re.ASCII | re.IGNORECASE)
    if match is None:
        return None
    unit = match[1].lower()
    word = {"day": "daily", "hour": "hourly", "month": "monthly"}.get(unit, f"{unit}s")
    time = text[match.end() :]
    if word not in EXAMPLES or not (time or word not in ("daily", "hourly")):
        return None
    return f"{word}{time}" if time and word != "monthly" else EXAMPLES[word]


def _once(rest: Token, zone: tzinfo) -> Form:
    if not rest.text:
        raise rest.error("a date and time are missing: write them like 'at 2026-12-24 18:00'")
    try:
        wall, zone = instants.read(rest.text, zone)
    except ValueError as error:
        raise rest.error(str(error)) from None
    meant = clocks.seconds(wall)
    match = match_at(clocks.first_at(zone, meant), zone, meant)
    return Form(Once(match), zone, f"once, at {' '.join(rest.text.split())}")


def _calendar(text: str, tokens: list[Token], default: tzinfo) -> Form:
    word = tokens[0].text.lower()
    match = CALENDAR.fullmatch(text.strip())
    if match is None or (word == "monthly") != bool(match["day"]):
        rest = _rest(text, tokens)
        raise (rest if rest.text else tokens[0]).error(f"'{text.strip()}': write it like '{EXAMPLES[word]}'")
    start = tokens[0].position
    time = Token(match["time"], start + match.start("time"))
    hour, minute = _time_of_hour(time) if word == "hourly" else _time_of_day(time)
    day = "*"
    if match["day"]:
        day = _day_of_month(Token(match["day"], start + match.start("day")))
    zone = _zone(Token(match["zone"], start + match.start("zone"))) if match["zone"] else None
    fields = [minute, hour, day, "*", WEEKDAYS.get(word, "*")]
    return _wall_clock([Token(field, 0) for field in fields], zone, default)


def _time_of_hour(token: Token) -> tuple[str, str]:
    match = re.fullmatch(r":([0-5][0-9])", token.text, re.ASCII)
    if match is None:
        raise token.error(f"'{token.text}': the minute of the hour is written like :15, from :00 to :59")
    return "*", match[1]


def _time_of_day(token: Token) -> tuple[str, str]:
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", token.text, re.ASCII)
    if match is None:
        raise token.error(f"'{token.text}': a time of day is written like 09:30, from 00:00 to 23:59")
    return match[1], match[2]


def _day_of_month(token: Token) -> str:
    match = re.fullmatch(r"0?[1-9]|[12][0-9]|3[01]", token.text, re.ASCII)
    if match is None:
        raise token.error(f"'{token.text}': a day of the month is 1 to 31")
    return match[0]


def _nickname(tokens: list[Token], default: tzinfo) -> Form:
    name, *rest = tokens
    fields = NICKNAMES.get(name.text.lower())
    if fields is None and name.text.lower() != "@reboot":
        near = suggest(name.text.lower(), [*NICKNAMES, "@reboot"])
        raise name.error(f"'{name.text}' is not known{near or ': there are ' + ', '.join(NICKNAMES)}")
    if rest[1:]:
        raise rest[1].error(f"'{rest[1].text}': only a time zone may follow {name.text}")
    zone = _zone(rest[0]) if rest else None
    if fields is None:
        return Form(AtStart(), zone or default, "when procman starts")
    return _wall_clock([Token(field, 0) for field in fields.split()], zone, default)


def _cron(tokens: list[Token], default: tzinfo) -> Form:
    *fields, last = tokens
    named = len(fields) > 4 and _is_zone(last.text)
    if not named:
        fields.append(last)
    if len(fields) not in (5, 6):
        start, end = fields[0].position, fields[-1].position + len(fields[-1].text)
        raise ScheduleError(
            f"a cron expression has 5 fields, or 6 with seconds first, not {len(fields)}", start, end - start
        )
    zone = _zone(last) if named else None
    try:
        return _wall_clock(fields, zone, default)
    except ScheduleError as error:
        if len(fields) == 5:
            raise
        raise ScheduleError(
            f"{error} (of 6 fields, the first is seconds)", error.position, error.length
        ) from None


def _is_zone(word: str) -> bool:
    """A last word that begins like no field does: neither mon, jan, `L` nor hashed."""
    return word[:1].isalpha() and word[:3].lower() not in DAY_NAMES + MONTH_NAMES and len(word) > 2


def _zone(token: Token) -> tzinfo:
    try:
        return instants.find_zone(token.text)
    except ValueError as error:
        raise token.error(str(error)) from None


def _wall_clock(fields: list[Token], zone: tzinfo | None, default: tzinfo) -> Form:
    rule = WallClock(cron.parse(fields), zone or default)
    said = describe.of(rule.cron)
    return Form(rule, rule.zone, f"{said}, {zone}" if zone else said)
