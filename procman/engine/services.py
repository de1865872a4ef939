"""The processes of the formation: which there are, and what people ask of them."""

from __future__ import annotations

from procman.core import exitcodes
from procman.core.life.service import OVER, Event, State
from procman.engine.service import Service
from procman.engine.upkeep import Upkeep
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from procman.core.plan.plan import ProcessPlan
    from procman.engine.process import Owner, Process
    from procman.engine.processes import Processes
    from procman.engine.timers import Timers


class Services:
    """By name, in the order of the Procfile. `owner` is told of their children."""

    def __init__(self, processes: Processes, timers: Timers, timeout: float, owner: Owner) -> None:
        self._by_name: dict[str, Service] = {}
        self.upkeep = Upkeep(self._by_name, processes, timers, timeout, owner)

    def __iter__(self) -> Iterator[Service]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Service:
        return self._by_name[name]

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [*self._by_name]

    @property
    def children(self) -> list[Process]:
        """Of each the child, or the last one."""
        return [each.process for each in self if each.process]

    @property
    def over(self) -> bool:
        """Whether nothing is left of any, and nothing follows without a command."""
        return all(each.state in OVER for each in self)

    @property
    def decided(self) -> bool:
        """Whether nothing is to be expected soon: one that tries again is still on its way."""
        return all(each.settled and each.state is not State.BACKOFF for each in self)

    @property
    def ended(self) -> bool:
        """Whether all have ended by themselves, but for those that nobody has started."""
        started = [each for each in self if each.restarts >= 0 or each.plan.policies.autostart]
        return self.over and bool(started) and all(each.state is not State.DOWN for each in started)

    @property
    def failed_code(self) -> int:
        """The exit code of the one that failed for good first; 0 if none has."""
        failed = sorted(
            (each for each in self if each.state is State.FAILED), key=lambda each: each.failed_at
        )
        codes = [exitcodes.exit_code(each.process.code) for each in failed if each.process]
        return (codes[0] or 1) if codes else 0

    def begin(self, plans: Iterable[ProcessPlan]) -> None:
        """These are the processes from now on: start them."""
        self._by_name.clear()
        self.plan(plans)
        self.upkeep.start(0.0)

    def plan(self, plans: Iterable[ProcessPlan]) -> None:
        """These may be started too."""
        found = [*self, *map(Service, plans)]
        found.sort(key=lambda each: each.plan.position)  # what comes later stands behind its like
        self._by_name.clear()
        self._by_name.update((each.plan.name, each) for each in found)

    def drop(self, names: Iterable[str], kept: Container[str], now: float) -> None:
        """Stop those that are not kept, and forget them then."""
        for name in [*names]:
            found = self._by_name[name]
            found.dropped = name not in kept
            if found.dropped:
                self.command(name, Event.STOP, now)

    def replan(self, plans: Sequence[ProcessPlan], changed: Container[str], now: float) -> None:
        """These are the processes from now on. What has changed gets a new child, unless it is stopped, or
        has completed."""
        self.drop([name for name in self.names if name not in {plan.name for plan in plans}], (), now)
        known = {*self.names}
        adjusted = [plan.name for plan in plans if plan.name in known and self._take(plan)]
        self.plan(plan for plan in plans if plan.name not in known)
        for plan in plans:
            found = self._by_name[plan.name]
            back, found.dropped = found.dropped, False
            if back:
                self.command(plan.name, Event.START, now)
            elif plan.name in changed and found.state.wanted and found.state is not State.COMPLETED:
                self.command(plan.name, Event.RESTART, now)
            elif plan.name in adjusted:
                self.upkeep.adjust(found, now)
        for plan in plans:  # now it is known who leaves a port
            if plan.name not in known and plan.policies.autostart:
                self.command(plan.name, Event.START, now)

    def _take(self, plan: ProcessPlan) -> bool:
        """Take a plan in place of another; whether its policies are others."""
        found = self._by_name[plan.name]
        before, found.plan = found.plan, plan
        return before.policies != plan.policies

    def command(self, name: str, event: Event, now: float) -> None:
        """Do what is asked for: START, STOP or RESTART. Failures of before do not count any more."""
        found = self._by_name[name]
        found.failures = 0
        self.upkeep.step(found, event, now)
