"""What each request to a running app means: the one place where commands from outside are carried out."""

from __future__ import annotations

from procman.control import protocol, requests
from procman.control.connection import Piece
from procman.control.following import Following
from procman.control.listing import Listing
from procman.control.outbox import Outbox
from procman.control.protocol import RequestError
from procman.control.reloading import Reload
from procman.core import exitcodes, facts
from procman.core.life import names
from procman.core.life.child import Phase
from procman.core.life.service import Event
from procman.core.text.prefix import SYSTEM
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from procman.control.attaching import Attaching
    from procman.control.connection import Connection
    from procman.control.reloading import RunningApp
    from procman.core.facts import Fact
    from procman.engine.scheduler import Scheduler
    from procman.engine.service import Service
    from procman.engine.supervisor import Supervisor
    from procman.logs.ring import Ring

    Request = dict[str, Any]

EVENTS = {"start": Event.START, "stop": Event.STOP, "restart": Event.RESTART}


class Waiting(NamedTuple):
    """A client that is told when these processes are as it wants them."""

    client: Connection
    services: Sequence[Service]
    more: Mapping[str, Any]
    """What else it is told then."""


class Outside(NamedTuple):
    """What else is to be known: the pid that people know, the monotonic clock, UTC since the epoch, the
    app that runs, and the scheduler, if it has one."""

    pid: int
    clock: Callable[[], float]
    wall: Callable[[], float]
    app: RunningApp
    attaching: Attaching
    scheduler: Callable[[], Scheduler | None]


class Desk:
    """Answers clients. `publish` is for what they bring about."""

    def __init__(
        self, supervisor: Supervisor, ring: Ring, publish: Callable[[Fact], None], outside: Outside
    ) -> None:
        self._supervisor = supervisor
        self._publish = publish
        self._pid, self._clock, self._wall, self._app, self._attaching, self._scheduler = outside
        self._listing = Listing(self._clock, self._wall)
        self._since = self._wall()
        self.outbox = Outbox(self._clock)
        self._following = Following(ring, self.outbox)
        self._waiting: list[Waiting] = []
        self._hear: list[Connection] = []
        self._handlers: dict[str, Callable[[Connection, Request], None]] = {
            "info": self._info,
            "ps": self._ps,
            "start": self._command,
            "stop": self._stop,
            "restart": self._command,
            "scale": self._scale,
            "signal": self._signal,
            "logs": self._logs,
            "events": self._events,
            "attach": self._attach,
            "reload": self._reload,
            "runs": self._runs,
        }

    def answer(self, client: Connection, request: Request) -> None:
        """Carry out a request. Raises `ProcmanError` when that cannot be done."""
        handler = self._handlers.get(request["command"])
        if handler is None:
            known = ", ".join(self._handlers)
            raise RequestError(f"no command '{request['command']}': there are {known}")
        handler(client, request)

    def hear(self, fact: Fact) -> None:
        """Pass a fact on to those who want them."""
        self._attaching.ended(fact)
        self._hear = [client for client in self._hear if client.open]
        if self._hear:
            line = protocol.fact(self._wall(), fact)
            for client in self._hear:
                client.offer(Piece(len(line), lambda: line))

    def after_turn(self, now: float) -> None:
        """Tell who waits for something that has happened."""
        if not self._waiting:
            return
        done = [each for each in self._waiting if all(one.settled for one in each.services)]
        self._waiting = [each for each in self._waiting if each not in done and each.client.open]
        for each in done:
            self._tell(each.client, each.services, each.more)

    # The commands

    def _info(self, client: Connection, request: Request) -> None:
        _result(client, {"pid": self._pid, "since": round(self._since, 3)})

    def _ps(self, client: Connection, request: Request) -> None:
        services = {each.plan.name: each for each in self._supervisor.services}
        rows = [self._listing.of(each) for each in services.values()]
        runs = [each for each in self._supervisor.processes.alive() if each.plan.name not in services]
        _result(client, [*rows, *(self._listing.of_child(each) for each in runs)])

    def _command(self, client: Connection, request: Request) -> None:
        command, now = request["command"], self._clock()
        self._see_that_it_goes_on()
        if command == "start":
            self._add(requests.words(request))
        found = self._meant(request)
        self._publish(facts.CommandGiven(command, tuple(found)))
        for name in found:
            self._supervisor.services.command(name, EVENTS[command], now)
        self._tell_when_done(client, request, [self._supervisor.services[name] for name in found])

    def _scale(self, client: Connection, request: Request) -> None:
        counts, services, now = requests.counts(request), self._supervisor.services, self._clock()
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

    def _reload(self, client: Connection, request: Request) -> None:
        self._see_that_it_goes_on()
        done = Reload(self._app, self._supervisor, self._publish, self._clock())
        self._tell_when_done(client, request, done.concerned, done.what)

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
        rows = [self._listing.of(each) for each in services]
        _result(client, {"processes": rows, **more} if more else rows)

    def _stop(self, client: Connection, request: Request) -> None:
        if request.get("names"):
            self._command(client, request)
            return
        _result(client, {"pid": self._pid})
        self._supervisor.stop("stop requested", self._clock())

    def _add(self, words: Sequence[str]) -> None:
        """Processes that were not started with the others, and are now."""
        known = self._supervisor.services.names
        spare = [plan for plan in self._app.plan(None) if plan.name not in known]
        chosen = names.select(words, [*known, *(plan.name for plan in spare)])
        self._supervisor.services.plan(plan for plan in spare if plan.name in chosen)

    def _signal(self, client: Connection, request: Request) -> None:
        found = self._meant(request)
        number = requests.signal_number(request.get("signal"))
        self._publish(facts.CommandGiven(exitcodes.signal_name(number), tuple(found)))
        children = [self._supervisor.services[name].process for name in found]
        alive = [each for each in children if each and each.life.phase is Phase.RUNNING]
        self._supervisor.processes.forward(alive, number)
        _result(client, [self._listing.of_child(each) for each in alive])

    def _logs(self, client: Connection, request: Request) -> None:
        known = [*self._supervisor.services.names, SYSTEM]
        chosen = names.select(requests.words(request), known) if request.get("names") else None
        self._following.begin(client, request, chosen)

    def _events(self, client: Connection, request: Request) -> None:
        self._hear.append(client)

    def _attach(self, client: Connection, request: Request) -> None:
        children = {each.plan.name: each for each in self._supervisor.processes.alive()}
        found = names.select(
            requests.words(request), [*dict.fromkeys([*self._supervisor.services.names, *children])]
        )
        if len(found) != 1:
            raise RequestError(f"attach to one process{': ' if found else ''}{', '.join(found)}")
        if found[0] not in children:
            raise RequestError(f"{found[0]} is down: 'procman start {found[0]}' starts it", 1)
        self._attaching.begin(client, request, children[found[0]])

    def _runs(self, client: Connection, request: Request) -> None:
        """What waits for a place, told when the store knows of all else."""
        scheduler = self._scheduler()
        if scheduler is None:
            _result(client, {"waiting": {}, "crowded": False})
            return

        def written() -> None:
            if client.open:
                _result(client, {"waiting": scheduler.waiting(), "crowded": scheduler.crowded})

        scheduler.write_down(written)

    def _meant(self, request: Request) -> list[str]:
        words = requests.words(request)
        if not words:
            raise RequestError("say which processes: 'names' is a list of them")
        return names.select(words, self._supervisor.services.names)


def _result(client: Connection, result: Any) -> None:
    client.send(protocol.encode({"result": result}))
