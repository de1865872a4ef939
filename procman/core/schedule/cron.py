"""Cron expressions: the wall times that match one, with Debian's rule for the two fields of days.

croniter steps through minutes, days and months. It gets the values that our own reader has found, never
the text: see `docs/decisions/schedules.md` for what it reads in another way. Days that it has no words for
(`L`, `LW`, `15W`, `5L`, lists of `mon#1`) are looked at here, one by one.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from procman.core.schedule import cronfields
from procman.core.schedule.clocks import DAY as DAY_SECONDS
from procman.core.schedule.clocks import EPOCH, LATEST
from procman.core.schedule.cronfields import DAY, HOUR, MINUTE, MONTH, SECOND, WEEKDAY, Field, ScheduleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from croniter import croniter

KINDS = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY)
HOUR_SECONDS = 3600
ALL_YEARS = range(2000, 2028)
"""In 28 years without an exception every month begins on every day of the week, February with 29 days too."""


class Cron:
    """What the six fields say, from second to weekday; immutable. `has_seconds`: the first was written."""

    def __init__(self, fields: Sequence[Field], *, has_seconds: bool) -> None:
        self.fields = tuple(fields)
        self.second, self.minute, self.hour, self.day, self.month, self.weekday = self.fields
        self.has_seconds = has_seconds

    @property
    def is_wildcard(self) -> bool:
        """Whether Debian's cron takes it for an interval, which daylight saving leaves alone."""
        return self.minute.has_star or self.hour.has_star

    @property
    def needs_both_days(self) -> bool:
        """Whether day of month and day of week must both match, not either (crontab(5), and its bug)."""
        return self.day.has_star or self.weekday.has_star

    def comes_on(self, day: date) -> bool:
        """Whether a day matches, whatever its month."""
        found = self._is_date(day), self._is_weekday(day)
        return all(found) if self.needs_both_days else any(found)

    def next_after(self, wall: int) -> int | None:
        """The first matching wall time after one, both in seconds; None when none comes."""
        while (found := self._step(wall)) is not None:
            day = found // DAY_SECONDS + EPOCH
            if not self._days_are_ours or self.comes_on(date.fromordinal(day)):
                return found
            wall = (self._day_after(day) - EPOCH) * DAY_SECONDS - 1
        return None

    def _day_after(self, day: int) -> int:
        """The first matching day of any month after one, both as ordinals; there is one in a few years."""
        day += 1
        while not self.comes_on(date.fromordinal(day)):
            day += 1
        return day

    def _step(self, wall: int) -> int | None:
        """As `next_after`, but on any day where the days are ours."""
        wall = self._skip(wall)
        found = [_step(steps, wall) for steps in self._steps]
        return min((each for each in found if each is not None), default=None)

    def _skip(self, wall: int) -> int:
        """The end of the day or hour in which nothing comes any more: steps that croniter need not take."""
        if (in_day := wall % DAY_SECONDS) >= self._last_in_day:
            return wall - in_day + DAY_SECONDS - 1
        if (in_hour := wall % HOUR_SECONDS) >= self._last_in_hour:
            return wall - in_hour + HOUR_SECONDS - 1
        return wall

    @cached_property
    def _last_in_hour(self) -> int:
        return self.minute.values[-1] * 60 + self.second.values[-1]

    @cached_property
    def _last_in_day(self) -> int:
        return self.hour.values[-1] * HOUR_SECONDS + self._last_in_hour

    @cached_property
    def _steps(self) -> list[croniter]:
        return [_steps(self._words(*days)) for days in self._days()]

    def _days(self) -> list[tuple[str, str]]:
        """Day of month and of week for croniter: two times when either is enough."""
        day, weekday = _listed(self.day), _listed(self.weekday)
        if self._days_are_ours:
            return [("*", "*")]
        if self.needs_both_days:
            return [(day, weekday)]
        return [("*", "*")] if "*" in (day, weekday) else [(day, "*"), ("*", weekday)]

    def _words(self, day: str, weekday: str) -> str:
        words = [_listed(self.minute), _listed(self.hour), day, _listed(self.month), weekday]
        return " ".join(words if self.second.values == (0,) else [*words, _listed(self.second)])

    @cached_property
    def _days_are_ours(self) -> bool:
        """Whether croniter has no words for the days, or (6.0) goes wrong in months without all of them."""
        uneven = not self.day.is_full and self.day.values[-1:] > (28,)
        return bool(self.day.special or self.weekday.special or uneven)

    def _is_date(self, day: date) -> bool:
        if day.day in self.day.values:
            return True
        return any(_is_special_date(*special, day) for special in self.day.special)

    def _is_weekday(self, day: date) -> bool:
        weekday = day.isoweekday() % 7
        if weekday in self.weekday.values:
            return True
        return any(weekday == each and _is_nth(nth, day) for each, nth in self.weekday.special)


