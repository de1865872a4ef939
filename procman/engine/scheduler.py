"""Ticks to runs: what is due is claimed in the store (`questions`), and admitted to run."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from procman.core import facts
from procman.core.tasks import due
from procman.engine.admission import Admissions
from procman.engine.intake import Intake
from procman.engine.lease import Unshared
from procman.engine.pruning import Pruning
from procman.engine.questions import Begin, ClaimTicks, PlanAnew, Recover, Reload
from procman.engine.storequeue import Ask
from procman.engine.ticks import AGAIN_SECONDS, AHEAD_SECONDS, Ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.core.facts import Fact
    from procman.core.tasks.instance import Renewal
    from procman.core.tasks.run import Run
    from procman.core.tasks.task import Task
    from procman.engine.needs import World
    from procman.engine.runs import Runs
    from procman.engine.storequeue import Question, StoreQueue

SET_BACK_SECONDS = 60.0
"""A clock that goes back by more is told of."""
ADMITTING_SECONDS = 0.002
RECOVER_SECONDS, ENDING_SECONDS = 30.0, 1.0
"""What killed procmans left is looked for when we wake, not more often, and while some of it is there."""


class Scheduler:
    """Does what is due of ticks, of what was asked for, and of what others left."""

    def __init__(
        self,
        tasks: Mapping[str, Task],
        runs: Runs,
        queue: StoreQueue,
        publish: Callable[[Fact], None],
        world: World,
    ) -> None:
        self.tasks = tasks
        self._lease = world.lease or Unshared()
        self.publish = publish
        self.world = world
        self.ticks = Ticks(tasks, world)
        self._runs, self._queue = runs, queue
        self._admissions = Admissions(tasks, runs, queue, publish, world)
        self.orphans = self._admissions.orphans
        self.intake = Intake(self._admissions, runs, queue, publish, world)
        self.pruning = Pruning(tasks, queue)
        self._claimed: deque[tuple[Run, Sequence[Run]]] = deque()  # ticks that are due in a moment
        self._later: deque[tuple[float, Callable[[Scheduler], Question]]] = deque()  # monotonic, as the next
        self._recover_at: float | None = None
        self._latest, self._closed = 0.0, False
        self.output, self.look = runs.output, self.intake.now
        self._admissions.open = not self._lease.lapsed
        runs.gone, queue.caught_up = self._gone, self.look

    # What the engine asks

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock: anew each time, since the other clock may be set."""
        due = [self.ticks.next_at if self._lease.may_tick else None, self.intake.at]
        due += [self._claimed[0][0].due] if self._claimed else []
        walls = [at for at in due if at is not None]
        times = [self._runs.deadline, self._queue.deadline, self._lease.deadline]
        if self._admissions.open:
            times += [self._recover_at] if self.orphans.ending and self.orphans.suspected else []
            times += [self._later[0][0]] if self._later else []
            if walls:
                times.append(self.world.clock() + max(0.0, min(walls) - self.world.wall()))
        return min((at for at in times if at is not None), default=None)

    @property
    def settled(self) -> bool:
        """Whether the store has been told everything, as far as it takes it."""
        return self._queue.settled

    def begin(self) -> None:
        """Learn from the store where things stand, close what a killed procman left, and go on from there."""
        self._admissions.late_before = self.world.wall() - due.ON_TIME_SECONDS
        self._queue.query(Begin(self))

    def expire(self, now: float) -> None:
        """Do what is due."""
        self._queue.expire(now, self._runs.starting)
        self._runs.expire(now)
        self._watch_lease(now)
        if not self._admissions.open:
            return
        wall = self.world.wall()
        self._watch_clock(wall)
        while self._later and self._later[0][0] <= now:
            self._queue.query(self._later.popleft()[1](self))
        if self.orphans.suspected and self._recover_at is not None and self._recover_at <= now:
            self._recover_at = None
            self._queue.query(Recover(self))
        if self._lease.may_tick and (rows := self.ticks.rows(wall)):
            self._queue.query(ClaimTicks(self, rows, wall))
        self.admit()
        if self.intake.due(wall):
            self.intake.again()
            self.pruning.begin(wall)

    def renewed(self, news: Renewal) -> None:
        """The lease was renewed."""
        self._watch_lease(news.sent, news.silent)  # who was suspended may hear of that first
        back = self._lease.renewed(news, self.world.clock())
        self.intake.told(news.due)
        if self.orphans.suspect(news):
            self._recover_at = self.world.clock()
        if self._admissions.open or self._closed or self._lease.lapsed:
            return
        self._admissions.open = True
        if back:
            self.begin_anew()
        elif self.intake.seen is not None:
            self.look()

    def _watch_lease(self, now: float, silent: float = 0.0) -> None:
        """What another may run again is stopped in time, and nothing starts."""
        if self._lease.lapses(now, silent):
            self._admissions.close()
            self.admit()
            self._lease.tell(self._runs.fence(self._lease.killed_by, self.world.clock()))

    def postpone(self, seconds: float) -> None:
        """All were suspended for so long."""
        self._runs.postpone(seconds)

    def begin_anew(self) -> None:
        """Another store is there now, perhaps an empty one: make our tasks known to it."""
        if self._admissions.open:
            while self._claimed:  # in the one before: this one has them as ours, or nobody's
                self.ticks.take_back(self._claimed.popleft()[0])
            self._plan_anew()
            self._queue.query(Recover(self))
            self.look()

    def waiting(self) -> dict[int, str]:
        """The runs that wait for another one, or for a place, by number, and why."""
        return {run.id: why for run, why in self._admissions.waiting()}

    @property
    def crowded(self) -> bool:
        """Whether runs that were asked for wait until others end, as there are too many at once."""
        return self.intake.crowded

    def write_down(self, then: Callable[[], None], rounds: int = 3) -> None:
        """Have the store told of all that has happened by now, as far as it takes it; then call `then`."""

        def answered(answer: object = None) -> None:
            if self._queue.settled or not rounds:
                then()
            else:
                self.write_down(then, rounds - 1)

        self._queue.query(Ask(lambda store: None, answered, then))

    def reload(self, tasks: Mapping[str, Task]) -> None:
        """These are the tasks from now on. What runs goes on as it began; who waits comes under these."""
        self.ticks.hold()
        self._queue.query(Reload(self, tasks))

    def reloaded(self, tasks: Mapping[str, Task]) -> None:
        """The store knows them."""
        self.tasks = tasks
        self.pruning = Pruning(tasks, self._queue)
        self._admissions.reload(tasks)
        self.look()

    def killed(self) -> None:
        """The guardian, the pid that people know, was killed: what is stopped from now on is lost."""
        self._runs.killed = True

    def close(self) -> None:
        """Start nothing more; who waits does so until the next start."""
        if not self._closed:
            self._closed = True
            self._admissions.close()
            self._runs.close(self.world.clock())
            self.admit()

    # What follows from the store's answers

    def begun(self, latest: float) -> None:
        """Where things stand is known: something happened at that time, which may be still to come."""
        self._latest = latest
        self._queue.query(Recover(self))
        self.look()

    def ask_later(self, question: Callable[[Scheduler], Question]) -> None:
        """The store would not say where things stand: ask again in a while."""
        self._later.append((self.world.clock() + AGAIN_SECONDS, question))

    def recovered(self) -> None:
        """What was left is closed, or will be: some of it may be pending now."""
        self._recover_at = self.world.clock() + (ENDING_SECONDS if self.orphans.ending else RECOVER_SECONDS)
        if self.orphans.found:
            self.look()

    def disown(self, runs: Sequence[Run]) -> None:
        """The store has these as ours: those that are not here go back, or are closed."""
        here = {run.id for run, _ in self._claimed}
        for run in runs:
            if not (run.id in here or self._runs.has(run) or self._admissions.has(run)):
                self.intake.disown(run)

    def claimed(self, run: Run, others: Sequence[Run]) -> None:
        """A tick is ours, and starts when it is due; `others` are runs of its task at another procman."""
        self._claimed.append((run, others))

    def admit(self) -> None:
        """Let claimed ticks start that are due, or do not wait in vain: the clock may have been set back.

        Of many some at a time: the first begin while the others are admitted.
        """
        wall, until = self.world.wall(), self.world.clock() + ADMITTING_SECONDS
        while self._claimed:
            due, wait = self._claimed[0][0].due or 0.0, self._admissions.open
            if wait and (wall < due <= wall + AHEAD_SECONDS or self.world.clock() > until):
                return
            self._admissions.tick(*self._claimed.popleft())

    def _watch_clock(self, wall: float) -> None:
        """What ran does not run again when the clock is set back; all else is planned anew."""
        if wall < self._latest - SET_BACK_SECONDS:
            self.publish(facts.ClockSetBack(self._latest - wall))
            self._latest = wall
            self._plan_anew()
        self._latest = max(self._latest, wall)

    def _plan_anew(self) -> None:
        self.ticks.hold()
        self._queue.query(PlanAnew(self))

    def _gone(self, task: Task, retry_due: float | None) -> None:
        """Nothing is left of a run; its next attempt may have a time."""
        self.intake.by(retry_due)
        self.pruning.note([task.name])
        if self._admissions.open:
            self._admissions.next(task.name)
            self.intake.room_again(task)
