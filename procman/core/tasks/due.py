"""What is due: ticks between two instants, which of them run, what a run may do when others are there.

All times are UTC seconds since the epoch; ticks are whole seconds.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING
from zlib import crc32

from procman.core.facts import TicksMissed
from procman.core.schedule import durations, instants
from procman.core.tasks.run import Outcome, TickRow, Trigger
from procman.core.tasks.task import Missed, Overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.core.schedule.schedule import Schedule
    from procman.core.tasks.run import Run
    from procman.core.tasks.task import Task

ON_TIME_SECONDS = 5
"""A tick that is later than this counts as missed: procman was not there, suspended, or the clock was set."""
MOST_CATCH_UPS = 100
MOST_ROWS = 1000
"""Missed ticks of one task that get a row each; of more, the oldest share one."""
MOST_ROWS_OF_ALL = 100_000
LONGEST_DELAY = 600.0


def next_tick(schedules: Sequence[Schedule], after: int) -> int | None:
    """The first tick of any of the schedules after an instant."""
    ticks = [tick for schedule in schedules if (tick := schedule.tick_after(after)) is not None]
    return min(ticks, default=None)


def rows(task: Task, accounted: int, now: float, most: int = MOST_ROWS) -> list[TickRow]:
    """What becomes of every tick after `accounted` up to now, in order; of too many, the oldest share a row.

    Those on time run. Of the missed ones, the task's `missed` says which are made up for, if within `grace`.
    """
    ticks, left_out = _newest_ticks(task.schedules, accounted, int(now), most)
    on_time = [tick for tick in ticks if now - tick <= ON_TIME_SECONDS]
    missed = ticks[: len(ticks) - len(on_time)]
    made_up = _made_up(task, missed, bool(on_time), now)
    rows = [_row(task, tick, Trigger.CATCH_UP if tick in made_up else None, now) for tick in missed]
    rows += [_row(task, tick, Trigger.SCHEDULE, now) for tick in on_time]
    if left_out is not None:
        reason = f"and all others before {instants.rfc3339(ticks[0])}: too many to list"
        rows.insert(0, TickRow(task.name, left_out, outcome=Outcome.MISSED, reason=reason))
    return rows


def _made_up(task: Task, missed: Sequence[int], newer_runs: bool, now: float) -> set[int]:
    recent = [tick for tick in missed if now - tick <= task.grace]
    if task.missed is Missed.ALL:
        return set(recent[-MOST_CATCH_UPS:])
    return set(recent[-1:]) if task.missed is Missed.ONCE and not newer_runs else set()


def _row(task: Task, tick: int, trigger: Trigger | None, now: float) -> TickRow:
    if trigger is None:
        late, grace = durations.wording(now - tick), durations.wording(task.grace)
        reason = f"{late} late, missed: {task.missed}, grace: {grace}"
        return TickRow(task.name, tick, command=task.command, outcome=Outcome.MISSED, reason=reason)
    return TickRow(task.name, tick, trigger, tick + jitter_of(task, tick), task.command)


def too_late(task: Task, lateness: float) -> bool:
    """Whether a tick that waited, for its jitter, its next attempt or a restart, is not to begin any more.

    To be on time counts as that whatever the grace: nothing begins in the very moment at which it is due.
    """
    return lateness > max(task.grace, ON_TIME_SECONDS)


def rows_of_each(tasks: int) -> int:
    """How many rows missed ticks of one task get when there are so many tasks."""
    return max(MOST_CATCH_UPS, min(MOST_ROWS, MOST_ROWS_OF_ALL // max(1, tasks)))


def missed(new: Sequence[Run]) -> list[TicksMissed]:
    """What people are told about new rows of ticks that were missed, a fact for each task."""
    late = [run for run in new if run.outcome is Outcome.MISSED or run.trigger is Trigger.CATCH_UP]
    number = Counter(run.task for run in late if run.outcome is not Outcome.SKIPPED)
    made_up = Counter(run.task for run in late if not run.outcome)
    return [TicksMissed(task, ticks, made_up[task]) for task, ticks in number.items()]


def _newest_ticks(
    schedules: Sequence[Schedule], after: int, until: int, most: int
) -> tuple[list[int], int | None]:
    """At most so many ticks in (after, until], the newest; and the first of all when more were left out.

    Looks at longer and longer spans back from the end, so that a second's schedule that was away for
    a year costs no more than one that was away for an hour.
    """
    enough, too_many, span = most + 1, 4 * most, ON_TIME_SECONDS
    start = max(after, until - span)
    while len(ticks := _ticks(schedules, start, until, too_many)) < enough:
        if start == after:
            return ticks, None
        span *= 2
        start = max(after, until - span)
    early, late = (
        start,
        until,
    )  # when they came in a burst, too many come behind `early`, and none behind `late`
    while not enough <= len(ticks) < too_many:
        middle = (early + late) // 2
        ticks = _ticks(schedules, middle, until, too_many)
        early, late = (middle, late) if len(ticks) == too_many else (early, middle)
    return ticks[-most:], next_tick(schedules, after)


def _ticks(schedules: Sequence[Schedule], after: int, until: int, most: int) -> list[int]:
    """The first ticks in (after, until], at most so many."""
    ticks: list[int] = []
    while len(ticks) < most and (tick := next_tick(schedules, after)) is not None and tick <= until:
        ticks.append(tick)
        after = tick
    return ticks


class Admission(Enum):
    """What a claimed tick does: stand in line (and start at once, as the first), or not, or clear the way."""

    LINE_UP = "line up"
    SKIP = "skip"
    REPLACE = "replace"


MOST_WAITING = 100


def admit(overlap: Overlap, orderly: bool, running: int, waiting: int) -> Admission:
    """What a tick does, with so many runs of its task, and so many in line, of all procmans.

    Those that make up for what was missed are `orderly`: they follow each other whatever the overlap.
    """
    if overlap is Overlap.ALLOW or not running + waiting:
        return Admission.LINE_UP
    if orderly or overlap is Overlap.QUEUE:
        return Admission.LINE_UP if waiting < MOST_WAITING else Admission.SKIP
    return Admission.REPLACE if overlap is Overlap.REPLACE else Admission.SKIP


def retry_delay(initial: float, attempt: int, chance: float) -> float:
    """Seconds until the next attempt: doubled after each, at most ten minutes, and spread.

    `chance` in [0, 1) takes up to half of it away, so that what failed together does not come back together.
    """
    full = min(initial * 2.0 ** min(attempt - 1, 30), LONGEST_DELAY)
    return full * (1 - chance / 2)


def jitter_of(task: Task, tick: int) -> float:
    """Seconds by which a tick starts later: the same for each asker, spread over the task's `jitter`."""
    return task.jitter * crc32(f"{task.name} {tick}".encode()) / 2**32
