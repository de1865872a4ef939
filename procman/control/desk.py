"""What each request to a running app means: the one place where commands from outside are carried out."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.control import protocol
from procman.control.connection import Piece
from procman.control.following import Following
from procman.control.listing import Listing
from procman.control.protocol import RequestError
from procman.core import exitcodes, facts
from procman.core.life import names
from procman.core.life.child import Phase
from procman.core.life.service import Event
from procman.core.text.prefix import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.control.attaching import Attaching
    from procman.control.connection import Connection
    from procman.core.facts import Fact
    from procman.core.plan.plan import ProcessPlan
    from procman.engine.services import Service
    from procman.engine.supervisor import Supervisor
    from procman.logs.ring import Ring

    Request = dict[str, Any]

MOST = 9999
EVENTS = {"start": Event.START, "stop": Event.STOP, "restart": Event.RESTART}


class Waiting(NamedTuple):
    """A client that is told when these processes are as it wants them."""

    client: Connection
    services: Sequence[Service]


class Outside(NamedTuple):
    """What else is to be known: the pid that people know, the monotonic clock, UTC since the epoch, the
    processes of the Procfile (so many of each type, or one of each without numbers)."""

    pid: int
    clock: Callable[[], float]
    wall: Callable[[], float]
    plan: Callable[[Mapping[str, int] | None], Sequence[ProcessPlan]]
    attaching: Attaching


class Desk:
    """Answers clients. `publish` is for what they bring about."""

    def __init__(
        self, supervisor: Supervisor, ring: Ring, publish: Callable[[Fact], None], outside: Outside
    ) -> None:
        self._supervisor = supervisor
        self._publish = publish
        self._pid, self._clock, self._wall, self._plan, self._attaching = outside
        self._listing = Listing(self._clock, self._wall)
        self._since = self._wall()
        self._following = Following(ring)
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
            _result(each.client, [self._listing.of(one) for one in each.services])

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
            self._add(_words(request))
        found = self._meant(request)
        self._publish(facts.CommandGiven(command, tuple(found)))
        for name in found:
            self._supervisor.services.command(name, EVENTS[command], now)
        self._tell_when_done(client, request, [self._supervisor.services[name] for name in found])

    def _scale(self, client: Connection, request: Request) -> None:
        counts, services, now = _counts(request), self._supervisor.services, self._clock()
        self._see_that_it_goes_on()
        plans = [plan for plan in self._plan(counts) if plan.type in counts]
        concerned = [each for each in services if each.plan.type in counts]
        self._publish(facts.CommandGiven("scale", tuple(f"{name}={counts[name]}" for name in counts)))
        services.drop((each.plan.name for each in concerned), {plan.name for plan in plans}, now)
        services.plan(plan for plan in plans if plan.name not in services.names)
        for plan in plans:
            services.command(plan.name, Event.START, now)
        added = [services[plan.name] for plan in plans if services[plan.name] not in concerned]
        self._tell_when_done(client, request, [*concerned, *added])

    def _see_that_it_goes_on(self) -> None:
        if self._supervisor.stopping:
            raise RequestError("procman is stopping", 1)

    def _tell_when_done(self, client: Connection, request: Request, services: Sequence[Service]) -> None:
        if request.get("wait", True):
            self._waiting.append(Waiting(client, services))
        else:
            _result(client, [self._listing.of(each) for each in services])

    def _stop(self, client: Connection, request: Request) -> None:
        if request.get("names"):
            self._command(client, request)
            return
        _result(client, {"pid": self._pid})
        self._supervisor.stop("stop requested", self._clock())

    def _add(self, words: Sequence[str]) -> None:
        """Processes that were not started with the others, and are now."""
        known = self._supervisor.services.names
        spare = [plan for plan in self._plan(None) if plan.name not in known]
        chosen = names.select(words, [*known, *(plan.name for plan in spare)])
        self._supervisor.services.plan(plan for plan in spare if plan.name in chosen)

    def _signal(self, client: Connection, request: Request) -> None:
        found = self._meant(request)
        number = _signal_number(request.get("signal"))
        self._publish(facts.CommandGiven(exitcodes.signal_name(number), tuple(found)))
        children = [self._supervisor.services[name].process for name in found]
        alive = [each for each in children if each and each.life.phase is Phase.RUNNING]
        self._supervisor.processes.forward(alive, number)
        _result(client, [self._listing.of_child(each) for each in alive])

    def _logs(self, client: Connection, request: Request) -> None:
        known = [*self._supervisor.services.names, SYSTEM]
        chosen = names.select(_words(request), known) if request.get("names") else None
        self._following.begin(client, request, chosen)

    def _events(self, client: Connection, request: Request) -> None:
        self._hear.append(client)

    def _attach(self, client: Connection, request: Request) -> None:
        children = {each.plan.name: each for each in self._supervisor.processes.alive()}
        found = names.select(_words(request), [*dict.fromkeys([*self._supervisor.services.names, *children])])
        if len(found) != 1:
            raise RequestError(f"attach to one process{': ' if found else ''}{', '.join(found)}")
        if found[0] not in children:
            raise RequestError(f"{found[0]} is down: 'procman start {found[0]}' starts it", 1)
        self._attaching.begin(client, request, children[found[0]])

    def _meant(self, request: Request) -> list[str]:
        words = _words(request)
        if not words:
            raise RequestError("say which processes: 'names' is a list of them")
        return names.select(words, self._supervisor.services.names)


def _words(request: Request) -> list[str]:
    words = request.get("names", [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RequestError("'names' is a list of strings")
    return words


def _counts(request: Request) -> dict[str, int]:
    found = request.get("counts")
    if not isinstance(found, dict) or not found:
        raise RequestError("'counts' is an object of numbers by process type")
    if not all(type(number) is int and 0 <= number <= MOST for number in found.values()):
        raise RequestError(f"a count is a number from 0 to {MOST}")
    return found


def _signal_number(given: object) -> int:
    """`"HUP"`, `"SIGHUP"` or 1. Raises `RequestError`."""
    try:
        if isinstance(given, str) and not given.isdecimal():
            return signal.Signals[f"SIG{given.upper().removeprefix('SIG')}"]
        if isinstance(given, str | int) and not isinstance(given, bool):
            return signal.Signals(int(given))
    except (KeyError, ValueError):
        pass
    raise RequestError(f"no signal '{given}': write a name such as HUP or USR1")


def _result(client: Connection, result: Any) -> None:
    client.send(protocol.encode({"result": result}))
