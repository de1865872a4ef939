"""The formation: has done what its table says, from what happened to the children and what is asked for."""

from __future__ import annotations

import math
import signal
from collections import deque

from procman.core import exitcodes, facts
from procman.core.life import child, formation
from procman.core.life.formation import Effect, Event, Formation
from procman.engine.process import may_be_asked
from procman.engine.processes import Processes
from procman.engine.services import Services
from procman.engine.story import Story
from procman.engine.timers import Timers
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.core.facts import Fact
    from procman.core.messages import Usage
    from procman.core.plan.plan import Policy, ProcessPlan
    from procman.engine.needs import Children
    from procman.engine.process import Process


class Supervisor:
    """Performs what `core/life/formation.py` decides. Without any stage it goes on until asked to stop."""

    def __init__(
        self,
        stages: Sequence[Sequence[ProcessPlan]],
        children: Children,
        publish: Callable[[Fact], None],
        policy: Policy,
    ) -> None:
        self._story = Story(publish)
        self._publish = self._story.tell
        self.processes = Processes(children, self._story.tell, policy.stop_signal)
        self._policy = policy
        self.timers = Timers()
        self.services = Services(self.processes, self.timers, policy.timeout, self)
        self._upkeep = self.services.upkeep
        self._upkeep.publish, self._upkeep.blame = self._publish, self._blame
        self.spawned, self.started = self._upkeep.spawned, self._upkeep.started
        self._stages = [*stages]
        self._formation = Formation()
        # Of processes by themselves, of which nothing has followed yet, and what they are to all.
        self._ends: deque[tuple[Process, Event]] = deque()
        self._cause: Process | None = None  # who is to blame, if anybody is
        self._reason, self._hint = "", ""
        self.stops: Callable[[], None] = lambda: None
        """Called once, before anything is stopped: nothing more may be started from then on."""
        self._next_stage()

    @property
    def finished(self) -> bool:
        """Whether every process has ended and none is to be started."""
        return self.stopping and self.processes.empty

    @property
    def in_formation(self) -> bool:
        """Whether the last stage has come, and nobody has to stop."""
        return not self._stages and not self.stopping

    @property
    def is_up(self) -> bool:
        """Whether all processes are as they are wanted, or have failed for good."""
        return self.in_formation and self.services.decided

    @property
    def stopping(self) -> bool:
        """Whether all are being stopped, for whatever reason."""
        return self._formation.stopping

    @property
    def asked_to_stop(self) -> bool:
        """Whether a stop was asked for, rather than brought about by the end of a process."""
        return self._formation.asked

    @property
    def exit_code(self) -> int:
        """What procman exits with."""
        chosen = self._policy.exit_code_from
        ended = [each for each in self.services.children if chosen and each.pid]
        codes = [each.code for each in ended if chosen in (each.plan.name, each.plan.type)]
        code = exitcodes.exit_code(codes[0]) if codes else None
        return self._formation.exit_code(code, self.processes.killed)

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock."""
        times = (self._formation.deadline, self.processes.deadline, self.timers.deadline)
        return min((at for at in times if at is not None), default=None)

    def start_next(self, now: float) -> bool:
        """Start the next process that waits for it; False when none does."""
        started = self.processes.start_next(now)
        self._follow(now)
        return started

    def child_exited(self, pid: int, code: int, usage: Usage | None, now: float) -> None:
        """A child has ended: a process, or an orphan that we adopted."""
        self.processes.child_exited(pid, code, usage, now)
        self._follow(now)

    def signalled(self, number: int, now: float) -> None:
        """procman got a signal that means stop; a second SIGINT means at once."""
        self._formation, event = formation.signalled(self._formation, number == signal.SIGINT, now)
        if event is Event.STOP:
            hint = ": press Ctrl-C again to kill" if number == signal.SIGINT else ""
            self.stop(f"{exitcodes.signal_name(number)} received", now, hint)
        elif event:
            self._step(event, now)

    def is_same_signal(self, now: float) -> bool:
        """Whether a signal that means stop is the first one, passed on once more."""
        first = self._formation.signalled_at
        return first is not None and now - first < formation.SAME_SECONDS

    def forward(self, number: int) -> None:
        """Pass a signal on to the processes of the formation; runs of tasks have not asked for any."""
        self.processes.forward(self.services.children, number)

    def suspend(self, number: int) -> None:
        """Pass SIGSTOP or SIGCONT on to everything."""
        self.processes.suspend(number)

    def postpone(self, seconds: float) -> None:
        """Nobody could obey for so long, since all were suspended: deadlines move on."""
        self.processes.postpone(seconds)
        self.timers.postpone(seconds)
        self._upkeep.postpone(seconds)
        self._formation = formation.postpone(self._formation, seconds)

    def stop(self, reason: str, now: float, hint: str = "", code: int | None = None) -> None:
        """Stop every process for a reason other than the end of one, and exit with `code` if it says so."""
        self._reason, self._hint = reason, hint
        if self.stopping and hint:  # who presses Ctrl-C is told what more there is to do
            self._perform(Effect.TELL_STOP, now)
        self._step(Event.STOP, now, code=code)

    def expire(self, now: float) -> None:
        """Do what is due: kill who did not obey, tell who is still alive, start who has waited."""
        self.processes.expire(now)
        self.timers.expire(now)
        self._follow(now)
        if (at := self._formation.decide_at) is not None and at <= now:
            self._step(Event.DECIDED, now)
        if (at := self._formation.notice_at) is not None and at <= now:
            self._notice(now)

    def failed(self, process: Process, reason: str, now: float) -> None:
        """A process could not be started."""
        process.told = True
        if process.plan.policies.ends_all:
            self._ends.append((process, Event.FAILED))

    def exited(self, process: Process, now: float) -> None:
        """A child has ended, perhaps by itself."""
        self._upkeep.exited(process)
        if process.life.wanted and process.plan.policies.ends_all:
            own = Event.FAILED if process.code else Event.DONE
            self._ends.append((process, Event.SIGNALLED if may_be_asked(process.code) else own))

    def reported(self, process: Process) -> None:
        """The end of a process has been told."""
        process.told = True
        if self.stopping and self._formation.cause and process is self._cause:
            self._tell_cause(process)

    def ended(self, process: Process, now: float) -> None:
        """Nothing is left of a process."""
        self._upkeep.gone(process, now)
        if self.services.over:
            self._follow(now)
            self._over(now)

    def _follow(self, now: float) -> None:
        """Processes have ended by themselves, and their own lives have gone on."""
        while self._ends:
            process, event = self._ends.popleft()
            self._cause = self._cause if self._formation.cause else process
            code = exitcodes.exit_code(process.code) or int(event is Event.FAILED)
            self._step(event, now, process.plan.name, code)

    def _blame(self, process: Process) -> None:
        process.told = True  # its end, or that it does not end: nothing is left to be told
        self._ends.append((process, Event.FAILED))

    def _over(self, now: float) -> None:
        """Nothing is left of the stage."""
        if self.in_formation and self.services.ended:
            self._reason, self._hint = "all processes have ended", ""
            self._step(Event.ENDED, now, code=self.services.failed_code)
        else:
            self._step(Event.OVER, now)

    def _step(self, event: Event, now: float, name: str | None = None, code: int | None = None) -> None:
        self._formation, effects = formation.step(self._formation, event, now, name, code)
        for effect in effects:
            self._perform(effect, now)

    def _perform(self, effect: Effect, now: float) -> None:
        if effect is Effect.NEXT_STAGE:
            self._next_stage()
        elif effect is Effect.STOP_ALL:
            self.stops()
            self.processes.killed = False  # runs of tasks that took too long are no fault of the formation
            self._upkeep.stop(now)
            self.processes.step_all(child.Event.STOP, now, spared=self._upkeep.held)
        elif effect is Effect.TELL_STOP:
            self._publish(facts.StopRequested(self._reason, self._hint))
        elif effect is Effect.TELL_CAUSE:
            self._story.wait_for(self._formation.cause)
            if self._cause and self._cause.told:
                self._tell_cause(self._cause)
        elif effect is Effect.KILL_ALL:
            if alive := self.processes.alive():
                self._publish(facts.KillSent(tuple(process.who for process in alive)))
            self._upkeep.kill()
            self.processes.step_all(child.Event.KILL, now)

    def _next_stage(self) -> None:
        plans = self._stages.pop(0) if self._stages else []
        if not self._stages:
            self._step(Event.LAST, 0.0)
        self.services.begin(plans)

    def _tell_cause(self, cause: Process) -> None:
        others = any(other is not cause for other in self.processes.alive())
        if others or self._story.holds:
            what = "has ended" if cause.pid else "did not start"
            self._publish(facts.StopRequested(f"{cause.plan.name} {what}"))
        self._story.go_on()

    def _notice(self, now: float) -> None:
        """Once a second: who has not obeyed. Looks at groups too, whose end not every system tells."""
        self.processes.check_groups(now)
        asked = [process for process in self.processes.alive() if process not in self._upkeep.held]
        late = self.processes.obstinate(asked)
        kills = [process.life.kill_at for process in late if process.life.kill_at is not None]
        if kills:
            self._publish(
                facts.StillAlive(tuple(process.who for process in late), math.ceil(min(kills) - now))
            )
        notice_at = now + formation.NOTICE_SECONDS if kills or self._upkeep.held else None
        self._formation = self._formation._replace(notice_at=notice_at)
