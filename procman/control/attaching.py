"""Clients at the terminal of a process: its output goes to them as it is, their keys go to it."""

from __future__ import annotations

from procman.control import protocol
from procman.control.connection import Piece
from procman.control.protocol import RequestError
from procman.core import exitcodes, facts
from procman.host.spawn import WindowSize
from procman.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from procman.control.connection import Connection
    from procman.core.facts import Fact
    from procman.engine.process import Process
    from procman.logs.ring import Ring

    Tap = Callable[[str, bytes], None]

MOST_TYPED = 1 << 16
"""Bytes that may wait for a process which reads no keys."""
LARGEST = 10_000
"""Columns or rows."""
SHOWN_LINES = 20
"""Of what came before."""
NO_TERMINAL = "has no terminal: 'procman start --pty always' gives all processes one"


class Terminals(Protocol):
    """The terminals of children, by process name; see `host/children.py`."""

    def has_terminal(self, name: str) -> bool: ...

    def hold(self, name: str, window: WindowSize | None) -> None: ...

    def type(self, name: str, data: bytes, taken: Callable[[], None]) -> None: ...

    def shown(self, name: str, data: bytes) -> bytes: ...


class Attaching:
    """All that are attached. Those at one process share its terminal, in the smallest of their windows.

    `taps` are called with all output as it is read, by name; `unfinished` gives the last line of a process
    that has no newline yet.
    """

    def __init__(
        self, ring: Ring, terminals: Terminals, taps: list[Tap], unfinished: Callable[[str], bytes]
    ) -> None:
        self._ring = ring
        self._terminals = terminals
        self._taps = taps
        self._unfinished = unfinished
        self._windows: dict[str, dict[Connection, WindowSize]] = {}
        self._typed: dict[Connection, int] = {}

    def begin(self, client: Connection, request: dict[str, Any], process: Process) -> None:
        """The client is at this terminal from now on. Raises `RequestError` when there is none."""
        name = process.plan.name
        if not self._terminals.has_terminal(name):
            raise RequestError(f"{name} {NO_TERMINAL}", 1)
        window = _window([request.get("columns", 80), request.get("rows", 24)])
        client.more = lambda more: self._told(client, name, more)
        client.gone = lambda: self._leave(client, name)
        if not self._windows:
            self._taps.append(self._tap)
        self._windows.setdefault(name, {})[client] = window
        self._typed[client] = 0
        self._fit(name)
        client.offer(_piece({"attached": {"name": name, "pid": process.pid or None}}))
        if before := self._before(name):
            client.offer(_output(before))

    def ended(self, fact: Fact) -> None:
        """What happened: perhaps the end of a process at which there are clients."""
        if isinstance(fact, facts.ProcessEnded):
            for client in [*self._windows.get(fact.name, ())]:
                self._leave(client, fact.name)
                client.offer(_piece({"ended": {"exit_code": exitcodes.exit_code(fact.code)}}))
                client.end()

    def _told(self, client: Connection, name: str, told: dict[str, Any]) -> None:
        if "window" in told:
            self._windows[name][client] = _window(told["window"])
            self._fit(name)
        elif isinstance(text := told.get("input"), str):
            self._type(client, name, text)
        else:
            raise RequestError("behind 'attach' come objects with 'input', a string, or 'window', a list")

    def _type(self, client: Connection, name: str, text: str) -> None:
        try:
            data = text.encode(errors="surrogateescape")
        except UnicodeEncodeError:
            raise RequestError("'input' has surrogates that stand for no byte") from None
        self._typed[client] += len(data)
        if self._typed[client] > MOST_TYPED:
            raise RequestError(f"{name} reads no keys: wait for 'taken' before you send more", 1)

        def taken() -> None:
            if client in self._typed:
                self._typed[client] -= len(data)
                client.offer(_piece({"taken": len(data)}))

        self._terminals.type(name, data, taken)

    def _tap(self, name: str, data: bytes) -> None:
        if clients := self._windows.get(name):
            piece = _output(self._terminals.shown(name, data))
            for client in [*clients]:
                client.offer(piece)

    def _before(self, name: str) -> bytes:
        lines = b"".join(batch.lines for batch in self._ring if batch.name == name)
        newest = lines.split(b"\n")[-SHOWN_LINES - 1 :]
        return b"\r\n".join(newest) + self._unfinished(name)

    def _fit(self, name: str) -> None:
        windows = self._windows[name].values()
        self._terminals.hold(
            name, WindowSize(min(each.columns for each in windows), min(each.rows for each in windows))
        )

    def _leave(self, client: Connection, name: str) -> None:
        """It has gone, or its process has."""
        if self._typed.pop(client, None) is None:
            return
        del self._windows[name][client]
        if self._windows[name]:
            self._fit(name)
            return
        del self._windows[name]
        self._terminals.hold(name, None)
        if not self._windows:
            self._taps.remove(self._tap)


def _window(found: object) -> WindowSize:
    if (
        isinstance(found, list)
        and len(found) == 2
        and all(type(size) is int and 0 < size <= LARGEST for size in found)
    ):
        return WindowSize(*found)
    raise RequestError(f"a window has columns and rows, each a number from 1 to {LARGEST}")


def _output(data: bytes) -> Piece:
    return Piece(len(data), lambda: protocol.encode({"output": data.decode(errors="surrogateescape")}))


def _piece(value: dict[str, Any]) -> Piece:
    data = protocol.encode(value)
    return Piece(len(data), lambda: data)
