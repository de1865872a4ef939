"""Policies in a bad world: many processes, few descriptors, two procmans, a full log, a flood of messages."""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.output import PATIENCE, Output, wait_until
from tests.end_to_end.policed import (
    STAY,
    SWIFT,
    TELLS,
    free_port,
    heard,
    phases,
    pids,
    police,
    row_when,
    rows,
    started,
)

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

TELLING = f"{SWIFT[5:]} tells.py READY=1; true"
TIRELESS = "backoff: {initial: 20ms, max: 20ms, give_up_after: never}"
FLOODS = """
import os, socket, sys, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as up:
    up.setblocking(False)
    def say(data):
        try:
            up.sendto(data, os.environ["NOTIFY_SOCKET"])
        except OSError:
            time.sleep(0.001)
    bad = b"", b"=", b"READY", b"READY=2", b"\\0" * 100, bytes(range(256)), b"STATUS=\\x1b[2Jx", b"x" * 60000
    for each in bad:
        say(each)
    for number in range(3000):
        say(b"STATUS=%d of 3000" % number)
    while True:
        say(b"READY=1\\nSTATUS=done")
        time.sleep(0.05)
"""


def test_a_type_with_a_policy_is_scaled_to_fifty_and_back(app: App) -> None:
    app.procfile(web=STAY, worker=STAY)
    police(
        app,
        "web: {restart: always, ready: {cmd: exit 0}, backoff: {initial: 20ms}}\nworker: {depends_on: web}",
    )
    running = started(app)
    worker = row_when(app, "worker.1", phase="running")["pid"]
    assert app.do("scale", "web=50").code == 0
    assert {*phases(app).values()} == {"running"}
    assert len(phases(app)) == 51
    for name, pid in pids(app).items():
        if name != "worker.1":
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: sum(row["restarts"] for row in rows(app).values()) == 50)
    wait_until(lambda: {*phases(app).values()} == {"running"})
    assert app.do("scale", "web=1").code == 0
    assert phases(app) == {"web.1": "running", "worker.1": "running"}
    assert pids(app)["worker.1"] == worker
    assert running.stop() == 0


@pytest.mark.parametrize(("command", "probe"), [(f"echo up; {STAY}", "log: up"), (TELLING, "notify: true")])
def test_what_many_tell_in_their_first_moment_is_not_lost(app: App, command: str, probe: str) -> None:
    """Before procman knows which child of a shell is the main process."""
    app.write("tells.py", TELLS)
    app.procfile(web=command)
    police(app, f"web: {{instances: 40, restart: never, ready: {{{probe}, within: 3s}}}}")
    ended = app.do("start", "--detach", "-p", str(free_port()))
    found = Counter(phases(app).values())
    assert app.do("stop").code == 0
    assert (ended.code, found) == (0, {"running": 40})


def test_two_procmans_of_one_app_keep_to_their_own(app: App) -> None:
    app.write("tells.py", FLOODS)
    app.procfile(web=f"{SWIFT} tells.py", worker=STAY)
    police(
        app,
        "web: {ready: {notify: true}, restart: always, backoff: {initial: 20ms}}\nworker: {depends_on: web}",
    )
    running = started(app)
    beside = app.start("--separate", "-p", str(free_port()))
    for each in (running, beside):
        each.wait_for("worker.1 started")
    row_when(app, "web.1", phase="running")
    beside.kill("web.1")
    beside.wait_for("web.1 ready after(.|\n)*web.1 ready after")
    assert rows(app)["web.1"]["restarts"] == 0
    assert beside.stop() == 0
    os.kill(pids(app)["web.1"], signal.SIGKILL)
    row_when(app, "web.1", phase="running", restarts=1)
    assert running.stop() == 0
    assert not (app.root / ".procman" / "notify").exists()


def test_a_flood_of_messages_and_nonsense_among_them_does_no_harm(app: App) -> None:
    app.write("tells.py", FLOODS)
    app.procfile(web=f"{SWIFT} tells.py", worker=STAY)
    police(app, "web: {ready: {notify: true}}\nworker: {depends_on: web}")
    running = started(app)
    row_when(app, "worker.1", phase="running")
    row_when(app, "web.1", note="done")
    assert running.stop() == 0
    assert "\x1b[2J" not in running.out.text


def test_nobody_who_reads_the_log_stops_no_probe_and_when_it_is_read_all_goes_on(app: App) -> None:
    """While the log stands still output is not read, nor what one that ends has written last."""
    app.write("loud.py", "import os\nwhile True: os.write(1, b'x' * 99 + b'\\n')\n")
    app.procfile(web=STAY, loud=f"{SWIFT} loud.py")
    alive = "alive: {cmd: '! [ -e sick ]', every: 50ms, failures: 1}"
    police(app, f"web: {{{alive}, {TIRELESS}}}\nloud: {{restart: always}}")
    running = started(app)
    pid = pids(app)["web.1"]
    running.out.abandon()
    app.write("sick", "")
    wait_until(lambda: not psutil.pid_exists(pid))
    (app.root / "sick").unlink()
    again = Output(running.master)
    assert row_when(app, "web.1", phase="running", note=None)["restarts"] >= 1
    assert running.process.poll() is None
    running.process.send_signal(signal.SIGTERM)
    again.finish()
    assert running.process.wait(PATIENCE) == 0


def test_a_clock_of_failures_does_not_spin(app: App) -> None:
    """The shortest backoff that can be said, and a child that ends at once."""
    app.procfile(web="exit 1", worker=STAY)
    police(app, "web: {restart: always, backoff: {initial: 1ms, max: 1ms, give_up_after: 100}}\nworker: {}")
    running = started(app)
    row_when(app, "web.1", phase="failed", failures=100, restarts=99)
    assert running.supervisor().num_fds() < 40
    assert running.stop() == 0


def test_procman_is_suspended_for_a_while_and_nobody_is_to_blame(app: App) -> None:
    """Ctrl-Z: probes that were due meanwhile, and their deadlines, are put off."""
    app.write("beats.py", BEATS)
    app.procfile(web=f"{SWIFT} beats.py")
    police(app, "web: {ready: {notify: true}, alive: {notify: true, every: 500ms}, restart: always}")
    screen = app.on_terminal("start", "-p", str(free_port()))
    screen.wait_for("web.1 ready")
    wait_until(lambda: heard(app) is not None)
    pid = pids(app)["web.1"]
    supervisor = screen.supervisor()
    screen.process.send_signal(signal.SIGTSTP)
    wait_until(lambda: supervisor.status() == "stopped")
    begun = (app.root / "beat").stat().st_mtime
    wait_until(lambda: os.times().elapsed > 0 and _older(app, begun))
    screen.process.send_signal(signal.SIGCONT)
    wait_until(lambda: (app.root / "beat").stat().st_mtime > begun)
    wait_until(lambda: heard(app) is not None)
    assert pids(app)["web.1"] == pid
    assert screen.stop() == 0
    assert "is not well" not in screen.out.text


BEATS = """
import os, socket, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as up:
    up.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
    while True:
        up.sendto(b"WATCHDOG=1", os.environ["NOTIFY_SOCKET"])
        open("beat", "w").close()
        time.sleep(0.05)
"""


def _older(app: App, begun: float) -> bool:
    """Whether it has not beaten for longer than it may."""
    (app.root / "now").write_text("x")
    return (app.root / "now").stat().st_mtime - begun > 1.0
