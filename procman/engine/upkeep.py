"""Keeps each process of the formation as it is wanted: performs what `core/life/service.py` decides."""

from __future__ import annotations

from functools import partial

from procman.core.life import child, service
from procman.core.life.child import Phase
from procman.core.life.service import Effect, Event, State
from procman.core.plan.policies import FOREMAN, GiveUp
from procman.engine.process import Process
from procman.engine.stopping import Stopping
from procman.engine.waiting import Waiting
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from procman.core.facts import Fact
    from procman.engine.attendant import Attendant
    from procman.engine.process import Owner
    from procman.engine.processes import Processes
    from procman.engine.service import Service
    from procman.engine.timers import Timers

RUNS = (State.STARTING, State.UP)


class Upkeep:
    """`services` are all of them, by name; `owner` is told of their children."""

    def __init__(
        self,
        services: dict[str, Service],
        processes: Processes,
        timers: Timers,
        timeout: float,
        owner: Owner,
    ) -> None:
        self._services = services
        self._processes = processes
        self._timers = timers
        self._timeout = timeout
        self._owner = owner
        self._waiting = Waiting(services, self.step, self._may_not_begin)
        self._stopping = Stopping(processes, timers, timeout)
        self.attendants: list[Attendant] = []
        self.publish: Callable[[Fact], None] = lambda fact: None
        self.blame: Callable[[Process], None] = lambda process: None
        """Told of a process whose end is the end of all, though nobody would think so from how it ended."""
        self.last_lines: Callable[[str], list[str]] = lambda name: []
        """The last that a process has written."""
        self.chance: Callable[[], float] = lambda: 0.5
        """A random number in [0, 1)."""

    @property
    def held(self) -> Collection[Process]:
        """Children that have not been asked to stop yet, though all are to stop."""
        return self._stopping.held

    def of(self, process: Process) -> Service | None:
        """Whose child it is."""
        found = self._services.get(process.plan.name)
        return found if found and found.process is process else None

    def start(self, now: float) -> None:
        """Start all that is to start by itself: all are wanted before one waits for another."""
        self._waiting.hold()
        for each in self._services.values():
            if each.plan.policies.autostart:
                self.step(each, Event.START, now)
        self._waiting.go_on(now)

    def stop(self, now: float) -> None:
        """Stop all, those last on which others depend."""
        services = self._services.values()
        self._stopping.prepare(services, [each for each in services if each.state in RUNS], now)
        for each in [*self._services.values()]:  # one that is dropped may go at once
            self.step(each, Event.STOP, now)
        self._stopping.begin(now)

    def postpone(self, seconds: float) -> None:
        """Nobody could obey for so long."""
        self._stopping.postpone(seconds)

    def kill(self) -> None:
        """All have got SIGKILL: nobody waits for others any more."""
        self._stopping.end()

    # What happens

    def spawned(self, process: Process, now: float) -> None:
        """A child is there, and may say something: it is looked after from now on."""
        if found := self.of(process):
            self._attend(found, now)

    def started(self, process: Process, now: float) -> None:
        """Its main process is known."""
        if found := self.of(process):
            self._is_there(found, now)

    def adjust(self, found: Service, now: float) -> None:
        """It has other policies from now on, and its child need not know."""
        self._leave(found)
        if found.process:
            found.process.take(found.plan, self._patience(found))
            self._attend(found, now)
        self._is_there(found, now)

    def _attend(self, found: Service, now: float) -> None:
        if found.process and found.process.life.phase is Phase.RUNNING and found.state in RUNS:
            for attendant in self.attendants:
                attendant.begun(found, now)

    def _is_there(self, found: Service, now: float) -> None:
        """It is ready at once, unless it is said when that is; and somebody may wait for its start."""
        policies = found.plan.policies
        at_once = policies.ready is None and not policies.oneshot
        if found.begun and (at_once or found.early):
            self.ready(found, now)
        self._waiting.look(found, now)

    def ready(self, found: Service, now: float) -> None:
        """A process is ready; that is told behind its start."""
        found.early = not found.begun
        if found.state is not State.STARTING or found.early:
            return
        if found.plan.policies.ready and found.process:
            from procman.core.life.facts import ProcessReady  # only apps that say so wait for it

            self.publish(ProcessReady(found.plan.name, round(now - found.process.began, 3)))
        self.step(found, Event.READY, now)
        for attendant in self.attendants:
            attendant.ready(found, now)

    def sick(self, found: Service, reason: str, now: float, late: bool = False) -> None:
        """A process is not well, or uses too much; or it is `late`: not ready in time."""
        from procman.core.life.facts import ProcessSick

        found.why, found.late = reason, late
        self.publish(ProcessSick(found.plan.name, reason))
        self.step(found, Event.SICK, now)

    def exited(self, process: Process) -> None:
        """A child has ended; something may be left of it."""
        if found := self.of(process):
            self._leave(found)

    def gone(self, process: Process, now: float) -> None:
        """Nothing is left of a child."""
        found = self.of(process)
        if found and found.state in (*RUNS, State.FAILING) and found.plan.policies is not FOREMAN:
            self._conclude(found, process, now)
        elif found:
            self.step(found, Event.GONE, now)
        self._stopping.gone(process, now)

    # What follows

    def step(self, found: Service, event: Event, now: float) -> None:
        """Something has happened to a process, or is wanted of it."""
        before = found.state
        found.state, effect = service.step(before, event)
        if before in RUNS and found.state not in RUNS:
            self._leave(found)
        if before is State.BACKOFF and found.timer:
            found.timer.cancel()
        if effect in (Effect.LOOK, Effect.NEW_CHILD) or found.state is State.DOWN:
            found.forget()
        if effect is Effect.NEW_CHILD:
            found.process = Process(found.plan, self._patience(found), self._owner)
            found.restarts += 1
            self._processes.add(found.process)
        elif effect is Effect.STOP_CHILD and found.process and found.process not in self._stopping.held:
            self._processes.step(found.process, child.Event.STOP, now)
        elif effect is Effect.WAIT:
            found.timer = self._timers.set(now + found.delay, partial(self.step, found, Event.DUE))
        if found.dropped and found.state is State.DOWN:
            self._services.pop(found.plan.name, None)
        if found.state is not before or effect is Effect.LOOK:
            self._waiting.look(found, now)

    def _patience(self, found: Service) -> float:
        own = found.plan.policies.timeout
        return self._timeout if own is None else own

    def _conclude(self, found: Service, process: Process, now: float) -> None:
        """It has ended by itself, or was not well: its policies say what that means."""
        from procman.engine import ends  # only apps that have policies wait for it

        was_stopped = found.state is State.FAILING
        event = ends.meaning(found, process, now)
        found.delay, found.failed_at = ends.delay(found, self.chance()), now
        lines = self.last_lines(found.plan.name) if event is Event.GIVEN_UP else []
        ends.tell(self.publish, found, event, lines)
        self.step(found, event, now)
        gave_up = event is Event.GIVEN_UP and found.plan.policies.give_up is GiveUp.STOP
        if gave_up or (event is Event.GONE and was_stopped):
            self.blame(process)

    def _leave(self, found: Service) -> None:
        for attendant in self.attendants:
            attendant.left(found)

    def _may_not_begin(self, found: Service, reason: str, ever: bool) -> None:
        from procman.core.life.facts import ProcessSkipped, ProcessWaits

        self.publish((ProcessWaits if ever else ProcessSkipped)(found.plan.name, reason))
