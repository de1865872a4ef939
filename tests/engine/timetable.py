"""Replays days of a schedule against the scheduler: children, clocks and the store's thread are fakes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from signal import SIGTERM
from typing import TYPE_CHECKING, NamedTuple

from procman.app.tasks import due_here
from procman.core.config import taskfile
from procman.core.messages import Usage
from procman.core.plan.plan import Policy
from procman.core.tasks.strays import Stray
from procman.engine.bus import Bus
from procman.engine.lease import Lease
from procman.engine.needs import World
from procman.engine.runs import Runs
from procman.engine.scheduler import Scheduler
from procman.engine.storequeue import StoreQueue
from procman.engine.supervisor import Supervisor
from procman.testing.fakes import FakeChildren, FakeClock, FakeLiveness, FakeWorker
from procman.testing.memory import MemoryStore
from tests.engine.play import process

if TYPE_CHECKING:
    from collections.abc import Container

    from procman.core.facts import Fact
    from procman.core.tasks.run import Run
    from procman.engine.store import Store

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Options(NamedTuple):
    """What a procman was started with, beside its tasks."""

    formation: str = ""
    leased: bool = False
    labels: tuple[str, ...] = ()
    kill_timeout: float = 5.0
    ticks_of: tuple[str, ...] = ()


USUAL = Options()


class Timetable:
    """One procman with its tasks. Runs end by themselves after `takes` seconds by task, at once if not given.

    Times are told as minutes and seconds from the beginning: `at(10, 30)`.
    """

    def __init__(
        self,
        tasks: str,
        store: Store | None = None,
        begin: datetime = NOON,
        owner: str = "procman-1",
        options: Options = USUAL,
    ) -> None:
        formation, leased, labels, kill_timeout, ticks_of = options
        text = "\n".join(f"  {line}" for line in tasks.strip("\n").splitlines())
        tasks_of_file = taskfile.parse(f"tasks:\n{text}\n".encode(), "procman.yml", UTC).tasks
        self.tasks = due_here(tasks_of_file, ticks_of)
        self.store = store or MemoryStore()
        self.children = FakeChildren()
        self.clock = FakeClock()
        self.begun = self.wall = begin.timestamp()
        self.takes: dict[str, float] = {}
        self.codes: dict[str, int] = {}
        self.liveness = FakeLiveness(owner)
        self.dead = self.liveness.dead
        self.facts: list[Fact] = []
        bus = Bus(self.children.publish, self.facts.append)
        self.obeys = True
        """Whether runs end when they get a signal."""
        self.strays: list[tuple[int, float, int | None]] = []
        """What has been left outside all groups and does not end: pid, minute of its start, its run."""
        self.ending: list[tuple[float, str]] = []
        self._noted: set[str] = set()
        self.reached: list[tuple[int, int]] = []
        self.worker = FakeWorker(self.store)
        stages = [[process(name) for name in stage.split()] for stage in formation.split(" then ")]
        self.supervisor = Supervisor(stages, self.children, self.children.publish, Policy(5.0, SIGTERM))
        self.world = World(
            clock=self.clock,
            wall=lambda: self.wall,
            zone=UTC,
            chance=lambda: 0.0,
            liveness=self.liveness,
            strays=self._find_strays,
            reach=self._reach,
            lease=Lease(bus.publish, kill_timeout, self.clock()) if leased else None,
            labels=labels,
        )
        self.queue = StoreQueue(self.worker, bus.publish, self.clock)
        self.active = Runs(self.supervisor.processes, self.queue, bus.publish, self.world, kill_timeout)
        self.scheduler = Scheduler(self.tasks, self.active, self.queue, bus.publish, self.world)
        self.supervisor.stops = self.scheduler.close

    def start(self) -> Timetable:
        """procman starts."""
        self.scheduler.begin()
        self.settle()
        return self

    def at(self, minutes: float, seconds: float = 0) -> Timetable:
        """Time passes, deadline by deadline as the engine would see them."""
        until = self.begun + minutes * 60 + seconds
        while self.wall < until:
            self.pass_time(min(self._next(), until - self.wall))
            self.settle()
        return self

    def pass_time(self, seconds: float) -> None:
        """Both clocks go on, and nobody looks."""
        self.clock.now += seconds
        self.wall += seconds

    def settle(self) -> Timetable:
        """Everything that is to be done at this moment is done."""
        busy = True
        while busy:
            busy = self.supervisor.start_next(self.clock.now)
            self._note_started()
            self._end_runs()
            self.supervisor.expire(self.clock.now)
            self.scheduler.expire(self.clock.now)
            busy |= self.worker.work() or self.supervisor.start_next(self.clock.now)
        return self

    def exit(self, name: str, code: int = 0) -> Timetable:
        """The child of a run ends, and all of its group."""
        self.ending = [(at, each) for at, each in self.ending if each != name]
        self.children.leave(name)
        usage = Usage(1 << 20, 0.25)
        self.supervisor.child_exited(self.children.pids[name], code, usage, self.clock.now)
        self.supervisor.processes.output_closed(name, self.clock.now)
        return self

    def stop(self) -> Timetable:
        """procman is asked to stop, and all obey."""
        self.supervisor.stop("asked", self.clock.now)
        for name in [each.plan.name for each in self.supervisor.processes.alive()]:
            self.exit(name, -SIGTERM)
        return self.settle()

    def runs(self) -> list[Run]:
        """All rows of the store that are not pending, the oldest first."""
        return sorted(self.store.history(None, 100_000), key=lambda run: run.id)

    def rows(self) -> list[str]:
        """Each run in short: task, when it was due, and what became of it."""
        return [self._short(run) for run in self.runs()]

    def told(self, *words: str) -> list[str]:
        """What was said or done with these words in it, since it was last asked for."""
        journal = [line for line in self.children.journal if all(word in line for word in words)]
        self.children.journal.clear()
        return journal

    def _short(self, run: Run) -> str:
        at = run.tick if run.tick is not None else run.due
        minutes, seconds = divmod(round((at or 0) - self.begun), 60)
        trigger = "" if run.trigger == "schedule" else f" {run.trigger}"
        return f"{run.task} {minutes:d}:{seconds:02d}{trigger} {run.outcome or run.state}"

    def _next(self) -> float:
        """Seconds the engine would sleep."""
        times = [self.supervisor.deadline, self.scheduler.deadline, *(at for at, _ in self.ending)]
        return max(0.0, min((at for at in times if at is not None), default=1e9) - self.clock.now)

    def _note_started(self) -> None:
        for name in self.children.pids.keys() - self._noted:
            self._noted.add(name)
            task = name.rpartition(".")[0]
            if task in self.tasks:
                self.ending.append((self.clock.now + self.takes.get(task, 0.0), name))

    def _end_runs(self) -> None:
        for at, name in list(self.ending):
            if at <= self.clock.now:
                self.exit(name, self.codes.get(name.rpartition(".")[0], 0))
            elif self.obeys and self.children.signalled.get(name):
                self.exit(name, -self.children.signalled[name])

    def _find_strays(self, known: Container[int]) -> list[Stray]:
        begun = [(pid, self.begun + minute * 60, run) for pid, minute, run in self.strays if pid not in known]
        return [Stray(pid, self.wall - at, run) for pid, at, run in begun if at <= self.wall]

    def _reach(self, pid: int, number: int) -> bool:
        self.reached.append((pid, number))
        return True


def days(number: float) -> float:
    """In minutes, as `Timetable.at` takes them."""
    return timedelta(days=number) / timedelta(minutes=1)
