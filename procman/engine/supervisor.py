"""Runs the processes of a plan: asks the lifecycle table what follows from what happened, and does it."""

from __future__ import annotations

import math
import signal
from typing import TYPE_CHECKING

from procman.core import facts, lifecycle
from procman.core.lifecycle import Effect, Event, Phase
from procman.engine.process import Process
from procman.errors import SpawnError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.core.config import Policy, ProcessPlan
    from procman.core.facts import Fact
    from procman.engine.needs import Children

NOTICE_SECONDS = 1.0
KILLED = 128 + signal.SIGKILL


class Supervisor:
    """Stages run one after the other, each started when the one before has ended with code 0; in the
    last stage, the formation, the end of one process is the end of all (as Foreman)."""

    def __init__(
        self,
        stages: Sequence[Sequence[ProcessPlan]],
        children: Children,
        publish: Callable[[Fact], None],
        policy: Policy,
    ) -> None:
        self._children = children
        self._publish = publish
        self._policy = policy
        self._stages = [[Process(plan, policy.timeout) for plan in stage] for stage in stages]
        self._stage = self._stages.pop(0)
        self._by_pid: dict[int, Process] = {}
        self._notice_at: float | None = None
        self._stopping = False
        self._asked = False
        self._interrupted = False
        self._cause: Process | None = None
        self._code: int | None = None
        self._refused = False

    # What the engine asks

    @property
    def finished(self) -> bool:
        """Whether every process has ended and none is to be started."""
        return self._stage_ended and (self._stopping or not self._stages)

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
        for process in self._stage if chosen else ():
            if process.pid and chosen in (process.plan.name, process.plan.type):
                return facts.exit_code(process.code)
        if self._code is not None:
            return self._code
        return KILLED if self._refused else 0

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock."""
        times = [self._notice_at]
        for process in self._stage:
            times += process.life.kill_at, process.life.drain_at
        return min((time for time in times if time is not None), default=None)

    # What happened

    def start_next(self, now: float) -> bool:
        """Start the next process that waits for it; False when none does."""
        for process in self._stage:
            if process.life.phase is Phase.IDLE:
                self._step(process, Event.START, now)
                return True
        return False

    def child_exited(self, pid: int, code: int, now: float) -> None:
        """A child has ended: a process, or an orphan that we adopted, perhaps the last of a group."""
        process = self._by_pid.pop(pid, None)
        if process is None or process.life.phase is Phase.ENDED:  # given up, and gone after all
            self._check_groups(now)
            return
        process.code = code
        if process.life.wanted and (code or not self._stages):
            self._ended_by_itself(process, facts.exit_code(code))
        self._step(process, Event.EXITED, now)
        if self._cause is process:
            self._stop_all(now)

    def output_closed(self, name: str, now: float) -> None:
        """The output of a process has ended."""
        for process in self._stage:
            if process.plan.name == name:
                self._step(process, Event.OUTPUT_CLOSED, now)

    def signalled(self, number: int, now: float) -> None:
        """procman got a signal that means stop; a second SIGINT means at once."""
        if number == signal.SIGINT and self._interrupted:
            self._kill_all(now)
            return
        self._interrupted |= number == signal.SIGINT
        hint = ": press Ctrl-C again to kill" if number == signal.SIGINT else ""
        self.stop(f"{facts.signal_name(number)} received", now, hint)

    def forward(self, number: int) -> None:
        """Pass a signal on to the group of every process."""
        for process in self._alive():
            self._children.signal_group(process.plan.name, number)

    def postpone(self, seconds: float) -> None:
        """Nobody could obey for so long, since all were suspended: deadlines move on."""
        for process in self._stage:
            process.life = lifecycle.postpone(process.life, seconds)
        if self._notice_at is not None:
            self._notice_at += seconds

    def stop(self, reason: str, now: float, hint: str = "", code: int | None = None) -> None:
        """Stop every process for a reason other than the end of one, and exit with `code` if it says so."""
        self._asked = True
        if self._code is None:
            self._code = code
        if hint or not self._stopping:
            self._publish(facts.StopRequested(reason, hint))
        self._stop_all(now)

    def expire(self, now: float) -> None:
        """Do what is due: kill who did not obey, tell who is still alive."""
        for process in self._stage:
            if _due(process.life.drain_at, now):
                self._step(process, Event.DRAIN_DUE, now)
        late = [process for process in self._stage if _due(process.life.kill_at, now)]
        if late:
            self._publish(facts.KillSent(tuple(process.who for process in late)))
            for process in late:
                self._step(process, Event.KILL_DUE, now)
        if _due(self._notice_at, now):
            self._notice(now)

    # What follows

    @property
    def _stage_ended(self) -> bool:
        return all(process.life.phase is Phase.ENDED for process in self._stage)

    def _step(self, process: Process, event: Event, now: float) -> None:
        process.life, effects = lifecycle.step(process.life, event, now)
        for effect in effects:
            self._perform(process, effect, now)
        if self._stages and self._stage_ended and not self._stopping and self._cause is None:
            self._stage = self._stages.pop(0)

    def _perform(self, process: Process, effect: Effect, now: float) -> None:
        name = process.plan.name
        if effect is Effect.SPAWN:
            self._spawn(process, now)
        elif effect is Effect.SIGNAL_STOP:
            self._children.stop_group(name, self._policy.stop_signal)
        elif effect is Effect.SIGNAL_KILL:
            self._refused |= self._children.signal_group(name, signal.SIGKILL)
        elif effect is Effect.CLOSE_OUTPUT:
            self._children.close_output(name)
        elif effect is Effect.REPORT:
            self._report(process)
        elif effect is Effect.CHECK_GROUP:
            self._check_group(process, now)

    def _spawn(self, process: Process, now: float) -> None:
        try:
            process.pid = self._children.spawn(process.plan)
        except SpawnError as error:
            process.code = error.exit_code
            self._ended_by_itself(process, error.exit_code)
            self._step(process, Event.SPAWN_FAILED, now)
            self._publish(facts.SpawnFailed(process.plan.name, str(error)))
            self._stop_all(now)
            return
        self._by_pid[process.pid] = process
        self._publish(facts.ProcessStarted(process.plan.name, process.pid))

    def _report(self, process: Process) -> None:
        self._publish(facts.ProcessEnded(process.plan.name, process.code))
        if process is self._cause and any(other is not process for other in self._alive()):
            self._publish(facts.StopRequested(f"{process.plan.name} has ended"))

    def _ended_by_itself(self, process: Process, code: int) -> None:
        """The end of this process is the end of all, and its code that of procman."""
        if self._cause is None:
            self._cause = process
            self._code = code

    def _check_group(self, process: Process, now: float) -> None:
        if process.life.phase is Phase.LEAVING and not self._children.signal_group(process.plan.name, 0):
            self._step(process, Event.GROUP_GONE, now)

    def _check_groups(self, now: float) -> None:
        for process in self._stage:
            self._check_group(process, now)

    def _stop_all(self, now: float) -> None:
        if not self._stopping:
            self._stopping = True
            self._notice_at = now + NOTICE_SECONDS
        for process in self._stage:
            self._step(process, Event.STOP, now)

    def _kill_all(self, now: float) -> None:
        if alive := self._alive():
            self._publish(facts.KillSent(tuple(process.who for process in alive)))
        for process in self._stage:
            self._step(process, Event.KILL, now)

    def _notice(self, now: float) -> None:
        """Once a second: who has not obeyed. Looks at groups too, whose end not every system tells."""
        self._check_groups(now)
        late = [process for process in self._alive() if process.life.phase is not Phase.KILLING]
        kills = [process.life.kill_at for process in late if process.life.kill_at is not None]
        if kills:
            self._publish(
                facts.StillAlive(tuple(process.who for process in late), math.ceil(min(kills) - now))
            )
        self._notice_at = now + NOTICE_SECONDS if kills else None

    def _alive(self) -> list[Process]:
        return [process for process in self._stage if process.life.phase not in (Phase.IDLE, Phase.ENDED)]


def _due(at: float | None, now: float) -> bool:
    return at is not None and at <= now
