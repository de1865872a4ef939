"""Liveness of real children: one that is ready and then is not well any more gets another chance."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import (
    SERVE,
    STAY,
    SWIFT,
    following,
    phases,
    pids,
    police,
    row_when,
    rows,
    serving,
    started,
    told,
)

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

OFTEN = "every: 100ms, timeout: 100ms, failures: 2"
BACK = "backoff: {initial: 20ms}"
READY = "ready: {http: /, every: 50ms}"
# Beats as long as there is no file `sick`; with `trigger` in it, it says so itself.
BEATS = """
import os, socket, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as up:
    def say(text):
        up.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
    say("READY=1\\nSTATUS=up")
    while not os.path.exists("sick"):
        say("WATCHDOG=1")
        time.sleep(0.05)
    how = open("sick").read()
    os.rename("sick", "was sick")  # before it says so: that is the end of it
    if how:
        say("WATCHDOG=trigger")
    time.sleep(1000)
"""


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("500", "answered 500"),
        ("404", "answered 404"),
        ("mute", "no answer within 100 ms"),
        ("garbage", "no answer in HTTP"),
        ("drip", "no answer within 100 ms"),
    ],
)
def test_a_server_that_is_not_well_any_more_is_restarted_and_told_why(app: App, mode: str, why: str) -> None:
    serving(app)
    app.procfile(web=SERVE, worker=STAY)
    police(app, f"web: {{{READY}, alive: {{http: /, {OFTEN}}}, {BACK}}}")
    running = started(app)
    before = row_when(app, "web.1", phase="running")
    worker = pids(app)["worker.1"]
    app.write("mode", mode)
    running.wait_for(f"web.1 is not well: {why}, 2 times in a row, stopping it")
    app.write("mode", "200")
    row = row_when(app, "web.1", phase="running")
    assert row["restarts"] >= 1
    assert row["pid"] != before["pid"]
    assert pids(app)["worker.1"] == worker
    assert running.stop() == 0


@pytest.mark.parametrize("probe", ["http: /", "tcp: port"])
def test_a_server_that_hangs_is_restarted(app: App, probe: str) -> None:
    """One that is suspended: the system takes connections for it until the backlog is full."""
    serving(app)
    app.write("server.py", (app.root / "server.py").read_text().replace("(where)", "(where, backlog=0)"))
    app.procfile(web=SERVE, worker=STAY)
    police(app, f"web: {{{READY}, alive: {{{probe}, {OFTEN}}}, {BACK}}}")
    running = started(app)
    pid = row_when(app, "web.1", phase="running")["pid"]
    os.kill(pid, signal.SIGSTOP)
    running.wait_for("web.1 is not well: no answer within 100 ms")
    assert row_when(app, "web.1", phase="running", restarts=1)["pid"] != pid
    assert running.stop() == 0
    assert "SIGKILL" not in running.out.text  # it got SIGTERM, though it was suspended


def test_a_server_that_never_hangs_up_costs_no_more_with_time(app: App) -> None:
    serving(app, "endless")
    app.procfile(web=SERVE)
    police(
        app, "web: {ready: {http: /, every: 50ms}, alive: {http: /, every: 10ms, timeout: 10ms, failures: 9}}"
    )
    running = started(app)
    pid = row_when(app, "web.1", phase="running")["pid"]
    server = psutil.Process(pid)
    wait_until(lambda: server.num_fds() > 60)
    assert running.supervisor().num_fds() < 60
    assert pids(app)["web.1"] == pid
    assert running.stop() == 0


def test_one_that_answers_badly_now_and_then_is_left_alone(app: App) -> None:
    app.write("probe", 'echo x >> asked; [ "$(($(wc -l < asked) % 2))" = 1 ]\n')
    app.procfile(web=STAY)
    police(app, "web: {alive: {cmd: sh probe, every: 50ms, failures: 2}}")
    running = started(app)
    wait_until(lambda: (app.root / "asked").exists() and (app.root / "asked").read_text().count("x") > 8)
    assert rows(app)["web.1"]["restarts"] == 0
    assert running.stop() == 0


def test_a_command_that_hangs_means_that_it_is_not_well_and_nothing_of_it_is_left(app: App) -> None:
    app.write("probe", "trap '' TERM; echo x >> asked; (sleep 987; echo) & sleep 987\n")
    app.procfile(web=STAY)
    police(app, f"web: {{alive: {{cmd: sh probe, {OFTEN}}}, {BACK}}}")
    running = started(app)
    row_when(app, "web.1", restarts=1, phase="running")
    running.wait_for("web.1 is not well: no answer within 100 ms, 2 times in a row, stopping it")
    supervisor = running.supervisor()
    wait_until(lambda: not [each for each in supervisor.children() if each.status() == psutil.STATUS_ZOMBIE])
    assert len([each for each in app.processes() if "987" in each.cmdline()]) <= 2  # those of one probe
    assert running.stop() == 0
    assert app.processes() == []


def test_a_command_that_leaves_a_daemon_behind_leaves_nothing_at_the_end(app: App) -> None:
    app.write("probe", "echo x >> asked; setsid sleep 987 >/dev/null 2>&1 < /dev/null &\n")
    app.procfile(web=STAY)
    police(app, "web: {alive: {cmd: sh probe, every: 100ms}}")
    running = started(app)
    wait_until(lambda: (app.root / "asked").exists() and (app.root / "asked").read_text().count("x") > 3)
    assert phases(app) == {"web.1": "running"}
    assert running.stop() == 0
    assert app.processes() == []


def test_one_that_does_not_obey_when_it_is_not_well_is_killed(app: App) -> None:
    app.procfile(web="trap '' TERM; echo up; while :; do sleep 0.05; done")
    police(app, f"web: {{timeout: 200ms, alive: {{cmd: '[ -e fine ]', {OFTEN}}}, {BACK}}}")
    running = started(app)
    running.wait_for("web.1 is not well: exit code 1")
    app.write("fine", "")
    row_when(app, "web.1", phase="running", restarts=1)
    assert running.stop() in (0, 137)
    assert "web.1 terminated by SIGKILL" in running.out.text


def test_one_that_is_never_well_is_given_up(app: App) -> None:
    app.procfile(web=STAY, worker=STAY)
    backoff = "backoff: {initial: 20ms, give_up_after: 2}"
    police(app, f"web: {{alive: {{cmd: exit 1, {OFTEN}}}, {backoff}, restart: on-failure}}")
    running = started(app)
    row = row_when(app, "web.1", phase="failed")
    assert row["note"] == "is not well: exit code 1, 2 times in a row"
    running.wait_for("web.1 failed: is not well: exit code 1, 2 times in a row, 2 failures in a row")
    assert running.stop() == 0


@pytest.mark.parametrize(("sick", "why"), [("", "no WATCHDOG=1 for 1 s"), ("x", "it says so itself")])
def test_one_whose_watchdog_is_silent_is_restarted(app: App, sick: str, why: str) -> None:
    app.write("beats.py", BEATS)
    app.procfile(web=f"{SWIFT} beats.py", worker=STAY)
    police(app, f"web: {{ready: {{notify: true}}, alive: {{notify: true, every: 1s}}, {BACK}}}")
    running = started(app)
    row = row_when(app, "web.1", phase="running", note="up")
    app.write("sick", sick)
    running.wait_for(f"web.1 is not well: {why}, stopping it")
    assert row_when(app, "web.1", phase="running", restarts=1)["pid"] != row["pid"]
    assert running.stop() == 0


def test_what_is_wrong_is_told_to_programs(app: App) -> None:
    serving(app)
    app.procfile(web=SERVE)
    police(app, f"web: {{{READY}, alive: {{http: /, {OFTEN}}}, {BACK}}}")
    running = started(app)
    row_when(app, "web.1", phase="running")
    events = following(app)
    app.write("mode", "503")
    wait_until(lambda: told(events, "RestartPlanned"))
    app.write("mode", "200")
    wait_until(lambda: told(events, "ProcessReady"))
    (sick, *_), (ready, *_) = told(events, "ProcessSick"), told(events, "ProcessReady")
    assert (sick["name"], sick["reason"]) == ("web.1", "is not well: answered 503, 2 times in a row")
    assert (ready["name"], ready["seconds"] > 0) == ("web.1", True)
    assert running.stop() == 0
    assert events.end() == 0


def test_one_that_is_asked_and_dies_is_told_once_and_comes_back(app: App) -> None:
    """The question itself kills it."""
    serving(app)
    app.procfile(web=SERVE, worker=STAY)
    police(app, f"web: {{{READY}, alive: {{http: /, {OFTEN}}}, restart: on-failure, {BACK}}}")
    running = started(app)
    row_when(app, "web.1", phase="running")
    app.write("mode", "die")
    running.wait_for("web.1 exited with code 9")
    app.write("mode", "200")
    row = row_when(app, "web.1", phase="running", ready=True)
    assert running.stop() == 0
    assert running.out.text.count("web.1 exited with code 9") == row["restarts"]
    assert "is not well" not in running.out.text
