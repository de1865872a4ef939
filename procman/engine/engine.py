"""The loop: take what has happened, or the earliest deadline, and have it dealt with."""

from __future__ import annotations

import os
import signal
import time

from procman.core import facts
from procman.core.messages import (
    ChildExited,
    GuardianDied,
    MainStarted,
    Message,
    Notified,
    OutputClosed,
    OutputDrained,
    OutputRead,
    Poked,
    SignalReceived,
    StdoutClosed,
    WorkDone,
    WriterChanged,
)
from procman.engine.flow import GUARDIAN_DIED, Flow
from procman.engine.sharing import Sharing
from procman.host.signals import FOR_PROCESSES, STOPPING
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.engine.needs import Poller
    from procman.engine.scheduler import Scheduler
    from procman.engine.supervisor import Supervisor
    from procman.logs.hub import Log

LONGEST_SLEEP = 30.0
SETTLE_SECONDS = 3.0
OPEN_SECONDS = 0.1
STARTING_SECONDS = 0.02
"""After so long signals are heard and output is read, though there are more to start."""


class Engine:
    """One supervisor, one scheduler where there are tasks, one log, one wait."""

    def __init__(
        self,
        supervisor: Supervisor,
        poller: Poller,
        log: Log,
        resized: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._supervisor = supervisor
        self._poller = poller
        self._log = log
        self._resized = resized
        self._clock = clock
        self.flow = Flow(log, poller, supervisor, clock)
        self.scheduler: Scheduler | None = None
        """The one that attends to tasks, once there are any."""
        self._to_begin = False
        self.opens: Callable[[], None] | None = None
        """Called once, a moment after all that waited to be started has been: first lines come first."""
        self._open_at: float | None = None
        self.after: list[Callable[[float], None]] = []
        """Called when all is done that was to be done, before each wait."""
        self.sharing = Sharing(clock)
        self._has_read = False
        self._settle_by: float | None = None
        self.reopens: Callable[[Callable[[], None]], None] | None = None
        """Has the log files begun anew, if there are any, and then calls what it was given."""
        self.taps: list[Callable[[str, bytes], None]] = []  # they get all output, by name, as it is read
        self.takes: Callable[[Message], bool] = lambda message: False
        """Takes what is about the health of processes: what they tell, and the ends of probes."""

    def attend(self, scheduler: Scheduler) -> None:
        """Have tasks run too, from the beginning of the formation until all are stopped."""
        self.scheduler = scheduler
        self._to_begin = True
        self._supervisor.stops = scheduler.close
        self.taps.append(scheduler.output)

    def run(self) -> int:
        """Until every process has ended, and the store knows of it; the exit code of `start`."""
        self._log.writer.at_once = False
        while not self._over:
            self.turn()
        self._log.writer.at_once = True
        self._log.writer.ring()
        return self._supervisor.exit_code

    @property
    def _over(self) -> bool:
        """Whether nothing is left to wait for; a store that does not answer is not waited for without end."""
        if not self._supervisor.finished:
            return False
        if self._settle_by is None:
            self._settle_by = self._clock() + SETTLE_SECONDS
        return not self.scheduler or self.scheduler.settled or self._clock() >= self._settle_by

    def turn(self) -> None:
        """One wait and what follows from it."""
        if self._to_begin and self.scheduler and self._supervisor.in_formation:
            self._to_begin = False
            self.scheduler.begin()
        starting = self._start_some()
        if self.opens and self._open_at is None and not starting:
            self._open_at = self._clock() + OPEN_SECONDS
        for after in [*self.after]:
            after(self._clock())
        starting |= self._supervisor.processes.starting  # by what was just called
        self._log.writer.ring()
        began = self._clock()
        for message in self._poller.wait(0 if starting else self._sleep(), briefly=self.sharing.pending):
            self.handle(message)
        now = self._clock()
        self.sharing.give(now - began, self._has_read)
        self._has_read = False
        self.flow.expire(now)
        self._supervisor.expire(now)
        if self.scheduler:
            self.scheduler.expire(now)
        if self._log.deadline is not None and self._log.deadline <= now:
            self._log.refresh(now)
        self._open(now)

    def _open(self, now: float) -> None:
        """Nobody comes in any more when all are being stopped."""
        if self.opens and self._open_at is not None and self._open_at <= now:
            opens, self.opens, self._open_at = self.opens, None, None
            if not self._supervisor.stopping:
                opens()

    def _start_some(self) -> bool:
        """Start those that wait for it, as many as a short while allows; whether there may be more."""
        until = self._clock() + STARTING_SECONDS
        while self._supervisor.start_next(self._clock()):
            if self._clock() >= until:
                return True
        return False

    def handle(self, message: Message) -> None:
        """Have one message dealt with."""
        now = self._clock()
        match message:
            case OutputRead(name, data):
                self._output(name, data, now)
            case OutputClosed(name):
                self._log.finish(name)
                self._supervisor.processes.output_closed(name, now)
            case OutputDrained(name):
                self._log.finish(name)
                self._supervisor.processes.output_drained(name, now)
            case MainStarted(name, pid):
                self._supervisor.processes.main_started(name, pid, now)
            case ChildExited() | Notified() if self.takes(message):
                pass
            case ChildExited(pid, code, usage):
                self._supervisor.child_exited(pid, code, usage, now)
            case SignalReceived(number):
                self._signalled(number, now)
            case WriterChanged():
                self._writer_changed(now)
            case StdoutClosed():
                self._supervisor.stop("nobody reads the log any more", now)
            case GuardianDied():
                self._killed(now)
            case Poked() if self.scheduler:
                self.scheduler.look()
            case WorkDone(then, result):
                then(result)

    def _killed(self, now: float) -> None:
        if self.scheduler and not self._supervisor.stopping:
            self.scheduler.killed()
        self._supervisor.stop(GUARDIAN_DIED, now)

    def _output(self, name: str, data: bytes, now: float) -> None:
        self._log.output(name, data, now)
        self._has_read = True
        for tap in self.taps:
            tap(name, data)
        self.flow.swell(now)

    def _sleep(self) -> float | None:
        """Seconds to the nearest deadline, or to a look at the clock; None when there is none."""
        times = [
            self._supervisor.deadline,
            self._log.deadline,
            self.flow.deadline,
            self._settle_by,
            self._open_at,
        ]
        if self.scheduler:
            times.append(self.scheduler.deadline)
        deadlines = [at for at in times if at is not None]
        return min(max(0.0, min(deadlines) - self._clock()), LONGEST_SLEEP) if deadlines else None

    def _signalled(self, number: int, now: float) -> None:
        if number in STOPPING:
            if number == signal.SIGINT:
                self._log.go_below()
            self._supervisor.signalled(number, now)
        elif number == signal.SIGUSR1 and self.reopens:
            self.reopens(lambda: self._log.say(facts.Notice("SIGUSR1 received, log files begun anew")))
        elif number in FOR_PROCESSES:
            self._supervisor.forward(number)
            self._log.say(facts.SignalForwarded(number))
        elif number == signal.SIGTSTP:
            self._log.writer.ring()
            self._supervisor.suspend(signal.SIGSTOP)  # an orphaned group does not obey SIGTSTP (POSIX)
            os.kill(os.getpid(), signal.SIGSTOP)
            self._postpone(self._clock() - now)
        elif number == signal.SIGCONT:
            self._supervisor.suspend(signal.SIGCONT)
        elif number == signal.SIGWINCH:
            self._resized()

    def _postpone(self, seconds: float) -> None:
        self._supervisor.postpone(seconds)
        if self.scheduler:
            self.scheduler.postpone(seconds)

    def _writer_changed(self, now: float) -> None:
        if error := self._log.writer.error:
            self.flow.failed(error, now)
        else:
            self.flow.ebb(now)
            self._log.catch_up(now)
