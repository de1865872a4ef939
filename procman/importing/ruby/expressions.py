"""Cron expressions as fugit reads them: the values of each field, and where procman reads others.

fugit (its lib/fugit/cron.rb) is what sidekiq-cron, sidekiq-scheduler, good_job and solid_queue read with.
It is not Debian's cron: a lone `/5` is `*/5`, `1/2` of weekdays is `1`, the hour 24 is 0, and two days
are alternatives unless one of the fields means all days, however it is written.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from procman.core.schedule import cronfields
from procman.core.schedule.cronfields import DAY, DAY_NAMES, HOUR, MINUTE, MONTH, MONTH_NAMES, SECOND, WEEKDAY

KINDS = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY)
VALUE = {
    SECOND: "[0-5]?[0-9]",
    MINUTE: "[0-5]?[0-9]",
    HOUR: "2[0-4]|[01]?[0-9]",
    DAY: "-?(?:3[01]|[12][0-9]|0?[1-9])|last|l",
    MONTH: "1[0-2]|0?[1-9]|" + "|".join(MONTH_NAMES),
    WEEKDAY: "[0-7]|" + "|".join(DAY_NAMES),
}
ITEMS = {
    kind: re.compile(rf"(?:\*|(?P<first>{value})(?:-(?P<last>{value}))?)?(?:/(?P<step>[0-9]{{1,2}}))?", re.I)
    for kind, value in VALUE.items()
}
NTH = re.compile(rf"(?P<day>{VALUE[WEEKDAY]})#(?P<nth>[1-5]|-1|last|l)", re.I)
MOST_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Part(NamedTuple):
    """A field: `values` are None when it means all. `special` as in procman's own fields."""

    kind: cronfields.Kind
    text: str
    values: tuple[int, ...] | None
    special: tuple[tuple[int, int], ...] = ()

    def written(self, beside: Part | None = None) -> str:
        """The field in procman's words, as it stands when that means the same there.

        `beside` is the other one of the two fields of days: a star at the beginning ties them together.
        """
        if self.values is None:
            return "*"
        either = beside is not None and beside.values is not None
        try:
            read = cronfields.parse(self.kind, self.text)
        except cronfields.ScheduleError:
            return self._listed()
        same = (read.values, read.special) == (self.values, self.special)
        return self.text if same and not (either and read.has_star) else self._listed()

    def _listed(self) -> str:
        days = [f"{day}#{nth}" if nth > 0 else f"{day}L" for day, nth in self.special]
        special = days if self.kind is WEEKDAY else ["L" for _ in self.special]
        return ",".join([*map(str, self.values or ()), *special])


def parts(fields: list[str]) -> list[Part]:
    """The six fields of five or six words. Raises `ValueError`: what procman has no words for, or fugit."""
    if len(fields) == 5:
        fields = ["0", *fields]
    second, minute, hour, day, month, weekday = map(_part, KINDS, fields)
    return [second, minute, hour, *_months_with_days(day, month), weekday]


def _part(kind: cronfields.Kind, text: str) -> Part:
    values: set[int] = set()
    special: set[tuple[int, int]] = set()
    full = False
    for item in text.split(","):
        if kind is WEEKDAY and (match := NTH.fullmatch(item)):
            nth = match["nth"] if match["nth"].isdecimal() else "-1"
            special.add((_number(kind, match["day"]) % 7, int(nth)))
            continue
        found = _values(kind, item)
        full = full or found is None
        values.update(found or ())
    if kind is WEEKDAY:  # a star beside others says nothing, and fri#2 nothing beside fri
        full = full and not values and not special
        special = {each for each in special if each[0] not in values}
    if kind is DAY and -1 in values:
        values.discard(-1)
        special.add((0, False))
    if any(value < 0 for value in values):
        raise ValueError(f"'{text}': days counted from the end of the month have no counterpart but L")
    return Part(kind, text, None, ()) if full else Part(kind, text, _sorted(values), tuple(sorted(special)))


def _sorted(values: set[int]) -> tuple[int, ...]:
    return tuple(sorted(values))


def _values(kind: cronfields.Kind, item: str) -> list[int] | None:
    """The values of one item between commas; None for all."""
    match = ITEMS[kind].fullmatch(item)
    if not item or match is None:
        raise ValueError(f"{kind.name} '{item}': {_why_not(item)}")
    first, last = (_number(kind, match[each]) if match[each] else None for each in ("first", "last"))
    step = int(match["step"]) if match["step"] else None
    if step == 0:
        raise ValueError(f"{kind.name} '{item}': a step is at least 1")
    if kind is WEEKDAY:
        return _weekdays(first, last, step)
    step = None if step == 1 else step
    if step and last is None:
        last = kind.high
    if first is None and last is None:
        return None
    if last is None and first is not None:
        return [first - 24 if kind is HOUR and first == 24 else first]
    return _range(kind, kind.low if first is None else first, last or 0, step or 1)


def _why_not(item: str) -> str:
    if "%" in item:
        return "every second week and the like has no counterpart"
    if item.endswith("&"):
        return "fugit's & for both days has no counterpart"
    return "it cannot be read"


def _number(kind: cronfields.Kind, word: str) -> int:
    word = word.lower()
    if kind is DAY and word.startswith("l"):
        return -1
    return kind.names.index(word) + kind.low if word in kind.names else int(word)


def _range(kind: cronfields.Kind, first: int, last: int, step: int) -> list[int]:
    """From first to last, over the end to the beginning when it is smaller; hour 24 is 0."""
    if first < 0 or (last < 0 and kind is not DAY):
        raise ValueError("days counted from the end of the month have no counterpart but L")
    last = kind.high if last < 0 else last
    size = kind.high - kind.low + 1
    if first > kind.high:
        raise ValueError("the hour 24 can only stand alone, or at the end of a range")
    if last > kind.high:  # 22-24 ends with 0
        last = kind.low
        if first == kind.low:
            return _range(kind, first, kind.high, step)
    count = last - first + 1 if first <= last else last + size - first + 1
    return [kind.low + (first - kind.low + each) % size for each in range(0, count, step)]


def _weekdays(first: int | None, last: int | None, step: int | None) -> list[int] | None:
    if step is None and first is None:
        return None
    if step is None and first is not None:
        end = first if last is None else last
        return [day % 7 for day in range(first, end + 1 if end >= first else end + 8)]
    begin = first or 0
    end = last if last is not None else 6 if first is None else first
    if end < begin:
        raise ValueError("fugit reads a range of days over the weekend with a step as no day at all")
    return [day % 7 for day in range(begin, end + 1, step or 1)]


def _months_with_days(day: Part, month: Part) -> tuple[Part, Part]:
    """Without the days that none of the months has, and the months that have none of the days."""
    if day.values is None or month.values is None or day.special:
        return day, month
    pairs = [(each, of) for of in month.values for each in day.values if each <= MOST_DAYS[of]]
    if not pairs:
        raise ValueError(f"day of month '{day.text}' never comes in month '{month.text}'")
    kept = _sorted({each for each, _ in pairs}), _sorted({of for _, of in pairs})
    return day._replace(values=kept[0]), month._replace(values=kept[1])
