"""A formation under policies, with fakes, and verbs for what happens to it."""

from __future__ import annotations

from signal import SIGTERM
from typing import TYPE_CHECKING

from procman.core.plan.plan import ProcessPlan
from procman.core.plan.policies import FOREMAN, Kind, Policies, Probe
from procman.engine.health import Health
from procman.engine.lastlines import LastLines
from procman.engine.limits import Limits
from procman.testing.fakehealth import FakeProber, FakeScales
from tests.engine.play import Play

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.core.life.service import Event, State

READY = Probe(Kind.TCP, "6379", within=30.0, every=0.5, timeout=2.0)
ALIVE = Probe(Kind.HTTP, "/health", every=10.0, timeout=5.0, failures=3)


def plan(
    name: str, policies: Policies = FOREMAN, position: int = 0, command: str = "run", port: int | None = None
) -> ProcessPlan:
    """A process."""
    return ProcessPlan(name, name.partition(".")[0], position, command, port, {}, (), policies)


class Policed(Play):
    """`web.1` with the policies that are named `web`, and so on, all started."""

    def __init__(self, names: str, timeout: float = 5.0, **policies: Policies) -> None:
        super().__init__(names, timeout=timeout, policies=policies)
        upkeep, timers = self.supervisor.services.upkeep, self.supervisor.timers
        self.prober, self.scales, self.lines = FakeProber(), FakeScales(), LastLines()
        self.health = Health(upkeep, timers, self.prober, self.clock)
        self.limits = Limits(upkeep, timers, self.scales, self.clock)
        upkeep.attendants += [self.lines, self.health, self.limits]
        upkeep.last_lines = self.lines.of
        self.go_on()

    def go_on(self) -> Policed:
        """Start all that is to be started."""
        while self.supervisor.start_next(self.clock.now):
            pass
        return self

    def state(self, name: str) -> State:
        return self.supervisor.services[name].state

    def note(self, name: str) -> str:
        return self.supervisor.services[name].note

    def command(self, name: str, event: Event) -> Policed:
        self.supervisor.services.command(name, event, self.clock.now)
        return self.go_on()

    def dies(self, name: str, code: int = 1) -> Policed:
        """The child ends, and nothing is left of it."""
        self.exit(name, code)
        return self.go_on()

    def answer(self, reason: str | None = None) -> Policed:
        """The oldest question is answered."""
        self.prober.answer(reason)
        return self.go_on()

    def says(self, name: str, **said: str) -> Policed:
        """A process tells how it is."""
        self.health.notified(name, said)
        return self.go_on()

    def writes(self, name: str, data: bytes) -> Policed:
        self.health.output(name, data)
        self.lines.output(name, data)
        return self.go_on()

    def wait(self, seconds: float) -> Policed:
        """Time passes; what is due happens when it is due."""
        until = self.clock.now + seconds
        while (due := self.supervisor.deadline) is not None and due <= until:
            assert due >= self.clock.now, "a deadline in the past"
            self.at(due)
            self.go_on()
        self.clock.now = until
        return self

    def reload(self, plans: Sequence[ProcessPlan], *changed: str) -> Policed:
        self.supervisor.services.replan(plans, changed, self.clock.now)
        return self.go_on()

    def stop(self) -> Policed:
        """Somebody wants all to stop."""
        self.signal(SIGTERM)
        return self
