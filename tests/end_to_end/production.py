"""The files of docs/production.md, the app that they are for, and a stand-in for systemd.

systemd cannot run in a test. What it does is written here after systemd.service(5) and sd_notify(3), as far
as procman sees it.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.output import PATIENCE, wait_until
from tests.end_to_end.policed import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psutil

    from tests.end_to_end.harness import App, Running

PAGE = (Path(__file__).parents[2] / "docs" / "production.md").read_text()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PLACE, PORT = "/srv/shop", "5000"
BIN = os.path.dirname(sys.executable)
SHOP = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"open"})
"""
WORKER = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("finished", flush=True)))
print("works", flush=True)
while True:
    signal.pause()
"""


def example(language: str, holding: str = "") -> str:
    """The one example on the page in this language, with this text in it."""
    (found,) = (text for name, text in FENCE.findall(PAGE) if name == language and holding in text)
    return str(found)


def unit() -> configparser.ConfigParser:
    """The unit for systemd."""
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(example("ini"))
    return parser


def seconds(text: str) -> float:
    """A time as in systemd.time(7)."""
    number, word = re.fullmatch(r"(\d+)\s*(\w*)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"": 1, "s": 1, "min": 60}[word]


def words_of(command: str) -> tuple[str, ...]:
    """A command of the page, with the procman that is tested."""
    program, *words = shlex.split(command)
    assert program in ("procman", f"{PLACE}/.venv/bin/procman"), command
    return (*PROCMAN, *words)


def shop(app: App) -> int:
    """The app of the page, on a port that is free: which one."""
    port = free_port()
    app.write("Procfile", example("procfile", "worker.py"))
    text = example("yaml")
    assert f"listen: {PORT}\n" in text
    app.write("procman.yml", text.replace(f"listen: {PORT}\n", f"listen: {port}\n"))
    app.write("shop.py", SHOP)
    app.write("worker.py", WORKER)
    return port


def here(app: App, text: str) -> str:
    """A text of the page, for this app, with the procman that is tested."""
    text = text.replace(f"{PLACE}/.venv/bin/procman", " ".join(PROCMAN))
    return text.replace(f"{PLACE}/.venv/bin", BIN).replace(PLACE, str(app.root))


class Message(NamedTuple):
    """What somebody has told systemd, and which process that was."""

    lines: Sequence[str]
    pid: int


class Systemd:
    """Starts the unit, and hears what is told to it by those who may."""

    def __init__(self, app: App) -> None:
        self.service = dict(unit()["Service"])
        self._app = app
        self._address = str(app.root / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(self._address)
        self.running: Running | None = None
        self.heard: list[Message] = []

    def start(self) -> Running:
        """ExecStart= in a new process, whose pid is the watchdog's too."""
        wanted = f"export WATCHDOG_PID=$$; exec {here(self._app, self.service['ExecStart'])}"
        self.running = self._app.launch("/bin/sh", "-c", wanted, env=self._environment())
        return self.running

    def reload(self) -> int:
        """ExecReload=: its exit code."""
        words = words_of(self.service["ExecReload"])
        return self._app.launch(*words, env=self._environment()).end()

    def stop(self) -> int:
        """As KillMode=mixed says: the signal is for the main process alone."""
        assert self.running
        assert self.service["KillMode"] == "mixed"
        return self.running.stop(signal.SIGTERM)

    def hear(self, wanted: str, within: float = PATIENCE) -> Message:
        """The next message with this line of somebody who may speak. Raises `TimeoutError`."""
        self._socket.settimeout(within)
        while True:
            data, control, _, _ = self._socket.recvmsg(65536, socket.CMSG_SPACE(12))
            pid, _, _ = struct.unpack("3i", control[0][2])
            message = Message(data.decode().split("\n"), pid)
            if self._may_speak(pid):
                self.heard.append(message)
                if wanted in message.lines:
                    return message

    def hears_no_more(self, line: str, within: float) -> bool:
        """Whether it is not told once in so many seconds. What was told before is heard first."""
        try:
            for _ in range(5):
                self.hear(line, within)
        except TimeoutError:
            return True
        return False

    def close(self) -> None:
        """Nobody listens any more."""
        self._socket.close()

    def _may_speak(self, pid: int) -> bool:
        main = self.running.process.pid if self.running else 0
        return {"all": True, "main": pid == main}[self.service["NotifyAccess"]]

    def _environment(self) -> Mapping[str, str]:
        name, _, value = here(self._app, self.service["Environment"]).partition("=")
        usec = round(seconds(self.service["WatchdogSec"]) * 1_000_000)
        return {name: value, "NOTIFY_SOCKET": self._address, "WATCHDOG_USEC": str(usec)}


def pid_1(running: Running) -> psutil.Process:
    """The first process of the PID namespace that unshare(1) has made."""
    first = running.supervisor()
    with open(f"/proc/{first.pid}/status", encoding="ascii") as file:
        numbers = re.search(r"^NSpid:(.*)$", file.read(), re.MULTILINE)
    assert numbers
    assert numbers[1].split()[-1] == "1"
    wait_until(first.children)
    return first
