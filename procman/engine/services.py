"""The processes of the formation: what is wanted of each, its child, and what people ask of it meanwhile."""

from __future__ import annotations

from procman.core.life import child, service
from procman.core.life.service import Effect, Event, State
from procman.engine.process import Process
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from procman.core.plan.plan import ProcessPlan
    from procman.engine.process import Owner
    from procman.engine.processes import Processes


class Service:
    """One process. `process` is its child, or the last one; `restarts` counts those after the first."""

    def __init__(self, plan: ProcessPlan) -> None:
        self.plan = plan
        self.state = State.DOWN
        self.process: Process | None = None
        self.restarts = -1
        self.dropped = False
        """Whether it is forgotten when it is down."""

    @property
    def settled(self) -> bool:
        """Whether it is as it is wanted: nothing is left of it, or its child has begun."""
        if self.state is State.UP:
            return self.process is not None and self.process.pid > 0
        return self.state is State.DOWN


class Services:
    """By name, in the order of the Procfile. `owner` is told of their children."""

    def __init__(self, processes: Processes, timeout: float, owner: Owner) -> None:
        self._processes = processes
        self._timeout = timeout
        self._owner = owner
        self._by_name: dict[str, Service] = {}
        self._waiting: list[Service] = []  # for a port that somebody has who is about to leave

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
        """Whether nothing is left of any."""
        return all(each.state is State.DOWN for each in self)

    def begin(self, plans: Iterable[ProcessPlan]) -> None:
        """These are the processes from now on: start them."""
        self._by_name = {}
        self.plan(plans)
        for each in self:
            self._step(each, Event.START, 0.0)

    def plan(self, plans: Iterable[ProcessPlan]) -> None:
        """These may be started too."""
        found = [*self, *map(Service, plans)]
        found.sort(key=lambda each: each.plan.position)  # what comes later stands behind its like
        self._by_name = {each.plan.name: each for each in found}

    def drop(self, names: Iterable[str], kept: Container[str], now: float) -> None:
        """Stop those that are not kept, and forget them then."""
        for name in [*names]:
            found = self._by_name[name]
            found.dropped = name not in kept
            if found.dropped:
                self._step(found, Event.STOP, now)

    def replan(self, plans: Sequence[ProcessPlan], changed: Container[str], now: float) -> None:
        """These are the processes from now on. What has changed gets a new child, unless it is stopped."""
        self.drop([name for name in self.names if name not in {plan.name for plan in plans}], (), now)
        new = []
        for plan in plans:
            found = self._by_name.get(plan.name)
            if found is None:
                new.append(plan)
                continue
            back, found.plan, found.dropped = found.dropped, plan, False
            if back:
                self._step(found, Event.START, now)
            elif plan.name in changed and found.state.wanted:
                self._step(found, Event.RESTART, now)
        self.plan(new)
        for plan in new:
            self._step(self._by_name[plan.name], Event.START, now)

    def command(self, name: str, event: Event, now: float) -> None:
        """Do what is asked for."""
        self._step(self._by_name[name], event, now)

    def stop(self, now: float) -> None:
        """Stop all."""
        for each in [*self]:  # one that is dropped may go at once
            self._step(each, Event.STOP, now)

    def gone(self, process: Process, now: float) -> None:
        """Nothing is left of a child."""
        found = self._by_name.get(process.plan.name)
        if found and found.process is process:
            self._step(found, Event.GONE, now)
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            self._begin(each)

    def _step(self, found: Service, event: Event, now: float) -> None:
        found.state, effect = service.step(found.state, event)
        if effect is Effect.NEW_CHILD:
            found.process = None
            self._begin(found)
        elif effect is Effect.STOP_CHILD and found.process:
            self._processes.step(found.process, child.Event.STOP, now)
        elif effect is Effect.STOP_CHILD:
            self._waiting.remove(found)
            self._step(found, Event.GONE, now)
        if found.dropped and found.state is State.DOWN:
            self._by_name.pop(found.plan.name, None)

    def _begin(self, found: Service) -> None:
        """Have a child started, once nobody has its port who is about to leave: a reload moves ports."""
        leaving = [each.process for each in self if each.state in (State.RESTARTING, State.STOPPING)]
        if found.plan.port in [process.plan.port for process in leaving if process and process.plan.port]:
            self._waiting.append(found)
            return
        found.process = Process(found.plan, self._timeout, self._owner)
        found.restarts += 1
        self._processes.add(found.process)