def _listed(field: Field) -> str:
    return "*" if field.is_full else ",".join(map(str, field.values))


@lru_cache(maxsize=4096)
def _steps(words: str) -> croniter:
    """What steps through an expression in which all fields must match; all with these values share it."""
    from croniter import croniter  # 25 ms that only a cron expression waits for

    return croniter(words, 0.0, day_or=False)


def _step(steps: croniter, wall: int) -> int | None:
    try:
        found = int(steps.get_next(float, start_time=float(wall)))
    except (ValueError, OverflowError):  # none within 50 years, or before the year 10000
        return None
    return found if found < LATEST else None


def parse(texts: Sequence[tuple[str, int]]) -> Cron:
    """The expression with these fields, five or six, each with the column where it stands.

    Raises `ScheduleError`, also for a date that never comes.
    """
    has_seconds = len(texts) == len(KINDS)
    texts = texts if has_seconds else [("0", 0), *texts]
    fields = [cronfields.parse(kind, *text) for kind, text in zip(KINDS, texts, strict=True)]
    cron = Cron(fields, has_seconds=has_seconds)
    if not _comes(cron):
        raise _never(cron, texts)
    return cron


def _never(cron: Cron, texts: Sequence[tuple[str, int]]) -> ScheduleError:
    text = f"day of month '{cron.day.text}' never comes in month '{cron.month.text}'"
    if not cron.weekday.is_full:
        text += f" on day of week '{cron.weekday.text}'"
    start, end = texts[3][1], texts[5][1] + len(texts[5][0])
    return ScheduleError(text, start, end - start)


def _comes(cron: Cron) -> bool:
    months = [date(year, month, 1) for year in ALL_YEARS for month in cron.month.values]
    return any(cron.comes_on(first + timedelta(days)) for first in months for days in range(_length(first)))


def _length(day: date) -> int:
    """How many days its month has."""
    first = day.replace(day=1)
    return (date(first.year + first.month // 12, first.month % 12 + 1, 1) - first).days


def _is_special_date(number: int, nearest: int, day: date) -> bool:
    """Whether it is `L` (number 0), `LW` or `15W`; a 31W has no day in a month without a 31st."""
    length = _length(day)
    number = number or length
    if number > length:
        return False
    return day.day == (_nearest_weekday(day.replace(day=number), length) if nearest else number)


def _nearest_weekday(day: date, length: int) -> int:
    """The day itself or the nearest from Monday to Friday, which is never in another month (Quartz)."""
    if day.isoweekday() == 6:
        return day.day - 1 if day.day > 1 else day.day + 2
    if day.isoweekday() == 7:
        return day.day + 1 if day.day < length else day.day - 2
    return day.day


def _is_nth(nth: int, day: date) -> bool:
    """Whether its weekday comes the n-th time in its month, or for -1 the last time."""
    if nth < 0:
        return day.day + 7 > _length(day)
    return (day.day + 6) // 7 == nth
