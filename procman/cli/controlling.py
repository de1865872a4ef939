"""The control of a running app, put together: its pid file, its socket, who answers there, what is kept."""

from __future__ import annotations

import gc
import os
import time

from procman.core.facts import Notice
from procman.errors import RunningError, StoreError
from procman.host import place
from procman.host.lock import PidFile
from procman.logs.ring import Ring
from procman.shortages import in_words
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.cli.running import Running
    from procman.control.server import Server
    from procman.engine.bus import Bus
    from procman.engine.engine import Engine
    from procman.engine.supervisor import Supervisor
    from procman.host.children import Children
    from procman.host.poller import Poller
    from procman.logs.hub import Log


ENDING_SECONDS, LOOK_SECONDS = 10.0, 0.05
"""How long a procman whose guardian was killed may take to end, and how often it is looked for."""


class Parts(NamedTuple):
    """What is controlled."""

    engine: Engine
    supervisor: Supervisor
    bus: Bus
    log: Log
    children: Children


class Controlling:
    """Who runs the app, and how it is talked to, from `begin` to `end`.

    `pid` is the one that people know. With `separate` there is another procman, which has both.
    """

    def __init__(self, root: str, pid: int, poller: Poller, separate: bool) -> None:
        self._folder = folder = place.of(root)
        self._usual = place.usual(root)
        self._pid = pid
        self._poller = poller
        self._pid_file = None if separate else PidFile(folder)
        self._server: Server | None = None
        self._last_words: Callable[[float], bool] = lambda seconds: False

    def claim(self, first: bool = False) -> Iterator[Notice]:
        """Be the one that runs this app. Raises `RunningError` if another is, the `first` time."""
        if first and self._pid_file and self._usual != self._folder:
            self._look_elsewhere(PidFile(self._usual))
        try:
            other = self._acquire(patiently=first)
        except (OSError, StoreError) as error:
            yield Notice(f"no pid file: {in_words(error) or error}")
            return
        else:
            yield from self._renew()
        if other is not None and first:
            raise RunningError(other, self._pid_file.since if self._pid_file else "")
        if other is not None:
            yield Notice(f"another procman (pid {other}) runs this app already")

    def _look_elsewhere(self, pid_file: PidFile) -> None:
        """It may have been started before somebody said where the state is now. Raises `RunningError`."""
        if other := pid_file.holder:
            raise RunningError(other, pid_file.since)

    def _acquire(self, patiently: bool) -> int | None:
        """The pid of another; who is patient waits for one whose guardian is gone, for that ends now."""
        until = time.monotonic() + ENDING_SECONDS
        other = self._pid_file.acquire(self._pid) if self._pid_file else None
        while self._pid_file and patiently and other and _is_gone(other) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
            other = self._pid_file.acquire(self._pid)
        return other

    def _renew(self) -> Iterator[Notice]:
        """The socket is in the same folder, which may have been removed."""
        try:
            if self._server:
                self._server.renew()
        except (OSError, StoreError) as error:
            yield Notice(f"no control from other terminals: {in_words(error) or error}")

    def begin(self, parts: Parts, app: Running) -> None:
        """Keep lines from now on, and listen when the processes are started: they do not wait for this."""
        if self._pid_file is None:
            parts.engine.opens = gc.enable
            return
        ring = Ring(time.time)
        parts.log.sinks.append(lambda name, lines, words: ring.add(name, lines))
        parts.log.attachable = True
        parts.engine.opens = lambda: self._open(parts, ring, app)

    def _open(self, parts: Parts, ring: Ring, app: Running) -> None:
        gc.enable()  # the command has disabled it for its imports
        from procman.control.attaching import Attaching
        from procman.control.desk import Desk, Outside
        from procman.control.server import Server

        engine, supervisor, bus, log, children = parts
        attaching = Attaching(ring, children, engine.taps, log.unfinished)
        outside = Outside(self._pid, time.monotonic, time.time, app, attaching, lambda: engine.scheduler)
        desk = Desk(supervisor, ring, bus.publish, outside._replace(reopens=engine.reopens))
        try:
            self._server = Server(self._folder, self._poller, desk.answer)
        except (OSError, StoreError) as error:
            log.say(Notice(f"no control from other terminals: {in_words(error) or error}"))
            return
        bus.subscribe(desk.hear)
        engine.after.append(desk.after_turn)
        engine.sharing.sends = desk.outbox.send
        self._last_words = desk.outbox.send

    def end(self) -> None:
        """Hang up on all."""
        if self._server:
            self._server.close(self._last_words)

    def release(self) -> Iterator[Notice]:
        """Another procman may run the app from now on."""
        try:
            if self._pid_file:
                self._pid_file.release()
        except OSError as error:
            yield Notice(f"cannot tidy up {error.filename}: {error.strerror}")


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
