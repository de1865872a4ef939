"""The commands that change processes of a running app, and who waits until that has happened."""

from __future__ import annotations

from functools import partial

from procman.control import protocol, requests
from procman.control.protocol import RequestError
from procman.control.reloading import Reload
from procman.control.rolling import Rolling
from procman.core import exitcodes, facts
from procman.core.life import names
from procman.core.life.child import Phase
from procman.core.life.service import Event, State
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from procman.control.connection import Connection
    from procman.control.listing import Listing
    from procman.control.reloading import RunningApp
    from procman.core.facts import Fact
    from procman.engine.service import Service
    from procman.engine.supervisor import Supervisor

    Request = dict[str, Any]

EVENTS = {"start": Event.START, "stop": Event.STOP, "restart": Event.RESTART}


class Waiting(NamedTuple):
    """A client that is told when these processes are as it wants them."""

    client: Connection
    services: Sequence[Service]
    more: Mapping[str, Any]
    """What else it is told then."""


class Commanding:
    """`publish` is for what clients bring about, `clock` the monotonic one."""

    def __init__(
        self,
        supervisor: Supervisor,
        app: RunningApp,
        listing: Listing,
        publish: Callable[[Fact], None],
        clock: Callable[[], float],
    ) -> None:
        self._supervisor = supervisor
        self._services = supervisor.services
        self._app = app
        self._listing = listing
        self._publish = publish
        self._clock = clock
        self._waiting: list[Waiting] = []
        self._rolling: list[Rolling] = []

    def after_turn(self, now: float) -> None:
        """Tell who waits for something that has happened, and go on with what takes several steps."""
        if self._rolling and not self._supervisor.stopping:
            self._rolling = [each for each in self._rolling if each.go_on(now)]
        if not self._waiting:
            return
        done = [each for each in self._waiting if all(one.settled for one in each.services)]
        self._waiting = [each for each in self._waiting if each not in done and each.client.open]
        for each in done:
            self._tell(each.client, each.services, each.more)

    def change(self, client: Connection, request: Request) -> None:
        """Start, stop or restart what is named."""
        self._see_that_it_goes_on()
        command, now = request["command"], self._clock()
        if command == "start":
            self._add(requests.words(request))
        found = self.meant(request)
        if command == "restart" and request.get("rolling", False):
            self._roll(client, request, found)
            return
        self._publish(facts.CommandGiven(command, tuple(found)))
        for name in found:
            self._services.command(name, EVENTS[command], now)
        self._tell_when_done(client, request, [self._services[name] for name in found])

    def scale(self, client: Connection, request: Request) -> None:
        """So many processes of these types from now on."""
        counts, services, now = requests.counts(request), self._services, self._clock()
        self._see_that_it_goes_on()
        plans = [plan for plan in self._app.plan(counts) if plan.type in counts]
        concerned = [each for each in services if each.plan.type in counts]
        self._publish(facts.CommandGiven("scale", tuple(f"{name}={counts[name]}" for name in counts)))
        services.drop((each.plan.name for each in concerned), {plan.name for plan in plans}, now)
        services.plan(plan for plan in plans if plan.name not in services.names)
        for plan in plans:
            services.command(plan.name, Event.START, now)
        added = [services[plan.name] for plan in plans if services[plan.name] not in concerned]
        self._tell_when_done(client, request, [*concerned, *added])

    def reload(self, client: Connection, request: Request) -> None:
        """Read the app's files again."""
        self._see_that_it_goes_on()
        done = Reload(self._app, self._supervisor, self._publish, self._clock())
        self._tell_when_done(client, request, done.concerned, done.what)

    def signal(self, client: Connection, request: Request) -> None:
        """Pass a signal on."""
        found = self.meant(request)
        number = requests.signal_number(request.get("signal"))
        self._publish(facts.CommandGiven(exitcodes.signal_name(number), tuple(found)))
        children = [self._services[name].process for name in found]
        alive = [each for each in children if each and each.life.phase is Phase.RUNNING]
        self._supervisor.processes.forward(alive, number)
        client.send(protocol.result([self._listing.of_child(each) for each in alive]))

    def meant(self, request: Request) -> list[str]:
        """The processes that are named. Raises `ProcmanError`."""
        words = requests.words(request)
        if not words:
            raise RequestError("say which processes: 'names' is a list of them")
        return names.select(words, self._services.names)

    def _roll(self, client: Connection, request: Request, found: Sequence[str]) -> None:
        services, wait = [self._services[name] for name in found], request.get("wait", True)
        self._publish(facts.CommandGiven("rolling restart", tuple(found)))
        done = partial(self._tell_rolled, client, services) if wait else _nobody
        self._rolling.append(Rolling(self._services, found, done))
        if not wait:
            self._tell(client, services, {})

    def _tell_rolled(self, client: Connection, services: Sequence[Service], failed: Service | None) -> None:
        if failed is None:
            self._tell(client, services, {})
            return
        why = f": {failed.note}" if failed.note else ""
        what = {State.DOWN: "is down", State.SKIPPED: "was skipped"}.get(failed.state, "has failed")
        text = f"{failed.plan.name} {what}{why}; those behind it were left as they are"
        client.send(protocol.error(text, 1))

    def _add(self, words: Sequence[str]) -> None:
        """Processes that were not started with the others, and are now: of a type that is there only those
        that are named."""
        known, types = self._services.names, {each.plan.type for each in self._services}
        unknown = [plan for plan in self._app.plan(None) if plan.name not in known]
        spare = [plan for plan in unknown if plan.type not in types or plan.name in words]
        chosen = names.select(words, [*known, *(plan.name for plan in spare)])
        self._services.plan(plan for plan in spare if plan.name in chosen)

    def _see_that_it_goes_on(self) -> None:
        if self._supervisor.stopping:
            raise RequestError("procman is stopping", 1)
        if not self._supervisor.in_formation:
            raise RequestError("the release command has not ended yet", 1)

    def _tell_when_done(
        self,
        client: Connection,
        request: Request,
        services: Sequence[Service],
        more: Mapping[str, Any] | None = None,
    ) -> None:
        if request.get("wait", True):
            self._waiting.append(Waiting(client, services, more or {}))
        else:
            self._tell(client, services, more or {})

    def _tell(self, client: Connection, services: Sequence[Service], more: Mapping[str, Any]) -> None:
        if client.open:
            rows = [self._listing.of(each) for each in services]
            client.send(protocol.result({"processes": rows, **more} if more else rows))


def _nobody(failed: Service | None) -> None:
    """Nobody waits for the end of it."""
