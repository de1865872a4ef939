"""Schedules in plain words: `at 18:00 on weekdays`; correct before pretty."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from procman.core.schedule.durations import DAY, HOUR, MINUTE, WEEK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.core.schedule.cron import Cron
    from procman.core.schedule.cronfields import Field

DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split()
MONTHS = "January February March April May June July August September October November December".split()
MOST_TIMES = 4
"""Times of day, or minutes, that are listed; more are told by their first, last and distance."""


def interval(seconds: int) -> str:
    """`every 10 minutes`, in the largest unit that it is a whole number of."""
    units = {WEEK: "week", DAY: "day", HOUR: "hour", MINUTE: "minute", 1: "second"}
    unit = next(unit for unit in units if not seconds % unit)
    return _every(seconds // unit, units[unit])


def of(cron: Cron) -> str:
    """What a cron expression says."""
    times = _times_of_day(cron)
    time = f"at {_and(times)}" if times else _frequency(cron)
    date = _dates(cron, by_name=bool(times))
    if not date:
        return f"{time} every day" if times else time
    return time + (" " if date.startswith(("every", "on", "in")) else ", ") + date


def _times_of_day(cron: Cron) -> list[str]:
    """All of them, if they are few."""
    if len(cron.minute.values) * len(cron.hour.values) > MOST_TIMES or cron.second.values != (0,):
        return []
    return [_clock(hour, minute) for hour, minute in product(cron.hour.values, cron.minute.values)]


def _frequency(cron: Cron) -> str:
    minutes, hours = cron.minute.values, cron.hour.values
    if cron.second.values != (0,):
        return _seconds(cron)
    step, hour_step = _step(minutes, 60), _distance(hours)
    if cron.hour.is_full:
        return _every(step, "minute") if step else f"{_minutes(cron)} of every hour"
    span = f"from {_clock(hours[0], minutes[0])} to {_clock(hours[-1], minutes[-1])}"
    if step and hour_step == 1:
        return f"{_every(step, 'minute')} {span}"
    if hour_step and len(minutes) == 1:
        return f"{_every(hour_step, 'hour')} {span}"
    return f"{_every(step, 'minute') if step else _minutes(cron)} of {_numbered('hour', hours)}"


def _seconds(cron: Cron) -> str:
    step = _step(cron.second.values, 60)
    text = _every(step, "second") if step else f"at {_numbered('second', cron.second.values)}"
    everything = cron.minute.is_full and cron.hour.is_full
    if not (step and everything):
        text += (
            " of every minute" if cron.minute.is_full else f" of {_numbered('minute', cron.minute.values)}"
        )
    if not everything:
        text += " of every hour" if cron.hour.is_full else f" of {_numbered('hour', cron.hour.values)}"
    return text


def _minutes(cron: Cron) -> str:
    minutes = cron.minute.values
    if len(minutes) > MOST_TIMES:
        return f"at {_numbered('minute', minutes)}"
    return "at " + _and([f":{minute:02}" for minute in minutes])


def _dates(cron: Cron, by_name: bool) -> str:
    """The dates, after a blank or a comma; nothing for every day."""
    month = _and(_runs(cron.month.values, MONTHS, 1))
    dated, named = not cron.day.is_full, not cron.weekday.is_full
    if not (cron.needs_both_days or (dated and named)):
        dated = named = False  # either is enough, and one of them has all days
    date = f"on {_days_of_month(cron.day)} of {'the month' if cron.month.is_full else month}"
    weekday = _weekdays(cron, by_name and not dated)
    if dated and named:
        both = cron.needs_both_days
        return f"{date} if it is {_each(cron, 'a')}" if both else f"{date} and on {_each(cron)}"
    if dated:
        return date
    if not named:
        every_day = "every day " if by_name else ""
        return "" if cron.month.is_full else f"{every_day}in {month}"
    return weekday if cron.month.is_full else f"{weekday} in {month}"


def _weekdays(cron: Cron, by_name: bool) -> str:
    field = cron.weekday
    if field.special:
        return f"on {_each(cron)}"
    if by_name and field.values in ((1, 2, 3, 4, 5), (0, 6)):
        return "on weekdays" if len(field.values) == 5 else "on weekends"
    names = _runs(_from_monday(field), [*DAYS[1:], DAYS[0]], 0)
    if by_name and not any(" " in name for name in names):
        return "on " + _and([f"{name}s" for name in names])
    return _and(names)


def _each(cron: Cron, article: str = "every") -> str:
    """`every Monday and the last Friday of the month`."""
    each = [f"{article} {DAYS[value + 1 - 7]}" for value in _from_monday(cron.weekday)]
    for day, nth in cron.weekday.special:
        each.append(f"the {'last' if nth < 0 else _ordinal(nth)} {DAYS[day]} of the month")
    return " or ".join(each) if article == "a" else _and(each)


def _days_of_month(field: Field) -> str:
    if len(field.values) > MOST_TIMES and (step := _distance(field.values)) > 1:
        first, last = _ordinal(field.values[0]), _ordinal(field.values[-1])
        days = [f"every {_ordinal(step)} day from the {first} to the {last}"]
    else:
        days = [f"the {run}" for run in _runs(field.values, [_ordinal(day) for day in range(1, 32)], 1)]
    for day, nearest in field.special:
        last = "the last day" if not nearest else "the last weekday"
        days.append(f"the weekday nearest to the {_ordinal(day)}" if day else last)
    return _and(days)


def _from_monday(field: Field) -> list[int]:
    """Weekdays with 0 for Monday."""
    return sorted((value - 1) % 7 for value in field.values)


def _every(count: int, unit: str) -> str:
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def _numbered(unit: str, values: Sequence[int]) -> str:
    """`hours 9 to 17 and 20`."""
    names = [str(number) for number in range(60)]
    return f"{unit}{'s' if len(values) > 1 else ''} {_and(_runs(values, names, 0))}"


def _runs(values: Sequence[int], names: Sequence[str], first: int) -> list[str]:
    """The names of the values, three and more in a row by the first and the last."""
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    texts = []
    for run in runs:
        ends = [names[value - first] for value in run]
        texts += [f"{ends[0]} to {ends[-1]}"] if len(run) > 2 else ends
    return texts


def _and(texts: Sequence[str]) -> str:
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def _step(values: Sequence[int], size: int) -> int:
    """How far apart the values are when that is the same all around the clock, else 0."""
    step = _distance(values)
    return step if step and values[0] == 0 and step * len(values) == size else 0


def _distance(values: Sequence[int]) -> int:
    """How far apart the values are when that is the same for all, else 0; 1 for a single one."""
    step = values[1] - values[0] if len(values) > 1 else 1
    return step if list(values) == list(range(values[0], values[-1] + 1, step)) else 0


def _clock(hour: int, minute: int) -> str:
    return f"{hour:02}:{minute:02}"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 < number < 14 else ending}"
