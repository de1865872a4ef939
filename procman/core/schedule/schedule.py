"""When a task is due: an expression, read once and shared, and its ticks. `forms.py` has what can be written.

Nothing here reads a clock: every question names the instant that it is about.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from procman.core.schedule import advice, clocks, grammar
from procman.core.schedule.cronfields import ScheduleError
from procman.core.schedule.rules import AtStart, Once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from procman.core.schedule.grammar import Form
    from procman.core.schedule.rules import Dst

__all__ = ["Occurrence", "Schedule", "ScheduleError", "parse", "shortest_gap", "surprises", "upcoming"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Schedule:
    """A schedule expression; immutable.

    `expression` is as written with its blanks tidied, `wording` the same in plain words. `at_start`: due
    when procman starts and at no other time. `once`: it has a single tick.
    """

    __slots__ = ("_answer", "_asked", "at_start", "expression", "form", "once", "wording", "zone")

    def __init__(self, expression: str, form: Form) -> None:
        self.expression = expression
        self.form = form
        self.zone: tzinfo = form.zone
        self.wording = form.wording
        self.at_start = isinstance(form.rule, AtStart)
        self.once = isinstance(form.rule, Once)
        self._asked = 0
        self._answer: int | None = 0  # an answer to nothing: no instant is in between

    def __repr__(self) -> str:
        return f"Schedule({self.expression!r}, {self.zone})"

    def next_after(self, instant: datetime) -> datetime | None:
        """The first tick strictly after an instant, in UTC; None when none comes any more."""
        tick = self._compute(_whole_seconds(instant))
        return None if tick is None else datetime.fromtimestamp(tick, UTC)

    def tick_after(self, epoch: int) -> int | None:
        """The same in UTC seconds since the epoch; for one thread.

        An answer holds until its tick comes: all tasks that share the schedule ask for the same one.
        """
        if not (self._asked <= epoch and (self._answer is None or epoch < self._answer)):
            self._answer = self._compute(epoch)
            self._asked = epoch
        return self._answer

    def _compute(self, epoch: int) -> int | None:
        return self.form.rule.tick_after(max(epoch, clocks.EARLIEST)) if epoch < clocks.LATEST else None


class Occurrence(NamedTuple):
    """A tick in UTC and the wall time, without zone, that the expression means.

    `dst`: "moved" out of a gap, whose wall time `local` is; "dropped", in a gap: no tick, `tick` is the
    instant of the gap; "second", in the second pass of a repeated hour.
    """

    tick: datetime
    local: datetime
    dst: Dst | None = None


@lru_cache(maxsize=4096)
def parse(text: str, zone: tzinfo) -> Schedule:
    """The schedule of an expression, in `zone` unless it ends with another; one object for each text.

    Raises `ScheduleError` with a sentence, and where in the text the mistake is.
    """
    return Schedule(" ".join(text.split()), grammar.parse(text, zone))


def upcoming(schedule: Schedule, after: datetime) -> Iterator[Occurrence]:
    """The ticks strictly after an instant in their order, with what daylight saving does to them."""
    epoch = max(_whole_seconds(after), clocks.EARLIEST)
    for match in schedule.form.rule.matches_after(epoch) if epoch < clocks.LATEST else ():
        yield Occurrence(datetime.fromtimestamp(match.tick, UTC), clocks.naive(match.wall), match.dst)


def shortest_gap(schedule: Schedule, after: datetime, ticks: int = 1000) -> float | None:
    """Seconds between the two of the next ticks that are nearest; None when there are not two."""
    gaps = (second - first for first, second in pairwise(islice(_ticks(schedule, after), ticks)))
    return min(map(float, gaps), default=None)


def _ticks(schedule: Schedule, after: datetime) -> Iterator[int]:
    tick = schedule._compute(_whole_seconds(after))
    while tick is not None:
        yield tick
        tick = schedule._compute(tick)


def surprises(schedule: Schedule, now: datetime) -> list[str]:
    """What may surprise the author of a schedule, a sentence each; daylight saving in the next 400 days."""
    return advice.of(schedule.form, _whole_seconds(now))


def _whole_seconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(seconds=1)
