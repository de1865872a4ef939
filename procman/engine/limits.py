"""What a process may use: memory, of all below it, and time. Who uses more is restarted."""

from __future__ import annotations

from functools import partial

from procman.core.config import sizes
from procman.core.life.facts import TimeOver
from procman.core.life.service import Event
from procman.core.schedule.durations import wording
from procman.engine.attendant import Attendant
from procman.errors import ShortageError
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.engine.needs import Scales
    from procman.engine.service import Service
    from procman.engine.timers import Timer, Timers
    from procman.engine.upkeep import Upkeep

EVERY = 5.0
"""Seconds between two looks at the memory."""


class Limits(Attendant):
    """`clock` is the monotonic one."""

    def __init__(self, upkeep: Upkeep, timers: Timers, scales: Scales, clock: Callable[[], float]) -> None:
        self._upkeep = upkeep
        self._timers = timers
        self._scales = scales
        self._clock = clock
        self._times: dict[str, Timer] = {}
        self._weighed: dict[str, Service] = {}
        self._weigh_at: Timer | None = None
        self._busy = False

    def begun(self, found: Service, now: float) -> None:
        """A child is there."""
        policies, process = found.plan.policies, found.process
        if policies.max_runtime is not None and process:
            at = max(now, process.began + policies.max_runtime)
            self._times[found.plan.name] = self._timers.set(at, partial(self._too_long, found))
        if policies.max_memory is not None:
            self._weighed[found.plan.name] = found
            self._weigh_later(now)

    def left(self, found: Service) -> None:
        """It has ended, or is to stop."""
        self._weighed.pop(found.plan.name, None)
        if timer := self._times.pop(found.plan.name, None):
            timer.cancel()

    def _too_long(self, found: Service, now: float) -> None:
        reason = f"has run for {wording(found.plan.policies.max_runtime or 0)}, as long as it may"
        if found.plan.policies.oneshot:  # it should have ended by itself
            self._upkeep.sick(found, reason, now)
            return
        self._upkeep.publish(TimeOver(found.plan.name, reason))
        self._upkeep.step(found, Event.RESTART, now)

    def _weigh_later(self, now: float) -> None:
        if not self._busy and not (self._weigh_at and self._weigh_at.waits):
            self._weigh_at = self._timers.set(now + EVERY, self._weigh)

    def _weigh(self, now: float) -> None:
        leaders = {name: found.process.child for name, found in self._weighed.items() if found.process}
        if not leaders:
            return
        try:
            self._scales.weigh(leaders, partial(self._have_weights, leaders))
            self._busy = True
        except ShortageError:
            self._weigh_later(now)

    def _have_weights(self, leaders: Mapping[str, int], weights: Mapping[str, int]) -> None:
        now, self._busy = self._clock(), False
        for name, weight in weights.items():
            found = self._weighed.get(name)
            if found and found.process and found.process.child == leaders[name]:  # no other came meanwhile
                self._judge(found, weight, now)
        if self._weighed:
            self._weigh_later(now)

    def _judge(self, found: Service, weight: int, now: float) -> None:
        limit = found.plan.policies.max_memory
        if limit is not None and weight > limit:
            used, most = sizes.wording(weight), sizes.wording(limit)
            self._upkeep.sick(found, f"uses {used} of memory, more than {most}", now)
