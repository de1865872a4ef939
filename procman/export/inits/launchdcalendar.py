"""When launchd runs a task, in its words: by the machine's own clock, minute by minute (launchd.plist(5))."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from procman.export.cron import clockchanges
from procman.export.cron import times as crontabtimes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.schedule.cron import Cron
    from procman.core.tasks.task import Task

KEYS = ("Minute", "Hour", "Day", "Month", "Weekday")
MOST = 62
"""Dictionaries for one task: more are no list that somebody would read. Of minutes there are 60."""


def of(task: Task, zone: str | None) -> dict[str, Any] | None:
    """`StartCalendarInterval`, or `RunAtLoad` for `@reboot`; None when launchd cannot do exactly the same.

    `zone` is that of schedules that name none: None for the machine's own.
    It knows no zone but the machine's, and says nothing of what it does when that zone changes its clocks:
    so no such change may touch the times, unless they are about minutes alone.
    """
    times = crontabtimes.of(task, zone)
    if not times or any(each.zone for each in times):
        return None
    crons = [each.cron for each in times]
    if None in crons:
        return {"RunAtLoad": True} if len(crons) == 1 else None
    if any(clockchanges.touched(each) for each in task.schedules if not _is_hourly(times)):
        return None
    found = [each for each in crons if each]
    dicts = [each for one in found for each in _dicts(one)] if all(map(_has_one_day, found)) else []
    return {"StartCalendarInterval": dicts} if 0 < len(dicts) <= MOST else None


def _is_hourly(times: tuple[crontabtimes.Times, ...]) -> bool:
    return all(each.fields.endswith(" * * * *") for each in times)


def _has_one_day(cron: Cron) -> bool:
    """Whether at most one of the two days is said: of both launchd's manual tells nothing."""
    return cron.day.is_full or cron.weekday.is_full


def _dicts(cron: Cron) -> Iterator[dict[str, int]]:
    fields = cron.fields[1:]
    choices = [(None,) if field.is_full else field.values for field in fields]
    for values in product(*choices):
        yield {key: value for key, value in zip(KEYS, values, strict=True) if value is not None}
