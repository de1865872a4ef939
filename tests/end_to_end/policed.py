"""Apps whose procman.yml says something about processes, a server that they run, and what is seen of them."""

from __future__ import annotations

import json
import random
import socket
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Any

from procman.control import client
from procman.errors import NotRunningError
from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.end_to_end.harness import App, Running

    Row = dict[str, Any]

STAY = "exec sleep 1000"
SWIFT = f"exec {PYTHON} -S -s"
"""Python that begins sooner than usual."""
SERVE = f"{SWIFT} server.py"
SERVER = """
import os, socket, time
from contextlib import suppress
where = "127.0.0.1", int(os.environ["PORT"])
open_ones, listener = [], socket.create_server(where)
print("Listening on", where[1], flush=True)
while True:
    connection, _ = listener.accept()
    mode = open("mode").read().strip()
    if mode == "mute":
        open_ones.append(connection)
        continue
    if mode == "die":
        os._exit(9)
    if mode == "garbage":
        connection.sendall(bytes(range(256)) * 40)
    elif mode == "drip":
        with suppress(OSError):
            for each in b"HTTP/1.1 200 OK":
                connection.sendall(bytes([each]))
                time.sleep(0.02)
    elif mode == "endless":
        connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
        open_ones.append(connection)
        continue
    else:
        connection.recv(65536)
        connection.sendall(f"HTTP/1.1 {mode} x\\r\\nContent-Length: 0\\r\\n\\r\\n".encode())
    connection.close()
"""
TELLS = """
import os, socket, sys, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as up:
    for said in sys.argv[1:]:
        up.sendto(said.replace(",", "\\n").encode(), os.environ["NOTIFY_SOCKET"])
time.sleep(1000)
"""
"""Tells each of its words to who listens at NOTIFY_SOCKET, and stays."""


def police(app: App, processes: str, top: str = "") -> None:
    """`procman.yml` with what is said of processes, as it is written below `processes:`."""
    app.write("procman.yml", f"{top}processes:\n{indent(dedent(processes), '  ')}\n")


def serving(app: App, mode: str = "200") -> None:
    """The app has `server.py`: it answers every request with this status, or otherwise as `mode` says."""
    app.write("server.py", SERVER)
    app.write("mode", mode)


def free_port() -> int:
    """The first of some that nobody has, for each of several types: none that the system gives to clients."""
    while True:
        base = random.randrange(10_000, 32_000)
        if not any(listens(base + 100 * type_ + instance) for type_ in range(5) for instance in range(4)):
            return base


def listens(port: int) -> bool:
    """Whether somebody listens there, on this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def started(app: App, *words: str, **options: Any) -> Running:
    """The app runs on a port that nobody else has, and can be talked to."""
    running = app.start("-p", str(free_port()), *words, **options)
    wait_until(lambda: heard(app) is not None or running.process.poll() is not None)
    assert running.process.poll() is None, running.out.text + running.err.text
    return running


def heard(app: App) -> list[Row] | None:
    """What `procman ps` is told, at once; None while nobody can be talked to."""
    try:
        rows: list[Row] = client.ask(str(app.root / ".procman"), "ps", timeout=20.0)
    except NotRunningError:
        return None
    return rows


def rows(app: App) -> dict[str, Row]:
    """How the processes are, by name."""
    return {row["name"]: row for row in heard(app) or ()}


def ask(app: App, command: str, name: str) -> None:
    """Ask for it, and do not wait until it has happened."""
    client.ask(str(app.root / ".procman"), command, timeout=20.0, names=[name], wait=False)


def phases(app: App) -> dict[str, str]:
    """Their phases alone."""
    return {name: row["phase"] for name, row in rows(app).items()}


def pids(app: App) -> dict[str, int]:
    """Their pids alone."""
    return {name: row["pid"] for name, row in rows(app).items()}


def row_when(app: App, name: str, **wanted: Any) -> Row:
    """A process as it is when it is like that: `phase="running"`."""
    found: Row = {}

    def is_like_that() -> bool:
        nonlocal found
        heard_now = heard(app)
        assert heard_now is not None, "procman does not run"
        found = next((row for row in heard_now if row["name"] == name), {})
        return wanted.items() <= found.items()

    try:
        wait_until(is_like_that)
    except AssertionError as error:
        raise AssertionError(f"{name} is never {wanted}: {error}: {found}") from None
    return found


def following(app: App, env: Mapping[str, str] | None = None) -> Running:
    """`procman events --json`, once it follows."""
    events = app.launch(*PROCMAN, "events", "--json", env=env)
    name = next(iter(rows(app)))

    def follows() -> bool:
        asked = app.do("signal", "URG", name)
        return asked.code == 0 and "CommandGiven" in events.out.text

    wait_until(follows)
    return events


def told(events: Running, kind: str, **wanted: Any) -> list[Row]:
    """What `events` has told so far of this kind."""
    found = [json.loads(line) for line in events.out.text.splitlines()]
    return [fact for fact in found if fact["type"] == kind and wanted.items() <= fact.items()]
