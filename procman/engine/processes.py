"""The table of all processes: asks the lifecycle table what follows from what happened, and does it."""

from __future__ import annotations

import signal
from collections import deque

from procman.core import facts
from procman.core.life import child
from procman.core.life.child import Effect, Event, Phase
from procman.engine.process import is_due, keep
from procman.errors import SpawnError
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable

    from procman.core.facts import Fact
    from procman.core.messages import Usage
    from procman.engine.needs import Children
    from procman.engine.process import Process

NAMING_SECONDS = 0.05
"""A shell that stays starts its command within that time, or before its first output."""
GIVEN_UP = (Phase.CLOSING, Phase.ENDED)


class Processes:
    """Those of the formation and runs of tasks alike, by name, from `add` until nothing is left of them."""

    def __init__(self, children: Children, publish: Callable[[Fact], None], stop_signal: int) -> None:
        self._children = children
        self._publish = publish
        self._stop_signal = stop_signal
        self._by_name: dict[str, Process] = {}
        self._by_pid: dict[int, Process] = {}
        self._to_start: deque[Process] = deque()
        self._timed: dict[str, Process] = {}  # those that have a deadline, and no other is looked at
        self._left: dict[str, Process] = {}  # those whose main process has ended
        self._nameless: dict[str, float] = {}  # whose main process is not known, and when that is asked for
        self._unread_since: float | None = None
        self.killed = False
        """Whether SIGKILL reached anybody."""
        self.others: Callable[[], Collection[int]] = tuple
        """Children that are none of these, and none that somebody has left behind: probes."""

    @property
    def empty(self) -> bool:
        """Whether nothing is left of any process."""
        return not self._by_name

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock."""
        lives = [process.life for process in self._timed.values()]
        kills = [life.kill_at for life in lives if life.kill_at is not None]
        drains = [life.drain_at for life in lives if life.drain_at is not None]
        if self._unread_since is None:
            kills += drains
        return min([*kills, *self._nameless.values()], default=None)

    @property
    def starting(self) -> bool:
        """Whether any wait to be started."""
        return bool(self._to_start)

    @property
    def pids(self) -> Container[int]:
        """The children that are there."""
        return {*self._by_pid, *self.others()}

    def add(self, process: Process) -> None:
        """Have a process started when its turn comes."""
        self._by_name[process.plan.name] = process
        self._to_start.append(process)

    def start_next(self, now: float) -> bool:
        """Start the next process that waits for it; False when none does."""
        while self._to_start:
            process = self._to_start.popleft()
            if process.life.phase is Phase.IDLE:
                self.step(process, Event.START, now)
                return True
        return False

    def child_exited(self, pid: int, code: int, usage: Usage | None, now: float) -> None:
        """A child has ended: a process, or an orphan that we adopted, perhaps the last of a group."""
        process = self._by_pid.pop(pid, None)
        if process is None or process.life.phase in GIVEN_UP:  # and gone after all
            self.check_groups(now)
            return
        if not process.pid:
            self._has_started(process, pid, now)
        process.code, process.usage = self._children.main_code(process.plan.name, code), usage
        process.owner.exited(process, now)
        self.step(process, Event.EXITED, now)

    def output_closed(self, name: str, now: float) -> None:
        """The output of a process has ended."""
        if process := self._by_name.get(name):
            self.step(process, Event.OUTPUT_CLOSED, now)

    def output_drained(self, name: str, now: float) -> None:
        """The output that a process had when that was asked for has been read."""
        if process := self._by_name.get(name):
            self.step(process, Event.OUTPUT_DRAINED, now)

    def alive(self) -> list[Process]:
        """Those that are started and not gone."""
        return [process for process in self._by_name.values() if process.life.phase is not Phase.IDLE]

    def obstinate(self, among: Iterable[Process]) -> list[Process]:
        """Those without SIGKILL of whom somebody is left, though perhaps only of their group."""
        spared = [process for process in among if not process.life.killed]
        running = (Phase.RUNNING, Phase.STOPPING)
        return [each for each in spared if each.life.phase in running or self._children.left(each.plan.name)]

    def forward(self, processes: Iterable[Process], number: int) -> None:
        """Pass a signal on to the main processes."""
        for process in processes:
            if process.life.phase not in (Phase.IDLE, Phase.ENDED):
                self._children.forward(process.plan.name, number)

    def suspend(self, number: int) -> None:
        """SIGSTOP or SIGCONT to everything."""
        for process in self.alive():
            self._children.signal_group(process.plan.name, number)

    def main_started(self, name: str, pid: int, now: float) -> None:
        """The main process of a child is known."""
        if (process := self._by_name.get(name)) and not process.pid:
            self._has_started(process, pid, now)

    def step_all(self, event: Event, now: float, spared: Container[Process] = ()) -> None:
        """The same event for every process: STOP or KILL."""
        for process in list(self._by_name.values()):
            if process not in spared:
                self.step(process, event, now)

    def expire(self, now: float) -> None:
        """Do what is due: end waiting for output, kill who did not obey."""
        self._name(now)
        timed = list(self._timed.values())
        for process in timed if self._unread_since is None else ():
            if is_due(process.life.drain_at, now):
                self.step(process, Event.DRAIN_DUE, now)
        late = [process for process in timed if is_due(process.life.kill_at, now)]
        if obstinate := self.obstinate(late):
            self._publish(facts.KillSent(tuple(process.who for process in obstinate)))
        for process in late:
            self.step(process, Event.KILL_DUE, now)

    def _name(self, now: float) -> None:
        for name in [name for name, at in self._nameless.items() if at <= now]:
            self._nameless[name] = now + NAMING_SECONDS
            if (pid := self._children.main_pid(name)) is not None:
                self.main_started(name, pid, now)

    def postpone(self, seconds: float) -> None:
        """Nobody could obey for so long, since all were suspended: deadlines move on."""
        for process in self._timed.values():
            process.life = child.postpone(process.life, seconds)

    def output_paused(self, now: float) -> None:
        """No output is read from now on: that is no time to wait for its end."""
        if self._unread_since is None:
            self._unread_since = now

    def output_resumed(self, now: float) -> None:
        """Output is read again."""
        if self._unread_since is not None:
            for process in self._timed.values():
                process.life = child.unread(process.life, self._unread_since, now)
            self._unread_since = None

    def check_groups(self, now: float) -> None:
        """Look whether the groups of ended children are gone."""
        for process in list(self._left.values()):
            self._check_group(process, now)

    def step(self, process: Process, event: Event, now: float) -> None:
        """Something happened to a process: have done what follows."""
        process.life, effects = child.step(process.life, event, now)
        for effect in effects:
            self._perform(process, effect, now)
        self._file(process, now)

    def _file(self, process: Process, now: float) -> None:
        """Keep the indexes in step with the life of a process."""
        name, life = process.plan.name, process.life
        if self._by_name.get(name) is not process:
            return  # it has ended in a step within this one, and its name may be another's
        keep(self._timed, name, process, life.kill_at is not None or life.drain_at is not None)
        keep(self._left, name, process, life.phase in (Phase.DRAINING, Phase.LEAVING))
        if life.phase is Phase.ENDED:
            del self._by_name[name]
            process.owner.ended(process, now)

    def _perform(self, process: Process, effect: Effect, now: float) -> None:
        name = process.plan.name
        stop_signal = process.plan.policies.stop_signal or self._stop_signal
        if effect is Effect.SPAWN:
            self._spawn(process, now)
        elif effect is Effect.SIGNAL_STOP:
            self._children.stop(name, stop_signal)
        elif effect is Effect.SIGNAL_REST:
            self._children.stop_rest(name, stop_signal)
        elif effect is Effect.SIGNAL_KILL:
            self.killed |= self._children.kill(name)
        elif effect is Effect.DRAIN_OUTPUT:
            self._children.drain_output(name)
        elif effect is Effect.CLOSE_OUTPUT:
            self._children.close_output(name)
        elif effect is Effect.GIVE_UP:
            process.code = -signal.SIGKILL
            self._publish(facts.GivenUp(process.who))
        elif effect is Effect.REPORT:
            self._publish(facts.ProcessEnded(name, process.code, process.pid))
            process.owner.reported(process)
        elif effect is Effect.CHECK_GROUP:
            self._check_group(process, now)

    def _spawn(self, process: Process, now: float) -> None:
        process.began = now
        try:
            spawned = self._children.spawn(process.plan)
        except SpawnError as error:
            process.code = error.exit_code
            self._publish(facts.SpawnFailed(process.plan.name, str(error)))
            process.owner.failed(process, str(error), now)
            self.step(process, Event.SPAWN_FAILED, now)
            return
        process.child, process.output = spawned.child, spawned.output
        self._by_pid[spawned.child] = process
        process.owner.spawned(process, now)
        if spawned.main is None:
            self._nameless[process.plan.name] = now + NAMING_SECONDS
        else:
            self._has_started(process, spawned.main, now)

    def _has_started(self, process: Process, pid: int, now: float) -> None:
        process.pid = pid
        self._nameless.pop(process.plan.name, None)
        self._publish(facts.ProcessStarted(process.plan.name, pid))
        process.owner.started(process, now)

    def _check_group(self, process: Process, now: float) -> None:
        if not self._children.left(process.plan.name) and process.life.phase is Phase.LEAVING:
            self.step(process, Event.GROUP_GONE, now)
