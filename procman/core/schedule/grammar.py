"""The forms of a schedule expression, and what each comes down to: a cron expression on the clocks of a
zone, an interval since the epoch, one instant, or the start of procman.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from procman.core.schedule import clocks, cron, describe, durations, instants, timeofday, zones
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
EACH = {"day": "daily", "hour": "hourly", "month": "monthly"}
"""`every day at 9:00` is `daily at 9:00`; `every monday` has its `s` only left out."""
OTHERS = ("@every", "@reboot")
KEYWORDS = ["every", "at", *EXAMPLES, *NICKNAMES, *OTHERS]
TOKEN = re.compile(r"[^ \t\r\n]+")
FLAGS = re.ASCII | re.IGNORECASE
CALENDAR = re.compile(
    r"(?P<word>[a-z]+)(?:\s+on\s+(?P<day>\S+))?\s+at\s+(?P<time>\S+(?:\s+[ap]m)?)(?:\s+(?P<zone>\S+))?", FLAGS
)
EACH_AT = re.compile(r"(?P<word>[a-z]+)(?P<time>\s+(?:on|at)\b.*)?", FLAGS | re.DOTALL)
DURATION = re.compile(r"(?:[0-9][0-9.]*\s*[a-z]+\s*)+", FLAGS)


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

    def part(self, match: re.Match[str], group: str | int) -> Token:
        """What a group of a match has of this text."""
        return Token(match[group], self.position + match.start(group))


def parse(text: str, zone: tzinfo) -> Form:
    """What an expression means in a zone, unless it ends with another. Raises `ScheduleError`."""
    tokens = [Token(match[0], match.start()) for match in TOKEN.finditer(text)]
    if not tokens:
        raise ScheduleError("a schedule is empty: write one like 'every 10 minutes'", 0, len(text))
    form = _read(text, tokens, zone)
    if isinstance(form.rule, Once | WallClock):
        try:
            zones.must_be_known(form.zone, text)
        except ValueError as error:
            raise ScheduleError(str(error), 0, len(text)) from None
    return form


def _read(text: str, tokens: list[Token], zone: tzinfo) -> Form:
    first = tokens[0].text.lower()
    if first in ("every", "@every"):
        return _every(_rest(text, tokens), zone)
    if first == "at":
        return _once(_rest(text, tokens), zone)
    if first in EXAMPLES:
        return _calendar(Token(text.strip(), tokens[0].position), first, zone)
    if first.startswith("@"):
        return _nickname(tokens, zone)
    if first[0].isalpha():
        near = (
            suggest(first, KEYWORDS) or ": write it like 'every 10 minutes', 'daily at 09:30' or '0 9 * * *'"
        )
        raise tokens[0].error(f"no schedule begins with '{tokens[0].text}'{near}")
    start = tokens[0].position
    if DURATION.fullmatch(text.strip()) or (len(tokens) < 5 and DURATION.match(text, start)):
        return _interval(Token(text[start:].rstrip(), start), zone)
    return _cron(tokens, zone)


def _rest(text: str, tokens: list[Token]) -> Token:
    """All behind the first word, as one."""
    start = tokens[1].position if tokens[1:] else tokens[0].position + len(tokens[0].text)
    return Token(text[start:].rstrip(), start)


def _every(rest: Token, zone: tzinfo) -> Form:
    if not rest.text:
        raise rest.error("an interval is missing: write it like 'every 10 minutes'")
    match = EACH_AT.fullmatch(rest.text)
    word = EACH.get(match["word"].lower(), f"{match['word'].lower().removesuffix('s')}s") if match else ""
    if match and match["time"] and word in EXAMPLES:
        return _calendar(rest, word, zone)
    if word in EXAMPLES and word not in ("daily", "hourly"):
        raise rest.error(f"'every {rest.text}': write '{EXAMPLES[word]}'")
    return _interval(rest, zone)


def _interval(rest: Token, zone: tzinfo) -> Form:
    text = f"1 {rest.text}" if rest.text.isalpha() else rest.text
    if re.search(r"/|\bUTC$", text, re.IGNORECASE):
        raise rest.error(f"an interval has no time zone, it counts from the epoch in UTC: '{rest.text}'")
    try:
        interval = durations.parse(text)
    except ValueError as error:
        raise rest.error(f"{error}: write it like 'every 10 minutes'") from None
    if interval < 1 or interval % 1:
        raise rest.error(f"'{rest.text}': an interval is in whole seconds, and at least 1 s")
    return Form(Every(int(interval), zone), zone, describe.interval(int(interval)))


def _once(rest: Token, zone: tzinfo) -> Form:
    if not rest.text:
        raise rest.error("a date and time are missing: write them like 'at 2026-12-24 18:00'")
    try:
        wall, zone = instants.read(rest.text, zone)
    except ValueError as error:
        raise rest.error(str(error)) from None
    if wall.microsecond:
        raise rest.error(f"'{rest.text}': a schedule has whole seconds")
    meant = clocks.seconds(wall)
    match = match_at(clocks.first_at(zone, meant), zone, meant)
    return Form(Once(match), zone, f"once, at {' '.join(rest.text.split())}")


def _calendar(whole: Token, word: str, default: tzinfo) -> Form:
    """What stands at `word`, or at `every` and the day that it means."""
    match = CALENDAR.fullmatch(whole.text)
    if match is None or (word == "monthly") != bool(match["day"]):
        behind = re.search(r"(?<=\s)\S.*", whole.text, re.DOTALL)
        raise (whole.part(behind, 0) if behind else whole).error(
            f"'{whole.text}': write it like '{EXAMPLES[word]}'"
        )
    time = whole.part(match, "time")
    try:
        hour, minute = (timeofday.of_hour if word == "hourly" else timeofday.of_day)(time.text)
    except ValueError as error:
        raise time.error(str(error)) from None
    day = _day_of_month(whole.part(match, "day")) if match["day"] else "*"
    zone = _zone(whole.part(match, "zone")) if match["zone"] else None
    fields = [minute, hour, day, "*", WEEKDAYS.get(word, "*")]
    return _wall_clock([Token(field, 0) for field in fields], zone, default)


def _day_of_month(token: Token) -> str:
    match = re.fullmatch(r"0?[1-9]|[12][0-9]|3[01]", token.text, re.ASCII)
    if match is None:
        raise token.error(f"'{token.text}': a day of the month is 1 to 31")
    return match[0]


def _nickname(tokens: list[Token], default: tzinfo) -> Form:
    name, *rest = tokens
    fields = NICKNAMES.get(name.text.lower())
    if fields is None and name.text.lower() != "@reboot":
        known = [*NICKNAMES, *OTHERS]
        near = suggest(name.text.lower(), known) or f": there are {', '.join(known)}"
        raise name.error(f"'{name.text}' is not known{near}")
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
    """A last word that begins like no field does: neither mon, jan, `L` nor hashed; but `NZ` and `GB`."""
    if not word[0].isalpha():
        return False
    if len(word) < 3:
        return zones.load(word.upper()) is not None
    return (
        word[:3].lower() not in DAY_NAMES + MONTH_NAMES or re.match("[a-z]+/[a-z]", word, FLAGS) is not None
    )


def _zone(token: Token) -> tzinfo:
    try:
        return zones.find(token.text)
    except ValueError as error:
        raise token.error(str(error)) from None


def _wall_clock(fields: list[Token], zone: tzinfo | None, default: tzinfo) -> Form:
    rule = WallClock(cron.parse(fields), zone or default)
    said = describe.of(rule.cron)
    return Form(rule, rule.zone, f"{said}, {zone}" if zone else said)
