"""The stop of all, in waves: nobody stops before those that depend on it, and all within one time."""

from __future__ import annotations

from procman.core.life.child import Event
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from procman.engine.process import Process
    from procman.engine.processes import Processes
    from procman.engine.service import Service
    from procman.engine.timers import Timer, Timers

RESERVE = 0.1
"""Of the time, for each wave that is still to come: it gets its stop signal by then, whoever is left before
it, and not SIGKILL alone."""


class Stopping:
    """`usual` is the patience with those that have none of their own, in seconds."""

    def __init__(self, processes: Processes, timers: Timers, usual: float) -> None:
        self._processes = processes
        self._timers = timers
        self._usual = usual
        self._waves: list[list[Process]] = []
        self._current: set[Process] = set()
        self.held: set[Process] = set()
        """Who has not been asked to stop yet."""
        self._timer: Timer | None = None
        self._began, self._until = 0.0, 0.0

    def prepare(self, services: Collection[Service], running: Collection[Service], now: float) -> None:
        """The children of all that run are to stop."""
        self._began, self._until = now, now + max(map(self._timeout, running), default=0.0)
        self._waves = _waves(services, running)
        self.held.update(process for wave in self._waves for process in wave)

    def begin(self, now: float) -> None:
        """Ask those that stop first."""
        self._next(now)

    def gone(self, process: Process, now: float) -> None:
        """Nothing is left of a child."""
        self.held.discard(process)
        if process in self._current:
            self._current.remove(process)
            if not self._current:
                self._next(now)

    def postpone(self, seconds: float) -> None:
        """Nobody could obey for so long, since all were suspended."""
        self._began, self._until = self._began + seconds, self._until + seconds

    def end(self) -> None:
        """All have been killed."""
        self._waves = []
        self.held.clear()

    def _next(self, now: float) -> None:
        if self._timer:
            self._timer.cancel()
        wave: list[Process] = []
        while self._waves and not wave:
            wave = [process for process in self._waves.pop(0) if process in self.held]
        self._current.update(wave)
        self.held.difference_update(wave)
        if left := len(self._waves):
            share = max(1 - RESERVE * left, 1 / (left + 1))
            self._timer = self._timers.set(self._began + (self._until - self._began) * share, self._next)
        for process in wave:
            self._stop(process, max(0.0, self._until - now), now)

    def _stop(self, process: Process, seconds: float, now: float) -> None:
        """It has so many seconds at most."""
        if process.life.wanted:
            process.life = process.life._replace(timeout=min(process.life.timeout, seconds))
        self._processes.step(process, Event.STOP, now)

    def _timeout(self, found: Service) -> float:
        own = found.plan.policies.timeout
        return self._usual if own is None else own


def _waves(services: Collection[Service], running: Collection[Service]) -> list[list[Process]]:
    """One may depend on another by way of a third that has ended already."""
    if not any(each.plan.policies.depends_on for each in services):
        return [[each.process for each in running if each.process]]
    from procman.core.life import dependencies  # only apps that say so wait for it

    depends_on: dict[str, set[str]] = {}
    for each in services:
        depends_on.setdefault(each.plan.type, set()).update(each.plan.policies.depends_on)
    order = dependencies.waves(depends_on)
    found = [[each.process for each in running if each.process and each.plan.type in wave] for wave in order]
    return [wave for wave in found if wave]
