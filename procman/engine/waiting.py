"""Those that are wanted and may not begin yet: what they depend on is not there, or their port not free."""

from __future__ import annotations

from collections import deque

from procman.core.life.service import Event, State
from procman.engine.process import keep
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from procman.core.life.dependencies import Standing
    from procman.core.plan.policies import Condition
    from procman.engine.service import Service

WAITS = (State.WAITING, State.SKIPPED)
LEAVING = (State.FAILING, State.RESTARTING, State.STOPPING)


class Waiting:
    """Looks again whenever any process has another state. `step` is told what comes of it, `tell` whom one
    waits for, the first time."""

    def __init__(
        self,
        services: Mapping[str, Service],
        step: Callable[[Service, Event, float], None],
        tell: Callable[[Service, str], None],
    ) -> None:
        self._services = services
        self._step = step
        self._tell = tell
        self._found: dict[str, Service] = {}
        self._changed: deque[Service] = deque()
        self._looks = False

    def look(self, changed: Service, now: float) -> None:
        """A process has another state: that may be what others wait for, or what it waits for itself."""
        keep(self._found, changed.plan.name, changed, changed.state in WAITS and not changed.dropped)
        self._changed.append(changed)
        if self._looks:  # what is done here changes states
            return
        self._looks = True
        while self._changed:
            changed = self._changed.popleft()
            for each in [*self._found.values()]:
                if each.state in WAITS and _concerns(changed, each):
                    self._look_at(each, now)
        self._looks = False

    def _look_at(self, found: Service, now: float) -> None:
        if not found.plan.policies.depends_on:
            if not self._port_is_taken(found):
                self._step(found, Event.MET, now)
            return
        from procman.core.life import dependencies  # only apps that say so wait for it

        needed = [*self._needed(found)]
        event, reason = dependencies.look(needed)
        if event is Event.MET and self._port_is_taken(found):
            return
        found.blocked = event is None and any(each.state is State.DOWN for _, each in needed)
        first, found.note = not found.note, reason
        if event is None and first and found.state is State.WAITING:
            self._tell(found, reason)
        elif event is Event.MET or (event and found.state is State.WAITING):
            self._step(found, event, now)

    def _needed(self, found: Service) -> Iterator[tuple[Condition, Standing]]:
        from procman.core.life.dependencies import Standing

        for type_, condition in found.plan.policies.depends_on.items():
            for each in self._services.values():
                if each.plan.type == type_ and not each.dropped:
                    name, oneshot = each.plan.name, each.plan.policies.oneshot
                    yield condition, Standing(name, each.state, oneshot, each.begun)

    def _port_is_taken(self, found: Service) -> bool:
        """Whether somebody has its port who is about to leave: a reload moves ports."""
        if found.plan.port is None:
            return False
        leaving = (each.process for each in self._services.values() if each.state in LEAVING)
        return found.plan.port in [each.plan.port for each in leaving if each]


def _concerns(changed: Service, waiting: Service) -> bool:
    policies, port = waiting.plan.policies, waiting.plan.port
    return (
        waiting is changed
        or changed.plan.type in policies.depends_on
        or (port is not None and changed.process is not None and changed.process.plan.port == port)
    )
