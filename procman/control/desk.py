"""What each request to a running app means: the one place where commands from outside are carried out."""

from __future__ import annotations

from procman.control import protocol, requests
from procman.control.commanding import Commanding
from procman.control.connection import Piece
from procman.control.following import Following
from procman.control.listing import Listing
from procman.control.outbox import Outbox
from procman.control.protocol import RequestError
from procman.core import facts
from procman.core.life import names
from procman.core.text.prefix import SYSTEM
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from procman.control.attaching import Attaching
    from procman.control.connection import Connection
    from procman.control.reloading import RunningApp
    from procman.core.facts import Fact
    from procman.engine.scheduler import Scheduler
    from procman.engine.supervisor import Supervisor
    from procman.logs.ring import Ring

    Request = dict[str, Any]


class Outside(NamedTuple):
    """What else is to be known: the pid that people know, the monotonic clock, UTC since the epoch, the
    app that runs, the scheduler, if it has one, and what has the log files begun anew, if there are any."""

    pid: int
    clock: Callable[[], float]
    wall: Callable[[], float]
    app: RunningApp
    attaching: Attaching
    scheduler: Callable[[], Scheduler | None]
    reopens: Callable[[Callable[[], None]], None] | None = None


class Desk:
    """Answers clients. `publish` is for what they bring about."""

    def __init__(
        self, supervisor: Supervisor, ring: Ring, publish: Callable[[Fact], None], outside: Outside
    ) -> None:
        self._supervisor = supervisor
        self._publish = publish
        self._pid, self._clock, self._wall, self._app, self._attaching, self._scheduler = outside[:6]
        self._reopens = outside.reopens
        self._listing = Listing(self._clock, self._wall)
        self._since = self._wall()
        self.outbox = Outbox(self._clock)
        self._following = Following(ring, self.outbox)
        commanding = Commanding(supervisor, self._app, self._listing, publish, self._clock)
        self._commanding = commanding
        self.after_turn = commanding.after_turn
        self._hear: list[Connection] = []
        self._handlers: dict[str, Callable[[Connection, Request], None]] = {
            "info": self._info,
            "ps": self._ps,
            "start": commanding.change,
            "stop": self._stop,
            "restart": commanding.change,
            "scale": commanding.scale,
            "signal": commanding.signal,
            "logs": self._logs,
            "events": self._events,
            "attach": self._attach,
            "reload": commanding.reload,
            "runs": self._runs,
            "reopen-logs": self._reopen_logs,
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

    # The commands

    def _info(self, client: Connection, request: Request) -> None:
        client.send(protocol.result({"pid": self._pid, "since": round(self._since, 3)}))

    def _ps(self, client: Connection, request: Request) -> None:
        services = {each.plan.name: each for each in self._supervisor.services}
        rows = [self._listing.of(each) for each in services.values()]
        runs = [each for each in self._supervisor.processes.alive() if each.plan.name not in services]
        client.send(protocol.result([*rows, *(self._listing.of_child(each) for each in runs)]))

    def _stop(self, client: Connection, request: Request) -> None:
        if request.get("names"):
            self._commanding.change(client, request)
            return
        client.send(protocol.result({"pid": self._pid}))
        self._supervisor.stop("stop requested", self._clock())

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

    def _reopen_logs(self, client: Connection, request: Request) -> None:
        if self._reopens is None:
            raise RequestError("there are no log files: procman was started without --log-dir", 1)
        self._publish(facts.CommandGiven("reopen-logs", ()))
        self._reopens(lambda: self._tell_pid(client))

    def _tell_pid(self, client: Connection) -> None:
        if client.open:
            client.send(protocol.result({"pid": self._pid}))

    def _runs(self, client: Connection, request: Request) -> None:
        """What waits for a place, told when the store knows of all else."""
        scheduler = self._scheduler()
        if scheduler is None:
            client.send(protocol.result({"waiting": {}, "crowded": False}))
            return

        def written() -> None:
            if client.open:
                client.send(protocol.result({"waiting": scheduler.waiting(), "crowded": scheduler.crowded}))

        scheduler.write_down(written)
