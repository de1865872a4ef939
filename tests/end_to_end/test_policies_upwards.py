"""What procman tells who has started it, by sd_notify(3), heard by a socket such as systemd has."""

from __future__ import annotations

import os
import signal
import socket
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.output import PATIENCE, wait_until
from tests.end_to_end.policed import STAY, SWIFT, TELLS, phases, police, row_when, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.harness import App, Running

LATE = f"while ! [ -e go ]; do sleep 0.02; done; echo up; {STAY}"


class Systemd:
    """Hears what is told, message by message."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(PATIENCE)
        self.heard: list[list[str]] = []

    def next(self, wanted: str) -> list[str]:
        """The next message that has this line; all before it are in `heard` too."""
        while True:
            message = self.socket.recv(65536).decode().split("\n")
            self.heard.append(message)
            if wanted in message:
                return message

    def said(self, line: str) -> int:
        """How often this line was told, of all that has come."""
        self.socket.setblocking(False)
        try:
            while message := self.socket.recv(65536):
                self.heard.append(message.decode().split("\n"))
        except BlockingIOError:
            self.socket.settimeout(PATIENCE)
        return sum(line in message for message in self.heard)


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    """One that listens."""
    made = Systemd(str(tmp_path / "up.sock"))
    yield made
    made.socket.close()


def told_by(app: App, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": str(app.root / "up.sock"), **more}


def late(app: App, systemd: Systemd, **more: str) -> Running:
    """An app that is ready when there is a file `go`."""
    app.procfile(web=LATE, worker=STAY)
    police(app, "web: {ready: {log: up}}\nworker: {depends_on: web}")
    return started(app, env=told_by(app, **more))


def test_ready_is_told_when_all_are_ready_and_stopping_at_the_end(app: App, systemd: Systemd) -> None:
    running = late(app, systemd)
    row_when(app, "web.1", phase="starting")
    assert systemd.said("READY=1") == 0
    app.write("go", "")
    assert "READY=1" in systemd.next("READY=1")
    assert phases(app) == {"web.1": "running", "worker.1": "running"}
    assert systemd.said("STOPPING=1") == 0
    assert running.stop() == 0
    assert (systemd.said("STOPPING=1"), systemd.said("READY=1")) == (1, 1)


def test_children_and_commands_of_probes_find_nothing_of_it(app: App, systemd: Systemd) -> None:
    app.procfile(web=f"env; env > web.env; {STAY}", worker=f"env > worker.env; {STAY}")
    police(app, 'web: {ready: {cmd: "env > probe.env"}}\nworker: {ready: {notify: true}, restart: always}')
    running = started(app, env=told_by(app, WATCHDOG_USEC="5000000", WATCHDOG_PID="1", LISTEN_FDS="1"))
    row_when(app, "web.1", phase="running")
    wait_until((app.root / "worker.env").exists)
    assert app.do("run", "sh", "-c", "env > run.env", env=told_by(app)).code == 0
    assert running.stop() == 0
    for name in ("web", "probe"):
        found = (app.root / f"{name}.env").read_text()
        assert "PROCMAN_TEST" in found
        assert not [key for key in ("NOTIFY_SOCKET", "WATCHDOG", "LISTEN_", "up.sock") if key in found]
    own = (app.root / "worker.env").read_text()
    assert "up.sock" not in own
    assert (
        f"NOTIFY_SOCKET={app.root}/.procman/notify/worker.1\n" in own or "NOTIFY_SOCKET=/tmp/procman-" in own
    )


def test_it_is_alive_often_enough_also_while_nothing_happens(app: App, systemd: Systemd) -> None:
    running = late(app, systemd, WATCHDOG_USEC="400000")
    systemd.next("WATCHDOG=1")
    times = []
    for _ in range(6):
        systemd.next("WATCHDOG=1")
        times.append(time.monotonic())
    assert max(later - before for before, later in pairwise(times)) < 0.4
    assert running.stop() == 0


def test_it_is_alive_while_all_are_slow_to_stop(app: App, systemd: Systemd) -> None:
    app.procfile(web="trap '' TERM; echo deaf; while :; do sleep 0.05; done")
    police(app, "web: {timeout: 1s}")
    running = started(app, env=told_by(app, WATCHDOG_USEC="200000"))
    running.wait_for("deaf")
    systemd.next("READY=1")
    running.process.send_signal(signal.SIGTERM)
    systemd.next("STOPPING=1")
    before = systemd.said("WATCHDOG=1")
    assert running.end() == 137
    assert systemd.said("WATCHDOG=1") - before >= 5


def test_a_watchdog_of_another_process_is_none_of_ours(app: App, systemd: Systemd) -> None:
    running = late(app, systemd, WATCHDOG_USEC="100000", WATCHDOG_PID="1")
    app.write("go", "")
    systemd.next("READY=1")
    assert running.stop() == 0
    assert systemd.said("WATCHDOG=1") == 0


def test_a_reload_is_told_and_that_all_are_ready_again(app: App, systemd: Systemd) -> None:
    running = late(app, systemd)
    app.write("go", "")
    systemd.next("READY=1")
    app.procfile(web=LATE.replace("go ]", "again ]"), worker=STAY)
    assert app.do("reload", "--no-wait").code == 0
    told = systemd.next("RELOADING=1")
    assert any(line.startswith("MONOTONIC_USEC=") and int(line.split("=")[1]) > 0 for line in told)
    row_when(app, "web.1", phase="starting")
    assert systemd.said("READY=1") == 1
    app.write("again", "")
    systemd.next("READY=1")
    assert running.stop() == 0


def test_a_reload_of_nothing_is_over_at_once_and_one_with_a_mistake_is_none(
    app: App, systemd: Systemd
) -> None:
    running = late(app, systemd)
    app.write("go", "")
    systemd.next("READY=1")
    assert app.do("reload").out == "nothing has changed\n"
    systemd.next("RELOADING=1")
    systemd.next("READY=1")
    app.write("procman.yml", "processes: {web: {depends_on: wbe}}")
    assert app.do("reload").code == 2
    assert systemd.said("RELOADING=1") == systemd.said("READY=1") - 1
    assert running.stop() == 0


@pytest.mark.parametrize("address", ["/nosuch/socket", "@nobody-listens-here", "nonsense", ""])
def test_nobody_who_listens_is_no_trouble(app: App, address: str) -> None:
    app.procfile(web=f"env | grep NOTIFY; echo up; {STAY}")
    running = app.start(env={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "nonsense"})
    running.wait_for("up")
    assert running.stop() == 0
    assert "NOTIFY_SOCKET" not in running.out.text


def test_one_that_fails_at_the_start_is_not_told_to_be_ready(app: App, systemd: Systemd) -> None:
    app.procfile(web=STAY, worker=STAY)
    police(app, "web: {ready: {log: never, within: 200ms}}")
    ended = app.do("start", env=told_by(app))
    assert ended.code not in (0, 2)
    assert (systemd.said("READY=1"), systemd.said("STOPPING=1")) == (0, 1)


def test_an_abstract_address_is_heard_too(app: App) -> None:
    name = f"procman-test-{os.getpid()}-{app.marker}"
    systemd = Systemd(f"\0{name}")
    app.procfile(web=STAY)
    running = app.start(env={"NOTIFY_SOCKET": f"@{name}"})
    systemd.next("READY=1")
    assert running.stop() == 0
    assert systemd.said("STOPPING=1") == 1
    systemd.socket.close()


def test_the_socket_of_one_that_has_ended_is_gone(app: App) -> None:
    app.write("tells.py", TELLS)
    app.procfile(web=f"{SWIFT} tells.py READY=1", worker=STAY)
    police(app, "web: {ready: {notify: true}, restart: always, instances: 3}\nworker: {restart: always}")
    running = started(app)
    row_when(app, "web.3", phase="running")
    sockets = app.root / ".procman" / "notify"
    assert {path.name for path in sockets.iterdir()} == {"web.1", "web.2", "web.3"}
    assert app.do("scale", "web=1").code == 0
    assert {path.name for path in sockets.iterdir()} == {"web.1"}
    assert running.stop() == 0
