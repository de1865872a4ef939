"""The five fields of a crontab that tick exactly as a schedule does, in Debian's cron and in cronie.

Our expressions follow Debian's rules already, so the fields that a schedule has come out as they are, where
that cron can read them. It reads no `22-2`, `5/15`, `L`, `15W`, `mon#1`; it has no seconds, and no years.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from procman.core.schedule import clocks, cron, cronfields
from procman.core.schedule.rules import AtStart, Every
from procman.core.schedule.wallclock import WallClock
from procman.export.cron import clockchanges

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from procman.core.schedule.cron import Cron
    from procman.core.schedule.cronfields import Field
    from procman.core.schedule.schedule import Schedule
    from procman.core.tasks.task import Task

REBOOT = "@reboot"
HOUR = 3600
ALL = "*"


class Times(NamedTuple):
    """When a line runs. `zone`: whose clock that is; None: that of any machine, or the machine's own."""

    fields: str
    zone: str | None = None

    @property
    def cron(self) -> Cron | None:
        """What the fields say; None for `@reboot`."""
        return None if self.fields == REBOOT else cron.parse([(each, 0) for each in self.fields.split()])


def of(task: Task, zone: str | None) -> tuple[Times, ...] | None:
    """The lines for a task, None when there are none that are exact.

    `zone` is that of schedules that name none: None for the machine's own, wherever that is.
    Several lines must never tick together: cron would run the task twice.
    """
    found = [_of_schedule(schedule, zone) for schedule in task.schedules]
    times = [each for each in found if each]
    if not times or len(times) < len(found) or len({each.zone for each in times}) > 1:
        return None
    crons = [each.cron for each in times if each.cron]
    if any(_meet(first, second) for first, second in combinations(crons, 2)):
        return None
    return None if _moved_together(crons, task.schedules[0].zone) else tuple(times)


def _of_schedule(schedule: Schedule, zone: str | None) -> Times | None:
    rule = schedule.form.rule
    if isinstance(rule, AtStart):
        return Times(REBOOT)
    if isinstance(rule, Every):
        return _every(rule)
    return _wall_clock(rule, zone, schedule) if isinstance(rule, WallClock) else None


def _every(rule: Every) -> Times | None:
    """Multiples since the epoch in UTC, as minutes of each hour on clocks that many minutes from UTC.

    All clocks today are whole quarters of an hour from UTC, nearly all whole hours: if those of the app's
    zone are, those of its machine are taken to be.
    """
    if rule.interval % 60 or HOUR % rule.interval:
        return None
    if any(offset % rule.interval for offset in _offsets(rule.zone)):
        return None
    minutes = {60: ALL, HOUR: "0"}.get(rule.interval, f"*/{rule.interval // 60}")
    return Times(f"{minutes} * * * *")


def _offsets(zone: tzinfo) -> Iterator[int]:
    yield clocks.offset(zone, clockchanges.START)
    for change in clockchanges.of(zone):
        yield change.after


def _wall_clock(rule: WallClock, zone: str | None, schedule: Schedule) -> Times | None:
    found = rule.cron
    if found.second.values != (0,) or found.day.special or found.weekday.special:
        return None
    fields = " ".join(map(field, found.fields[1:]))
    if _is_same_everywhere(found, rule.zone):
        return Times(fields)
    named = schedule.expression.split()[-1] == str(rule.zone)
    return Times(fields, str(rule.zone) if named else zone)


def _is_same_everywhere(found: Cron, zone: tzinfo) -> bool:
    """Whether it is about minutes alone, and clocks are whole hours from each other (see `_every`)."""
    hourly = all(each.text == ALL for each in found.fields[2:])
    return hourly and not any(offset % HOUR for offset in _offsets(zone))


def field(found: Field) -> str:
    """A field as any cron reads it. A `*` at its beginning means more than its values, and stays."""
    if not found.has_star:
        return ",".join(_ranges(found.values))
    star = found.text.partition(",")[0]
    covered = cronfields.parse(found.kind, star).values
    return ",".join([star, *_ranges([value for value in found.values if value not in covered])])


def _ranges(values: Sequence[int]) -> Iterator[str]:
    """`1-5` for values in a row, from three on."""
    start = 0
    for index, value in enumerate(values):
        if index + 1 == len(values) or values[index + 1] != value + 1:
            first = values[start]
            if value - first > 1:
                yield f"{first}-{value}"
            else:
                yield from map(str, range(first, value + 1))
            start = index + 1


def _meet(first: Cron, second: Cron) -> bool:
    """Whether two may tick in the same minute, as far as that can be told field by field."""
    pairs = [*zip(first.fields[1:], second.fields[1:], strict=True)]
    if not (first.needs_both_days and second.needs_both_days):
        pairs = [pair for pair in pairs if pair[0].kind not in (cronfields.DAY, cronfields.WEEKDAY)]
    return all({*one.values} & {*other.values} for one, other in pairs)


def _moved_together(crons: Sequence[Cron], zone: tzinfo) -> bool:
    """Whether one gap moves two fixed times to its end: one tick for us, two runs for Debian's cron."""
    fixed = [each for each in crons if not each.is_wildcard]
    gaps = [change for change in clockchanges.of(zone) if change.is_gap]
    return any(sum(_in_gap(each, gap.start, gap.end) for each in fixed) > 1 for gap in gaps)


def _in_gap(found: Cron, start: int, end: int) -> int:
    """How many of its times are in a gap; two are as good as more."""
    first = found.next_after(start - 1)
    if first is None or first >= end:
        return 0
    second = found.next_after(first)
    return 1 if second is None or second >= end else 2
