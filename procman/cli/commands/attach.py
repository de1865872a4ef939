"""`procman attach`: the terminal of a process of the running app, as if it were this one."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from procman.cli import apps, complaints
from procman.control import client
from procman.core.text import keys
from procman.core.text.privatemodes import PrivateModes
from procman.errors import NotRunningError, Problem, UserError
from procman.host import place
from procman.host.rawterminal import RawTerminal

if TYPE_CHECKING:
    from procman.cli.options import Namespace
    from procman.control.client import Conversation

STDIN, STDOUT = 0, 1
USUAL_KEY = b"\x1c"
"""Ctrl-\\: the terminal's own key for SIGQUIT, which nobody misses."""
MOST_TYPED = 1 << 12
"""Bytes sent before the process has taken them."""
MOST_WAITING = 1 << 20
READ_SIZE = 1 << 12
BELL = b"\a"
HARMLESS = b"\x1b[0m\x1b[?25h\x1b[?2004l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l"
"""Colours, cursor, paste and mouse as usual, whatever they were: when nobody knows it any more."""
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
"""With these somebody ends this command; in a raw terminal no key does."""


def run(options: Namespace) -> int:
    """Until the key that leaves, or the end of the process. Raises `ProcmanError`."""
    if not (os.isatty(STDIN) and os.isatty(STDOUT)):
        text = "needs a terminal for its keys and its output; 'procman logs -f' reads without one"
        raise UserError([Problem("attach", None, text)])
    columns, rows = os.get_terminal_size(STDOUT)
    key = options.detach_key or USUAL_KEY
    folder = place.of_running(apps.root_of(options))
    with client.converse(
        folder, "attach", names=[options.process], columns=columns or 80, rows=rows or 24
    ) as conversation:
        first, *others = _first(conversation)
        name = first["attached"]["name"]
        complaints.tell(f"attached to {name}: {keys.name(key)} detaches")
        visit = Visit(conversation, key)
        with RawTerminal(STDIN, undo=HARMLESS):
            try:
                how = visit.last(others)
            finally:
                visit.show(visit.modes.undo)
        visit.show(f"\n{_told(name, how)}\n".encode())
    return 128 + how if isinstance(how, int) else 0


def _first(conversation: Conversation) -> list[dict[str, Any]]:
    while (found := conversation.receive()) is not None:
        if found:
            return found
    raise NotRunningError("procman ended before it answered")


def _signals() -> int:
    """Where the numbers of signals can be read from now on."""
    signals, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for number in (*ENDING, signal.SIGWINCH, signal.SIGTSTP):
        signal.signal(number, lambda *_: None)
    return signals


def _read_keys() -> bytes:
    """What was typed; nothing when the window was closed."""
    try:
        return os.read(STDIN, READ_SIZE)
    except OSError:
        return b""


def _told(name: str, how: dict[str, Any] | int) -> str:
    if isinstance(how, int):
        return f"procman: {signal.Signals(how).name} received, detached from {name}"
    if "ended" in how:
        return f"procman: {name} has ended with exit code {how['ended']['exit_code']}"
    return f"procman: detached from {name}, it goes on" if how else "procman: procman has ended"


class Visit:
    """Keys go there, output comes here."""

    def __init__(self, conversation: Conversation, key: bytes) -> None:
        self._conversation = conversation
        self._key = key
        self._typed = b""
        self._untaken = 0
        self.modes = PrivateModes()

    def last(self, received: list[dict[str, Any]]) -> dict[str, Any] | int:
        """Until it ends; the answer that says so, nothing when procman has ended, or a signal number."""
        signals = _signals()
        while True:
            if end := self._heard(received):
                return end
            ready, _, _ = select.select([signals, self._conversation.fileno(), STDIN], [], [])
            if signals in ready and (number := self._signalled(os.read(signals, READ_SIZE))):
                return number
            if STDIN in ready and self._keys(_read_keys()):
                return {"left": True}
            received = []
            if self._conversation.fileno() in ready:
                found = self._conversation.receive()
                if found is None:
                    return {}
                received = found

    def show(self, data: bytes) -> None:
        """On our terminal, as long as there is one."""
        with suppress(OSError):
            while data:
                data = data[os.write(STDOUT, data) :]

    def _heard(self, received: list[dict[str, Any]]) -> dict[str, Any] | None:
        for each in received:
            if "output" in each:
                data = each["output"].encode(errors="surrogateescape")
                self.modes.feed(data)
                self.show(data)
            elif "taken" in each:
                self._untaken -= each["taken"]
            elif "lost" in each:
                self.show(b"\r\nprocman: %d pieces are left out here\r\n" % each["lost"])
            elif "ended" in each:
                return each
        self._send()
        return None

    def _keys(self, data: bytes) -> bool:
        """What was typed goes on its way; whether the key that leaves, or the end, was among it."""
        typed, leaving, _ = data.partition(self._key)
        if len(self._typed) < MOST_WAITING:
            self._typed += typed
        else:  # the process reads nothing: this is dropped, so that the key that leaves is heard
            self.show(BELL)
        self._send()
        return bool(leaving) or not data

    def _send(self) -> None:
        room = MOST_TYPED - self._untaken
        if self._typed and room > 0:
            now, self._typed = self._typed[:room], self._typed[room:]
            self._untaken += len(now)
            self._conversation.send(input=now.decode(errors="surrogateescape"))

    def _signalled(self, numbers: bytes) -> int:
        if signal.SIGWINCH in numbers:
            columns, rows = os.get_terminal_size(STDOUT)
            self._conversation.send(window=[columns or 80, rows or 24])
        return next((int(number) for number in ENDING if number in numbers), 0)
