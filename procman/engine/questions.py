"""What the scheduler asks of the store, and what happens then: a class each, read from top to bottom.

`perform` runs in the store's thread, in one transaction. Then, in ours, either `answered` goes on with what
that gave, which is in the store by now; or the store is in trouble, nothing was changed, and `refused` sees
to it that the same is asked again.

In the life of a procman they come in this order: `Begin`, `Recover`, then `ClaimTicks` when ticks are due,
`TakeDue` when something that was asked for may be, `Recover` again from time to time, and `PlanAnew` when the
clock was set back or the store is another one.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from procman.core import facts
from procman.core.tasks import due
from procman.core.tasks.facts import JobQueued, of_end
from procman.core.tasks.outlook import left_to_others, outlook
from procman.core.tasks.run import Survey
from procman.core.tasks.transitions import Event, reruns
from procman.engine.elsewhere import beside, hold_back
from procman.engine.ticks import AHEAD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from procman.core.tasks.run import Run, Summary, Surveyed, TaskState, TickRow
    from procman.core.tasks.task import Task
    from procman.engine.askers import Intake, Scheduler
    from procman.engine.store import Store

MOST_TOLD = 100
"""Jobs that are told of at once, as having been asked for."""


class Known(NamedTuple):
    """What the store knows when procman begins."""

    states: Mapping[str, TaskState]
    pasts: Mapping[str, Summary]
    last_id: int
    latest: int
    """The latest tick that has a row, also one that is still to come."""


class Begin:
    """Learn where things stand, and go on from there."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._now = scheduler.world.wall()

    def perform(self, store: Store) -> Known:
        latest = max((past.last_tick or 0 for past in store.summaries().values()), default=0)
        states = _recall(store, self._scheduler.tasks.values(), self._now)
        return Known(states, store.summaries(), store.last_id(), latest)

    def answered(self, known: Known) -> None:
        scheduler, wall = self._scheduler, self._scheduler.world.wall()
        now = datetime.fromtimestamp(wall, scheduler.world.zone)
        _tell(scheduler, scheduler.tasks.values(), known.states, now)
        scheduler.intake.seen = known.last_id
        scheduler.ticks.begin(known.states, known.pasts, wall)
        scheduler.begun(max(wall, known.latest))

    def refused(self) -> None:
        self._scheduler.ask_later(Begin)


class Reload:
    """Make other tasks known to the store, and go on with those."""

    def __init__(self, scheduler: Scheduler, tasks: Mapping[str, Task]) -> None:
        self._scheduler = scheduler
        self._tasks = tasks
        self._now = scheduler.world.wall()

    def perform(self, store: Store) -> dict[str, TaskState]:
        return _recall(store, self._tasks.values(), self._now)

    def answered(self, states: Mapping[str, TaskState]) -> None:
        scheduler, wall = self._scheduler, self._scheduler.world.wall()
        now = datetime.fromtimestamp(wall, scheduler.world.zone)
        _tell(scheduler, self._tasks.values(), states, now)
        scheduler.ticks.reload(self._tasks, states, wall)
        scheduler.reloaded(self._tasks)

    def refused(self) -> None:
        self._scheduler.ask_later(lambda scheduler: Reload(scheduler, self._tasks))


class PlanAnew:
    """Have the store forget what cannot have happened yet, or another store know our tasks, and plan anew."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._now = scheduler.world.wall()

    def perform(self, store: Store) -> None:
        _recall(store, self._scheduler.tasks.values(), self._now)

    def answered(self, answer: None) -> None:
        self._scheduler.ticks.plan_anew(int(self._now))

    def refused(self) -> None:
        self._scheduler.ask_later(PlanAnew)


def _tell(
    scheduler: Scheduler, tasks: Iterable[Task], states: Mapping[str, TaskState], now: datetime
) -> None:
    """What comes next here, and what does not run here."""
    here = [task for task in tasks if task.runs_with(scheduler.world.labels)]
    scheduler.publish(outlook(here, states, now))
    for text in left_to_others(tasks, scheduler.world.labels):
        scheduler.publish(facts.Notice(text))


def _recall(store: Store, tasks: Iterable[Task], now: float) -> dict[str, TaskState]:
    return store.recall({task.name: task.timetable if task.enabled else "" for task in tasks}, int(now))


class Recover:
    """Close what killed procmans left, when nothing of it is left. Give back what the store has as ours and
    we do not know: it was claimed, and the connection broke before we were told."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._rerun = {task.name for task in scheduler.tasks.values() if task.rerun_if_lost}
        self._known = scheduler.tasks.keys() if scheduler.world.lease else None
        self._now = scheduler.world.wall()

    def perform(self, store: Store) -> tuple[list[Run], list[Run]]:
        return self._scheduler.orphans.recover(store, self._rerun, self._known, self._now)

    def answered(self, answer: tuple[list[Run], list[Run]]) -> None:
        closed, ours = answer
        self._scheduler.disown(ours)
        for run in closed:
            self._scheduler.publish(of_end(run, self._now if reruns(run, self._rerun) else None))
            self._scheduler.publish(facts.RunEnded(run.name, str(run.outcome), run.reason or ""))
        self._scheduler.recovered()

    def refused(self) -> None:
        self._scheduler.recovered()


