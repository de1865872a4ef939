"""Whether processes are ready, and then whether they are well: asked from time to time, or told by them.

Who is not ready in time, or not well so many times in a row, has to stop; its policies say what follows.
"""

from __future__ import annotations

import math
from functools import partial

from procman.core.life.service import State
from procman.core.messages import Unasked
from procman.core.plan import questions
from procman.core.plan.policies import Kind
from procman.core.schedule.durations import wording
from procman.core.text.finding import Finder
from procman.core.text.visible import printable
from procman.engine.attendant import Attendant
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.core.plan.policies import Probe
    from procman.engine.needs import Prober
    from procman.engine.service import Service
    from procman.engine.timers import Timer, Timers
    from procman.engine.upkeep import Upkeep

ASKED = (Kind.TCP, Kind.HTTP, Kind.CMD)
GRID = 1 / 16
"""Seconds: questions are asked at multiples of it. Many at once cost a fifth of as many one by one."""


class Checkup:
    """Of one child: who it is, and all that is still to come of it."""

    def __init__(self, found: Service) -> None:
        self.found = found
        self.failures = 0
        self.finder: Finder | None = None
        self.timers: list[Timer] = []
        self.withdraw: Callable[[], None] = lambda: None
        """Ends the question that is on its way, if one is."""

    def end(self) -> None:
        """Nothing more is to come."""
        self.withdraw()
        self.finder = None
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()


class Health(Attendant):
    """`clock` is the monotonic one."""

    def __init__(self, upkeep: Upkeep, timers: Timers, prober: Prober, clock: Callable[[], float]) -> None:
        self._upkeep = upkeep
        self._timers = timers
        self._prober = prober
        self._clock = clock
        self._checkups: dict[str, Checkup] = {}

    def begun(self, found: Service, now: float) -> None:
        """A child is there: see when it is ready, or how it is, if it is ready already."""
        policies = found.plan.policies
        if not (policies.ready or policies.alive):
            return
        checkup = self._checkups[found.plan.name] = Checkup(found)
        if found.state is State.UP:
            self._keep_an_eye_on(checkup, now)
        elif ready := policies.ready:
            self._set(checkup, now + ready.within, partial(self._too_late, checkup, ready))
            if ready.kind is Kind.LOG:
                checkup.finder = Finder(ready.target)
            elif ready.kind in ASKED:
                self._ask(checkup, ready, now)

    def ready(self, found: Service, now: float) -> None:
        """It is ready: from now on see whether it is well."""
        if checkup := self._checkups.get(found.plan.name):
            checkup.end()
            self._keep_an_eye_on(checkup, now)

    def left(self, found: Service) -> None:
        """It has ended, or is to stop."""
        if checkup := self._checkups.pop(found.plan.name, None):
            checkup.end()

    def output(self, name: str, data: bytes) -> None:
        """A process has written something."""
        checkup = self._checkups.get(name)
        if checkup and checkup.finder and checkup.finder.feed(data):
            self._upkeep.ready(checkup.found, self._clock())

    def notified(self, name: str, said: Mapping[str, str]) -> None:
        """A process has told how it is (sd_notify(3))."""
        if not (checkup := self._checkups.get(name)):
            return
        found, now = checkup.found, self._clock()
        ready, alive = found.plan.policies.ready, found.plan.policies.alive
        if status := said.get("STATUS"):
            found.note = printable(status)
        if said.get("READY") == "1" and ready and ready.kind is Kind.NOTIFY:
            self._upkeep.ready(found, now)
        if said.get("STOPPING") == "1" and found.state is State.UP:
            checkup.end()
        elif found.state is State.UP and alive and alive.kind is Kind.NOTIFY and "WATCHDOG" in said:
            if said["WATCHDOG"] == "trigger":
                self._upkeep.sick(found, "is not well: it says so itself", now)
            else:
                checkup.end()
                self._keep_an_eye_on(checkup, now)

    def _keep_an_eye_on(self, checkup: Checkup, now: float) -> None:
        alive = checkup.found.plan.policies.alive
        if alive is None:
            return
        if alive.kind is Kind.NOTIFY:
            self._set(checkup, now + alive.every, partial(self._silent, checkup, alive))
        else:
            self._set(checkup, _together(now + alive.every), partial(self._ask, checkup, alive))

    def _ask(self, checkup: Checkup, probe: Probe, now: float) -> None:
        checkup.timers = [each for each in checkup.timers if each.waits]
        limit = self._set(checkup, now + probe.timeout, partial(self._no_answer, checkup, probe, now))
        question = questions.of(probe, checkup.found.plan)

        def answered(reason: str | None) -> None:
            limit.cancel()
            self._hear(checkup, probe, reason, now)

        checkup.withdraw = self._prober.ask(question, answered)

    def _no_answer(self, checkup: Checkup, probe: Probe, asked_at: float, now: float) -> None:
        checkup.withdraw()
        self._hear(checkup, probe, f"no answer within {wording(probe.timeout)}", asked_at)

    def _hear(self, checkup: Checkup, probe: Probe, reason: str | None, asked_at: float) -> None:
        """The answer to a question of `asked_at`: the next follows, unless this one decides something."""
        found, now = checkup.found, self._clock()
        is_ready = found.state is State.UP
        if not isinstance(reason, Unasked):
            checkup.failures = checkup.failures + 1 if reason else 0
        found.note = reason or ""
        if not is_ready and reason is None:
            self._upkeep.ready(found, now)
            return
        if is_ready and reason and checkup.failures >= probe.failures:
            times = f", {checkup.failures} times in a row" if checkup.failures > 1 else ""
            self._upkeep.sick(found, f"is not well: {reason}{times}", now)
            return
        self._set(checkup, _together(max(now, asked_at + probe.every)), partial(self._ask, checkup, probe))

    def _too_late(self, checkup: Checkup, ready: Probe, now: float) -> None:
        why = f": {checkup.found.note}" if checkup.found.note else ""
        reason = f"was not ready within {wording(ready.within)}{why}"
        self._upkeep.sick(checkup.found, reason, now, late=True)

    def _silent(self, checkup: Checkup, alive: Probe, now: float) -> None:
        self._upkeep.sick(checkup.found, f"is not well: no WATCHDOG=1 for {wording(alive.every)}", now)

    def _set(self, checkup: Checkup, at: float, call: Callable[[float], None]) -> Timer:
        timer = self._timers.set(at, call)
        checkup.timers.append(timer)
        return timer


def _together(at: float) -> float:
    """A time at which others are asked too, not before this one."""
    return math.ceil(at / GRID) * GRID
