"""Cron expressions: the wall times that match one, with Debian's rule for the two fields of days.

The fields are stepped through here, not by croniter: on whole seconds as integers a step takes 2
microseconds instead of 33, the rules for `L`, `W` and `#` are exact, whether a date can ever come is
known and not tried, and nobody waits 25 ms for an import. croniter is what the tests compare with.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from procman.core.schedule import cronfields
from procman.core.schedule.clocks import DAY as DAY_SECONDS
from procman.core.schedule.clocks import EPOCH, LAST_YEAR
from procman.core.schedule.cronfields import DAY, HOUR, MINUTE, MONTH, SECOND, WEEKDAY, Field, ScheduleError

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY)
LENGTHS = {2: (28, 29), 4: (30,), 6: (30,), 9: (30,), 11: (30,)}
"""Of the months, in days, where they have not 31."""


class Cron(NamedTuple):
    """What the fields say; `has_seconds` when there were six.

    `days_of_months` has the matching days of a month by its length and the weekday of its first day.
    """

    second: Field
    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field
    has_seconds: bool
    days_of_months: dict[tuple[int, int], tuple[int, ...]]

    @property
    def fields(self) -> tuple[Field, ...]:
        """From second to weekday."""
        return self.second, self.minute, self.hour, self.day, self.month, self.weekday

    @property
    def is_wildcard(self) -> bool:
        """Whether Debian's cron takes it for an interval, which daylight saving leaves alone."""
        return self.minute.has_star or self.hour.has_star

    @property
    def needs_both_days(self) -> bool:
        """Whether day of month and day of week must both match, not either (crontab(5), and its bug)."""
        return self.day.has_star or self.weekday.has_star

    def days(self, year: int, month: int) -> tuple[int, ...]:
        """The days of a month that match."""
        start = date(year, month, 1).toordinal()
        length = date(year + month // 12, month % 12 + 1, 1).toordinal() - start
        return self.days_of_months[length, start % 7]

    def next_after(self, wall: int) -> int | None:
        """The first matching wall time after one, both in seconds; None when none comes."""
        ordinal, second = divmod(wall + 1 + EPOCH * DAY_SECONDS, DAY_SECONDS)
        today = date.fromordinal(ordinal)
        if today.month in self.month.values and today.day in self.days(today.year, today.month):
            time = self._time_from(second)
            if time is not None:
                return (ordinal - EPOCH) * DAY_SECONDS + time
        following = self._date_after(today)
        return following and (following - EPOCH) * DAY_SECONDS + self._time_in_hour(self.hour.values[0], 0, 0)

    def _date_after(self, day: date) -> int | None:
        """The ordinal of the next matching date."""
        year, month, least = day.year, day.month, day.day + 1
        while year <= LAST_YEAR:
            if month in self.month.values:
                days = self.days(year, month)
                index = bisect_left(days, least)
                if index < len(days):
                    return date(year, month, days[index]).toordinal()
            year, month, least = year + month // 12, month % 12 + 1, 1
        return None

    def _time_from(self, second: int) -> int | None:
        """The first matching second of the day, from one on."""
        hour, rest = divmod(second, 3600)
        hours = self.hour.values
        index = bisect_left(hours, hour)
        if index < len(hours) and hours[index] == hour:
            minute, second = divmod(rest, 60)
            if (minute, second) <= (self.minute.values[-1], self.second.values[-1]):
                return self._time_in_hour(hour, minute, second)
            index += 1
        return self._time_in_hour(hours[index], 0, 0) if index < len(hours) else None

    def _time_in_hour(self, hour: int, minute: int, second: int) -> int:
        """The first matching second of the day in an hour that has one, from a minute and second of it on."""
        minutes, seconds = self.minute.values, self.second.values
        index = bisect_left(minutes, minute)
        if minutes[index] > minute:
            second = 0
        elif second > seconds[-1]:
            index, second = index + 1, 0
        return hour * 3600 + minutes[index] * 60 + seconds[bisect_left(seconds, second)]


def parse(texts: Sequence[tuple[str, int]]) -> Cron:
    """The expression with these fields, five or six, each with the column where it stands.

    Raises `ScheduleError`, also for a date that never comes.
    """
    has_seconds = len(texts) == len(KINDS)
    texts = texts if has_seconds else [("0", 0), *texts]
    fields = [cronfields.parse(kind, *text) for kind, text in zip(KINDS, texts, strict=True)]
    second, minute, hour, day, month, weekday = fields
    days = _days_of_months(day, weekday)
    cron = Cron(second, minute, hour, day, month, weekday, has_seconds, days)
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
    """In 400 years every month, with every length it may have, begins on every day of the week."""
    lengths = {length for month in cron.month.values for length in LENGTHS.get(month, (31,))}
    return any(cron.days_of_months[length, first] for length, first in product(lengths, range(7)))


@lru_cache(maxsize=1024)
def _days_of_months(day: Field, weekday: Field) -> dict[tuple[int, int], tuple[int, ...]]:
    """All the months there are; expressions with the same days share them."""
    both = day.has_star or weekday.has_star
    months = product(range(28, 32), range(7))
    return {(length, first): _days(day, weekday, both, length, first) for length, first in months}


def _days(day: Field, weekday: Field, both: bool, length: int, first: int) -> tuple[int, ...]:
    by_date = {each for each in day.values if each <= length}
    by_date.update(_special_dates(day, length, first))
    by_weekday = {each for each in range(1, length + 1) if (first + each - 1) % 7 in weekday.values}
    by_weekday.update(_special_weekdays(weekday, length, first))
    return tuple(sorted(by_date & by_weekday if both else by_date | by_weekday))


def _special_dates(day: Field, length: int, first: int) -> list[int]:
    """The days of `L`, `LW` and `15W`; a 31W has no day in a month without a 31st."""
    dates = [(date or length, nearest) for date, nearest in day.special if date <= length]
    return [_nearest_weekday(date, length, first) if nearest else date for date, nearest in dates]


def _nearest_weekday(day: int, length: int, first: int) -> int:
    """The day itself or the nearest from Monday to Friday, which is never in another month (Quartz)."""
    weekday = (first + day - 1) % 7
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 0:
        return day + 1 if day < length else day - 2
    return day


def _special_weekdays(weekday: Field, length: int, first: int) -> list[int]:
    """The days of `fri#2` and `5L`."""
    found = []
    for day, nth in weekday.special:
        dates = range(1 + (day - first) % 7, length + 1, 7)
        if nth <= len(dates):
            found.append(dates[nth - 1] if nth > 0 else dates[-1])
    return found
