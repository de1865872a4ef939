"""The runs that are there: started like any process, timed, their output kept, their end written down."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from procman.core import facts
from procman.core.life.child import Event, Phase
from procman.core.life.formation import DOUBT_SECONDS
from procman.core.plan.plan import ProcessPlan, of_run
from procman.core.schedule.durations import wording
from procman.core.tasks import transitions
from procman.core.tasks.facts import of_end
from procman.core.tasks.run import Ending, Finish, Outcome, Run, Start
from procman.engine.active import KILLED, STOPPED, Active, Lane
from procman.engine.ended import Ended
from procman.engine.lease import FENCED
from procman.engine.leftovers import Leftovers
from procman.engine.process import Process, may_be_asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.facts import Fact
    from procman.core.tasks.task import Task
    from procman.engine.needs import World
    from procman.engine.processes import Processes
    from procman.engine.storequeue import StoreQueue


class Runs:
    """Runs by name, each a process of the table. `gone` is told when nothing is left of one,
    and when its next attempt is due, if there is one."""

    def __init__(
        self,
        processes: Processes,
        queue: StoreQueue,
        publish: Callable[[Fact], None],
        world: World,
        kill_timeout: float,
    ) -> None:
        self._processes = processes
        self._queue = queue
        self._publish = publish
        self._world = world
        self._kill_timeout = kill_timeout
        self.active: dict[str, Active] = {}
        self._by_task: dict[str, dict[str, Process]] = {}
        self._timeouts: list[tuple[float, str]] = []  # a heap; those of ended runs are passed over
        self._leftovers = Leftovers(processes, self, world, kill_timeout)
        self._undecided: deque[tuple[float, Process]] = deque()
        self._closing = False
        self.past = Ended()
        self.killed = False
        """Whether procman is stopped because its guardian was killed."""
        self.count = dict.fromkeys(Lane, 0)
        self.gone: Callable[[Task, float | None], None] = lambda task, retry_due: None

    @property
    def starting(self) -> bool:
        """Whether children wait to be started."""
        return self._processes.starting

    def fence(self, by: float, now: float) -> int:
        """Stop what another host may run again when we are taken for dead, by then with SIGKILL; give back
        what has not begun. How many were stopped."""
        here = [(each, self._by_task[each.task.name][name]) for name, each in self.active.items()]
        waiting = [process for _, process in here if process.life.phase is Phase.IDLE]
        running = [process for each, process in here if each.comes_again and process not in waiting]
        for process in (*waiting, *running):
            process.hurry(by, now)
            self.stop(process.plan.name, *FENCED, now)
        return len(running)

    def has(self, run: Run) -> bool:
        """Whether a run is here."""
        return run.name in self.active

    def of(self, task: str) -> list[str]:
        """The names of the runs of a task."""
        return list(self._by_task.get(task, ()))

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock."""
        while self._timeouts and self._timeouts[0][1] not in self.active:
            heappop(self._timeouts)
        times = [self._timeouts[0][0]] if self._timeouts else []
        times += [self._undecided[0][0]] if self._undecided else []
        return min((at for at in (*times, self._leftovers.deadline) if at is not None), default=None)

    def tell_again(self, run: Run) -> None:
        """Something was claimed by the name of a run that is here: the store was set back, and hears again
        that this one has begun. If it has given the number to another, that waits until ours is gone."""
        active = self.active[run.name]
        if active.run.started_at:
            self._tell_started(active, self._by_task[run.task][run.name], active.run.started_at)

    def start(self, run: Run, task: Task, lane: Lane) -> None:
        """Have a claimed run started when its turn comes. It goes back if another one has its number."""
        if self.has(run):
            self._queue.write(run.id, lambda store: store.move(run, transitions.Event.RELEASE))
            return
        plan = ProcessPlan(run.name, task.name, 0, task.command, None, of_run(run), run.args)
        process = Process(plan, self._kill_timeout, self)
        self.active[run.name] = Active(run, task, lane)
        self._by_task.setdefault(task.name, {})[run.name] = process
        self.count[lane] += 1
        self._processes.add(process)

    def output(self, name: str, data: bytes) -> None:
        """A run has written something; what others write is of no interest here."""
        if active := self.active.get(name):
            active.capture.add(data)

    def stop(self, name: str, outcome: Outcome, reason: str, now: float) -> None:
        """Stop a run, and say why."""
        active = self.active[name]
        if active.outcome is None:
            active.outcome, active.reason = outcome, reason
        self._processes.step(self._by_task[active.task.name][name], Event.STOP, now)

    def expire(self, now: float) -> None:
        """Stop those that take longer than their task allows."""
        while self._timeouts and self._timeouts[0][0] <= now:
            name = heappop(self._timeouts)[1]
            if (active := self.active.get(name)) and not active.ended_at:
                reason = f"took longer than {wording(active.task.timeout or 0)}"
                self._publish(facts.RunLate(name, reason))
                self.stop(name, Outcome.TIMED_OUT, reason, now)
        while self._undecided and self._undecided[0][0] <= now:
            self._conclude(self._undecided.popleft()[1], now)
        self._leftovers.expire(now)

    def postpone(self, seconds: float) -> None:
        """All were suspended for so long: timeouts move on."""
        self._timeouts = [(at + seconds, name) for at, name in self._timeouts]
        self._undecided = deque((at + seconds, process) for at, process in self._undecided)

    # What the table of processes tells their owner

    def spawned(self, process: Process, now: float) -> None:
        """A run has a child: that is written down when its main process is known."""

    def started(self, process: Process, now: float) -> None:
        """A run has a child: that is written down."""
        active = self.active[process.plan.name]
        active.began = True
        at = self._world.wall()
        active.run = active.run._replace(started_at=at)
        if active.task.timeout is not None:
            heappush(self._timeouts, (self._world.clock() + active.task.timeout, process.plan.name))
        self._tell_started(active, process, at)

    def _tell_started(self, active: Active, process: Process, at: float) -> None:
        run, command, pid = active.run, process.plan.command, process.pid
        who = self._world.liveness.identity
        self._queue.tell(run.id, lambda: Start(run, command, pid, who(pid), at), active.told)

    def failed(self, process: Process, reason: str, now: float) -> None:
        """A run could not be started."""
        active = self.active[process.plan.name]
        active.began = True
        active.outcome, active.reason = Outcome.FAILED, f"could not be started: {reason}"
        active.ended_at = self._world.wall()

    def exited(self, process: Process, now: float) -> None:
        """The child of a run has ended."""
        active = self.active[process.plan.name]
        active.ended_at = self._world.wall()
        if active.outcome is None:
            active.outcome, active.reason = self._outcome(process)
            active.undecided = process.life.wanted and may_be_asked(process.code)

    def reported(self, process: Process) -> None:
        """The end of a run has been told."""

    def ended(self, process: Process, now: float) -> None:
        """Nothing is left of a run: what becomes of it is decided now, or a moment later."""
        active = self.active[process.plan.name]
        if active.undecided and not self._closing:
            self._undecided.append((now + DOUBT_SECONDS, process))
        else:
            self._conclude(process, now)

    def close(self, now: float) -> None:
        """All are asked to stop."""
        self._closing = True
        while self._undecided:
            self._conclude(self._undecided.popleft()[1], now)

    def _conclude(self, process: Process, now: float) -> None:
        """The end of a run is written down, and perhaps its next attempt planned."""
        name = process.plan.name
        active = self.active.pop(name)
        if active.undecided and self._closing:
            active.outcome, active.reason = self._cut_short
        self._by_task[active.task.name].pop(name)
        self.count[active.lane] -= 1
        retry_due = None
        run, reason = active.run, active.reason
        if active.began and (active.outcome, reason) != FENCED:  # which begins again, maybe here
            self.past.add(run)
        if active.began:
            retry_due = self._finish(active, process)
            self._leftovers.of(run.id, process, now)
        elif active.outcome and (active.outcome, reason) != FENCED:  # somebody had a reason to stop it
            finish = Finish(run, Ending(Outcome.SKIPPED, self._world.wall(), reason=reason))
            self._queue.tell(run.id, lambda: finish, self._told)
        else:
            self._queue.write(run.id, lambda store: store.move(run, transitions.Event.RELEASE))
        self.gone(active.task, retry_due)

    def _finish(self, active: Active, process: Process) -> float | None:
        """Have the end written down; when the next attempt is due, if there is one."""
        run = active.run
        if active.outcome is None:  # it did not even die of SIGKILL
            active.outcome, active.reason = self._cut_short
        ending = active.ending(active.outcome, process.code, process.usage, self._world.wall())
        planned = active.retry(self._world.chance)
        retry_due = ending.at + planned.seconds if planned else active.rerun(ending.at)

        def told(ended: Run | None) -> None:
            self._told(ended, retry_due)
            if ended and planned:
                self._publish(planned)

        self._queue.tell(run.id, lambda: Finish(run, ending, retry_due), told)
        return retry_due

    def _told(self, ended: Run | None, retry_due: float | None = None) -> None:
        """The end of a run is in the store, unless somebody else has written another."""
        if ended:
            self._publish(of_end(ended, retry_due))

    @property
    def _cut_short(self) -> tuple[Outcome, str]:
        """How a run ends that does so because procman does."""
        return KILLED if self.killed else STOPPED

    def _outcome(self, process: Process) -> tuple[Outcome, str | None]:
        if not process.life.wanted:
            return self._cut_short
        return (Outcome.FAILED, None) if process.code else (Outcome.OK, None)
