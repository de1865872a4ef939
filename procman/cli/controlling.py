"""The control of a running app, put together: its socket, who answers there, and the lines that are kept."""

from __future__ import annotations

import time

from procman.core.facts import Notice
from procman.errors import StoreError
from procman.logs.ring import Ring
from procman.shortages import in_words
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.control.server import Server
    from procman.core.plan.plan import ProcessPlan
    from procman.engine.bus import Bus
    from procman.engine.engine import Engine
    from procman.engine.supervisor import Supervisor
    from procman.host.poller import Poller
    from procman.logs.hub import Log


class Controlling:
    """From `begin` to `end` an app can be talked to. `pid` is the one that people know."""

    def __init__(self, folder: str, poller: Poller, log: Log, pid: int) -> None:
        self._folder = folder
        self._poller = poller
        self._log = log
        self._pid = pid
        self._ring = Ring(time.time)
        self._server: Server | None = None

    def begin(
        self, engine: Engine, supervisor: Supervisor, bus: Bus, spare: Callable[[], Sequence[ProcessPlan]]
    ) -> None:
        """Keep lines from now on, and listen when the processes are started: they do not wait for this."""
        self._log.keep = self._ring.add
        engine.opens = lambda: self._open(engine, supervisor, bus, spare)

    def end(self) -> None:
        """Hang up."""
        if self._server:
            self._server.close()

    def _open(
        self, engine: Engine, supervisor: Supervisor, bus: Bus, spare: Callable[[], Sequence[ProcessPlan]]
    ) -> None:
        from procman.control.desk import Desk
        from procman.control.server import Server

        desk = Desk(supervisor, self._ring, bus.publish, (time.monotonic, time.time), self._pid, spare)
        try:
            self._server = Server(self._folder, self._poller, desk.answer)
        except (OSError, StoreError) as error:
            self._log.say(Notice(f"no control from other terminals: {in_words(error) or error}"))
            return
        bus.subscribe(desk.hear)
        engine.after = desk.after_turn
