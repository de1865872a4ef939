"""The formation: which processes run, what the end of one means for all, how all are stopped."""

from __future__ import annotations

import math
import signal

from procman.core import exitcodes, facts
from procman.core.life.child import Event
from procman.engine.process import MOMENT, may_be_asked
from procman.engine.processes import Processes
from procman.engine.services import Services
from procman.engine.story import Story
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.core.facts import Fact
    from procman.core.messages import Usage
    from procman.core.plan.plan import Policy, ProcessPlan
    from procman.engine.needs import Children
    from procman.engine.process import Process

NOTICE_SECONDS = 1.0
SAME_SECONDS = 0.3
"""A SIGINT so soon after the first is the same one: `timeout -s INT` and others pass it on once more."""
KILLED = 128 + signal.SIGKILL


class Supervisor:
    """Stages run one after the other, each started when the one before has ended with code 0; in the
    last stage, the formation, the end of one process is the end of all (as Foreman). Without any stage
    it goes on until it is asked to stop."""

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
        self.services = Services(self.processes, policy.timeout, self)
        self._stages = [*stages]
        self._notice_at: float | None = None
        self._stopping = False
        self._asked = False
        self._interrupted_at: float | None = None
        self._signalled_at: float | None = None
        self._undecided_until: float | None = None
        self._cause: Process | None = None
        self._cause_is_told = False
        self._code: int | None = None
        self.stops: Callable[[], None] = lambda: None
        """Called once, before anything is stopped: nothing more may be started from then on."""
        self._next_stage()

    # What the engine asks

    @property
    def finished(self) -> bool:
        """Whether every process has ended and none is to be started."""
        return self._stopping and self.processes.empty

    @property
    def in_formation(self) -> bool:
        """Whether the last stage has come, and nobody has to stop."""
        return not self._stages and not self._stopping

    @property
    def stopping(self) -> bool:
        """Whether all are being stopped, for whatever reason."""
        return self._stopping

    @property
    def asked_to_stop(self) -> bool:
        """Whether a stop was asked for, rather than brought about by the end of a process."""
        return self._asked

    @property
    def exit_code(self) -> int:
        """Of the process that ended first by itself; 0 when asked to stop and all obeyed."""
        chosen = self._policy.exit_code_from
        for process in self.services.children if chosen else ():
            if process.pid and chosen in (process.plan.name, process.plan.type):
                return exitcodes.exit_code(process.code)
        if self._code is not None:
            return self._code
        return KILLED if self.processes.killed else 0

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock."""
        times = (self._notice_at, self._undecided_until, self.processes.deadline)
        return min((at for at in times if at is not None), default=None)

    # What happened

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
        if self._signalled_at is None:
            self._signalled_at = now
        if number == signal.SIGINT and self._interrupted_at is not None:
            if now - self._interrupted_at >= SAME_SECONDS:
                self._kill_all(now)
            return
        if number == signal.SIGINT:
            self._interrupted_at = now
        hint = ": press Ctrl-C again to kill" if number == signal.SIGINT else ""
        self.stop(f"{exitcodes.signal_name(number)} received", now, hint)

    def is_same_signal(self, now: float) -> bool:
        """Whether a signal that means stop is the first one, passed on once more."""
        return self._signalled_at is not None and now - self._signalled_at < SAME_SECONDS

    def forward(self, number: int) -> None:
        """Pass a signal on to the processes of the formation; runs of tasks have not asked for any."""
        self.processes.forward(self.services.children, number)

    def suspend(self, number: int) -> None:
        """Pass SIGSTOP or SIGCONT on to everything."""
        self.processes.suspend(number)

    def postpone(self, seconds: float) -> None:
        """Nobody could obey for so long, since all were suspended: deadlines move on."""
        self.processes.postpone(seconds)
        if self._notice_at is not None:
            self._notice_at += seconds
        if self._undecided_until is not None:
            self._undecided_until += seconds

    def stop(self, reason: str, now: float, hint: str = "", code: int | None = None) -> None:
        """Stop every process for a reason other than the end of one, and exit with `code` if it says so."""
        self._asked = True
        if self._undecided_until is not None:  # whoever has ended so shortly before was asked too
            self._undecided_until = self._cause = None
        if self._code is None:
            self._code = code
        if hint or not self._stopping:
            self._publish(facts.StopRequested(reason, hint))
        self._stop_all(now)

    def expire(self, now: float) -> None:
        """Do what is due: kill who did not obey, tell who is still alive."""
        self.processes.expire(now)
        if self._undecided_until is not None and self._undecided_until <= now:
            self._undecided_until = None
            self._follow(now)
        if self._notice_at is not None and self._notice_at <= now:
            self._notice(now)

    # What the table of processes tells their owner

    def started(self, process: Process) -> None:
        """A process has a child: all is well."""

    def failed(self, process: Process, reason: str, now: float) -> None:
        """A process could not be started."""
        self._ended_by_itself(process, now)

    def exited(self, process: Process, now: float) -> None:
        """A child has ended; only the release may do so, with code 0, without an end of all."""
        if process.life.wanted and (process.code or not self._stages):
            self._ended_by_itself(process, now)

    def reported(self, process: Process) -> None:
        """The end of a process has been told."""
        if process is self._cause:
            self._cause_is_told = True
            if self._stopping:
                self._tell_cause()

    def ended(self, process: Process, now: float) -> None:
        """Nothing is left of a process."""
        self.services.gone(process, now)
        if self.services.over and self._stages and not self._stopping and self._cause is None:
            self._next_stage()

    # What follows

    def _next_stage(self) -> None:
        self.services.begin(self._stages.pop(0) if self._stages else [])

    def _ended_by_itself(self, process: Process, now: float) -> None:
        """The end of this process is the end of all, and its code that of procman."""
        asked = may_be_asked(process.code)
        if self._cause is None:
            self._cause = process
            self._undecided_until = now + MOMENT if asked else None
        elif not asked:
            self._undecided_until = None

    def _follow(self, now: float) -> None:
        if self._cause is None or self._stopping or self._undecided_until is not None:
            return
        self._code = exitcodes.exit_code(self._cause.code)
        self._stop_all(now)
        if self._cause_is_told:
            self._tell_cause()
        else:
            self._story.wait_for(self._cause.plan.name)

    def _tell_cause(self) -> None:
        cause = self._cause
        others = any(other is not cause for other in self.processes.alive())
        if cause and (others or self._story.holds):
            self._publish(facts.StopRequested(f"{cause.plan.name} has ended"))
        self._story.go_on()

    def _stop_all(self, now: float) -> None:
        if not self._stopping:
            self._stopping = True
            self.stops()
            self._notice_at = now + NOTICE_SECONDS
            self.processes.killed = False  # runs of tasks that took too long are no fault of the formation
        self.services.stop(now)
        self.processes.step_all(Event.STOP, now)

    def _kill_all(self, now: float) -> None:
        if alive := self.processes.alive():
            self._publish(facts.KillSent(tuple(process.who for process in alive)))
        self.processes.step_all(Event.KILL, now)

    def _notice(self, now: float) -> None:
        """Once a second: who has not obeyed. Looks at groups too, whose end not every system tells."""
        self.processes.check_groups(now)
        late = self.processes.obstinate(self.processes.alive())
        kills = [process.life.kill_at for process in late if process.life.kill_at is not None]
        if kills:
            self._publish(
                facts.StillAlive(tuple(process.who for process in late), math.ceil(min(kills) - now))
            )
        self._notice_at = now + NOTICE_SECONDS if kills else None
