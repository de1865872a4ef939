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
    """Looks again whenever any process has another state. `step` is told what comes of it, `tell` why one may
    not begin, and whether it ever will: the first time."""

    def __init__(
        self,
        services: Mapping[str, Service],
        step: Callable[[Service, Event, float], None],
        tell: Callable[[Service, str, bool], None],
    ) -> None:
        self._services = services
        self._step = step
        self._tell = tell
        self._blocked: dict[str, Service] = {}  # those that were looked at, and had to wait
        self._changed: deque[Service] = deque()
        self._looks = False

    def look(self, changed: Service, now: float) -> None:
        """A process has another state: that may be what others wait for, or what it waits for itself."""
        self._changed.append(changed)
        if not self._looks:  # what is done here changes states
            self.hold()
            self.go_on(now)

    def hold(self) -> None:
        """Look at nothing until `go_on`: more changes follow."""
        self._looks = True

    def go_on(self, now: float) -> None:
        """Look at whom the changes concern."""
        while self._changed:
            changed = self._changed.popleft()
            for each in [changed, *(each for each in self._blocked.values() if _concerns(changed, each))]:
                if each.state in WAITS:
                    self._look_at(each, now)
                keep(self._blocked, each.plan.name, each, each.state in WAITS)
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
        blocked = event is None and any(each.state is State.DOWN or each.blocked for _, each in needed)
        if blocked is not found.blocked:
            found.blocked = blocked
            self._changed.append(found)  # so are those that wait for this one
        first, found.note = not found.note, reason
        if event is Event.MET:
            self._step(found, event, now)
        elif event and found.state is State.WAITING:
            self._tell(found, reason, False)
            self._step(found, event, now)
        elif first and found.state is State.WAITING:
            self._tell(found, reason, True)

    def _needed(self, found: Service) -> Iterator[tuple[Condition, Standing]]:
        from procman.core.life.dependencies import Standing

        for type_, condition in found.plan.policies.depends_on.items():
            for each in self._services.values():
                if each.plan.type == type_ and not each.dropped:
                    name, oneshot = each.plan.name, each.plan.policies.oneshot
                    yield condition, Standing(name, each.state, oneshot, each.begun, each.blocked)

    def _port_is_taken(self, found: Service) -> bool:
        """Whether somebody has its port who is about to leave: a reload moves ports. One on which procman
        listens for it is nobody's."""
        if found.plan.port is None or found.plan.policies.listen:
            return False
        leaving = (each.process for each in self._services.values() if each.state in LEAVING)
        return found.plan.port in [each.plan.port for each in leaving if each]


def _concerns(changed: Service, waiting: Service) -> bool:
    policies, port = waiting.plan.policies, waiting.plan.port
    return waiting is not changed and (
        changed.plan.type in policies.depends_on
        or (port is not None and changed.process is not None and changed.process.plan.port == port)
    )
