"""Pending runs are taken from the store as they are due and there is room for them: one look at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.tasks.run import Outcome, State
from procman.engine.questions import TakeDue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.core.facts import Fact
    from procman.core.tasks.limits import Limits
    from procman.core.tasks.run import Run
    from procman.core.tasks.task import Task
    from procman.engine.admission import Admissions
    from procman.engine.needs import World
    from procman.engine.runs import Runs
    from procman.engine.storequeue import StoreQueue

ELSEWHERE_SECONDS = 1.0
"""A look so often at runs of other procmans that ours wait for, where these cannot ring."""
LONGEST_SLEEP = 30.0
"""A look at least so often: the clock may be set, a ring of the bell unheard."""

SET_BACK = "the store was set back: how it ended is not known"


class Intake:
    """`at` is when the next look is due, in UTC seconds; None before the first. Of runs with a number up to
    `seen` everybody has been told that they were asked for."""

    def __init__(
        self,
        admissions: Admissions,
        runs: Runs,
        queue: StoreQueue,
        publish: Callable[[Fact], None],
        world: World,
    ) -> None:
        self.admissions = admissions
        self.orphans = admissions.orphans
        self._runs = runs
        self.publish = publish
        self.world = world
        self._queue = queue
        admissions.unstarted.lined_up = self._lined_up
        self._under_way = self._wanted = False
        self.crowded = False
        """Whether runs are due that had no room."""
        self._known = self._left_out = False
        self._worthwhile = True  # a look may find something of which nothing is known here
        self.at: float | None = None
        self.seen: int | None = None

    def due(self, wall: float) -> bool:
        """Whether it is time; also when the clock was set back."""
        return self.at is not None and not wall < self.at <= wall + LONGEST_SLEEP

    def by(self, due: float | None) -> None:
        """Look when something is due, or before: the look that is next tells when, and is not left out."""
        if due is not None and (self.at is None or due < self.at + LONGEST_SLEEP):
            self.at, self._known = due if self.at is None else min(due, self.at), True

    def again(self) -> None:
        """It is time: look, or wait for the next time when the store has said that nothing is due."""
        self.at = self.world.wall() + LONGEST_SLEEP  # also when the store has not answered the last one yet
        if self._known or self._worthwhile:
            self.now()
        else:
            self._left_out = True

    def told(self, is_due: bool) -> None:
        """The store says whether a look may find something. What has come since it had said so before, when a
        look was left out, is looked for now."""
        self._worthwhile = is_due
        if is_due and self._left_out:
            self.now()
        self._left_out = False

    def room_again(self, task: Task) -> None:
        """A run of this task has ended: look for one that had no room, if there may be any."""
        if self.crowded or task.concurrency:
            self.now()

    def now(self) -> None:
        """Take what is due, as much as there is room for."""
        if self._under_way or not self.admissions.open:
            self._wanted = True
            return
        self._under_way, self._wanted = True, False
        self.at, self._known = self.world.wall() + LONGEST_SLEEP, False
        self._queue.query(TakeDue(self, *self.admissions.room))

    @property
    def limits(self) -> Limits:
        """How many of which task may be taken now; by a clock that is wrong no tick would be in time."""
        limits = self.admissions.elsewhere.limits.and_without(self.admissions.unstarted.unknown)
        lease = self.world.lease
        return limits if lease is None or lease.may_tick else limits.without_ticks(self.admissions.tasks)

    def take(self, run: Run, others: Sequence[Run]) -> None:
        """A pending run has been claimed. If it was ours before, and another host gave it back, what is still
        to be written about that would be taken for what becomes of it now: then it is taken after that."""
        if self._queue.is_behind(run.id):
            self.admissions.unstarted.release(run, self.now)
        elif self._runs.has(run):
            self._runs.tell_again(run)
        elif run in self._runs.past:
            self.disown(run)
        else:
            self.admissions.taken(run, others)

    def disown(self, run: Run) -> None:
        """The store has it as ours, and it is not here. The answer to a claim was lost with the connection;
        or the store was set back, to a backup or to a standby that did not get all, and has forgotten how the
        run ended. Nobody knows that any more. An end of just now is written before this, and counts."""
        if run.state is State.RUNNING or run in self._runs.past:
            task = self.admissions.tasks.get(run.task)
            again = self.world.wall() if task and task.rerun_if_lost else None
            self.admissions.unstarted.close(run, Outcome.LOST, SET_BACK, again, self.now)
        else:
            self.admissions.unstarted.release(run, self.now)

    def taken(self, jobs: int, crowded: bool, more: bool) -> None:
        """So many jobs were taken; `crowded` when others had no room, `more` when there is something else."""
        self._under_way, self.crowded = False, crowded
        if self._wanted or more or (crowded and jobs and max(self.admissions.room)):
            self.now()

    @property
    def watched(self) -> frozenset[str]:
        """The tasks of which it matters what runs of other procmans are there."""
        limited = () if self.world.lease else self.admissions.elsewhere.limits.limited
        return self.admissions.elsewhere.watched.union(limited)

    def heard(self, others: Mapping[str, Sequence[Run]], to_stop: Sequence[Run]) -> None:
        """What is at other procmans of those tasks, and what these want to be stopped here."""
        found = self.admissions.asked_to_stop(to_stop)
        self.admissions.heard(others)
        if not found or (self.world.lease is None and any(others.get(task) for task in self.watched)):
            self.by(self.world.wall() + ELSEWHERE_SECONDS)

    def _lined_up(self, run: Run) -> None:
        """A run waits, perhaps for one of another procman, which may have ended before it was to be seen that
        somebody waits, and so nobody rang: look whether it is still there."""
        if run.task in self.admissions.elsewhere.watched:
            self.now()

    def refused(self) -> None:
        """The store would not: there is another look, when it is due."""
        self._under_way, self._known = False, True