class ClaimTicks:
    """Have a row written for every tick that has none, and start those that are to run."""

    def __init__(self, scheduler: Scheduler, rows: Sequence[TickRow], wall: float) -> None:
        self._scheduler = scheduler
        self._rows = rows
        self._wall = wall
        self._ticks = {row.task: row.tick for row in rows}
        self._held: Collection[int] = ()

    def perform(self, store: Store) -> tuple[list[Run], dict[str, list[Run]]]:
        liveness = self._scheduler.world.liveness
        liveness.hold()
        new = store.claim(self._rows, liveness.owner, self._wall)
        claimed = [run for run in new if not run.outcome]
        for run in claimed:
            if self._waits(run):
                store.move(run, Event.RELEASE)
        now = [run for run in claimed if not self._waits(run)]
        self._held = hold_back(store, now, self._scheduler.tasks)
        return new, beside(store, self._scheduler.orphans, now, self._scheduler.tasks)

    def answered(self, answer: tuple[list[Run], dict[str, list[Run]]]) -> None:
        scheduler, (new, others) = self._scheduler, answer
        scheduler.ticks.written(self._ticks)
        for run in new:
            if run.outcome:
                scheduler.publish(of_end(run))
            elif self._waits(run):
                scheduler.intake.by(run.due)
            elif run.id not in self._held:
                scheduler.claimed(run, others.get(run.task, []))
        scheduler.admit()
        for fact in due.missed(new):
            scheduler.publish(fact)
        scheduler.pruning.note(self._ticks)

    def refused(self) -> None:
        self._scheduler.ticks.put_off(self._ticks, self._wall)

    def _waits(self, run: Run) -> bool:
        """Whether it has jitter, and starts later than its tick."""
        return run.due is not None and run.due > self._wall + AHEAD_SECONDS


class Taken(NamedTuple):
    """What is due, and what else the store said meanwhile."""

    runs: list[Run]
    others: Mapping[str, list[Run]]
    more: Surveyed


class TakeDue:
    """Claim what was asked for and is due, and what waited for its time: as much as there is room for."""

    def __init__(self, intake: Intake, late: int, fresh: int) -> None:
        self._intake = intake
        self._room = late, fresh
        self._unknown = frozenset(intake.admissions.unstarted.unknown)
        self._limits = intake.limits
        self._watched = intake.watched
        self._now = intake.world.wall()

    def perform(self, store: Store) -> Taken:
        intake, liveness = self._intake, self._intake.world.liveness
        liveness.hold()
        late_before = intake.admissions.late_before
        runs = store.take_due(self._now, liveness.owner, late_before, self._room, self._limits)
        others = beside(store, intake.orphans, runs, intake.admissions.tasks)
        others |= intake.orphans.others(store, self._watched - others.keys())
        replaces = intake.world.lease or intake.admissions.elsewhere.replaces
        owner = liveness.owner if replaces else None  # others may want ours to make way
        survey = Survey(owner, self._now, tuple(self._limits.forbidden), intake.seen, MOST_TOLD)
        return Taken(runs, others, store.survey(survey))

    def answered(self, taken: Taken) -> None:
        intake, more = self._intake, taken.more
        for run in more.asked_for:
            intake.publish(JobQueued(run.id, run.task, run.due or 0.0, run.key))
        all_told = len(more.asked_for) < MOST_TOLD
        if intake.seen is not None:
            intake.seen = more.last_id if all_told else more.asked_for[-1].id
        intake.by(more.next_due)
        for run in taken.runs:
            intake.take(run, taken.others.get(run.task, []))
        intake.heard(taken.others, more.to_stop)
        jobs = sum(run.tick is None for run in taken.runs)
        again = self._unknown != intake.admissions.unstarted.unknown or not all_told
        intake.taken(jobs, jobs >= min(self._room), again)

    def refused(self) -> None:
        self._intake.refused()
