"""Stops and restarts at bad moments: in waves, in backoff, while one stops, of one that is suspended."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import (
    SERVE,
    STAY,
    SWIFT,
    phases,
    pids,
    police,
    row_when,
    rows,
    serving,
    started,
)

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

NEEDS = "web: {depends_on: [redis]}"
DEAF = "trap 'echo no' TERM; echo up; while :; do sleep 0.02; done"
FAILS = "exit 3"
LONG = "web: {restart: always, backoff: {initial: 1h, max: 1h}}\nworker: {restart: always}"
# Tells redis when it stops, and how that went.
SAYS_GOODBYE = """
import os, signal, socket, sys, time
def goodbye(*_):
    with socket.create_connection(("127.0.0.1", int(os.environ["PROCMAN_PORT_REDIS"])), 5) as redis:
        redis.sendall(b"goodbye")
        print("heard:", redis.recv(100).decode().split("\\r")[0], flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, goodbye)
print("up", flush=True)
while True: time.sleep(100)
"""


def in_backoff(app: App, *words: str) -> Running:
    """An app whose `web` has failed and waits for an hour."""
    app.procfile(web=FAILS, worker=STAY)
    police(app, LONG)
    running = started(app, *words)
    row_when(app, "web.1", phase="backoff")
    return running


def times_of(running: Running, *texts: str) -> list[int]:
    """Where these texts stand in what was said."""
    said = running.out.text
    assert all(text in said for text in texts), said
    return [said.index(text) for text in texts]


# Waves


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_who_depends_stops_first_and_finds_what_it_needs_in_its_last_moment(
    app: App, number: signal.Signals
) -> None:
    serving(app)
    app.write("web.py", SAYS_GOODBYE)
    app.procfile(redis=SERVE, web=f"{SWIFT} web.py", worker=f"{SWIFT} web.py")
    police(
        app, "redis: {ready: {tcp: port, every: 50ms}}\nweb: {depends_on: redis}\nworker: {depends_on: web}"
    )
    running = started(app)
    row_when(app, "worker.1", phase="running")
    for name in ("web", "worker"):
        running.wait_for(rf"{name}\.1 +\| up")
    assert running.stop(number) == 0
    assert running.out.text.count("heard: HTTP/1.1 200 x") == 2
    ends = times_of(running, "worker.1 exited", "web.1 exited", "redis.1 ")
    worker, web = ends[:2]
    assert worker < web < running.out.text.index("redis.1 terminated by SIGTERM")


def test_a_database_stops_after_the_web_though_a_finished_migration_is_between_them(
    app: App,
) -> None:
    says = "trap 'echo asked; sleep 0.3; exit 0' TERM; echo up; while :; do sleep 0.02; done"
    app.procfile(db=says, migrate="exit 0", web=says)
    police(app, "migrate: {oneshot: true, depends_on: db}\nweb: {depends_on: migrate}")
    running = started(app)
    for name in ("db", "web"):
        running.wait_for(rf"{name}\.1 +\| up")
    assert running.stop() == 0
    said = running.out.text
    assert said.index("web.1 exited with code 0") < said.index("db.1 exited with code 0")


def test_one_time_holds_for_all_though_one_ignores_its_signal(app: App) -> None:
    app.procfile(redis="trap 'echo asked; exit 0' TERM; echo up; while :; do sleep 0.02; done", web=DEAF)
    police(app, NEEDS)
    running = started(app, "-t", "1")
    running.wait_for(r"web\.1 +\| up")
    running.wait_for(r"redis\.1 +\| up")
    began = time.monotonic()
    assert running.stop() == 137  # SIGKILL was needed
    assert time.monotonic() - began < 10  # of 1 for each of them, and of a slow machine
    asked, killed = times_of(running, "| asked", "web.1 terminated by SIGKILL")
    assert asked < killed


def test_a_second_interrupt_kills_those_too_whose_turn_has_not_come(app: App) -> None:
    app.procfile(redis=DEAF, web=DEAF)
    police(app, NEEDS)
    running = started(app, "-t", "600")
    for name in ("redis", "web"):
        running.wait_for(rf"{name}\.1 +\| up")
    running.process.send_signal(signal.SIGINT)
    running.wait_for(r"web\.1 +\| no")
    wait_until(lambda: _again(running))
    assert running.end() == 137
    for name in ("redis", "web"):
        assert f"{name}.1 terminated by SIGKILL" in running.out.text
    assert "| no" in running.out.text
    assert app.processes() == []


def _again(running: Running) -> bool:
    """Press Ctrl-C until it is more than the first one passed on once more."""
    running.process.send_signal(signal.SIGINT)
    return b"SIGKILL" in running.out.data


def test_one_that_dies_before_its_turn_is_not_started_again(app: App) -> None:
    app.procfile(redis=f"echo up; {STAY}", web=DEAF)
    police(app, "redis: {restart: always, backoff: {initial: 20ms}}\nweb: {depends_on: [redis]}")
    running = started(app, "-t", "2")
    running.wait_for(r"web\.1 +\| up")
    redis = pids(app)["redis.1"]
    running.process.send_signal(signal.SIGTERM)
    running.wait_for(r"web\.1 +\| no")
    os.kill(redis, signal.SIGKILL)
    assert running.end() == 137
    assert running.out.text.count("redis.1 started") == 1


# Backoff


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_of_all_while_one_waits_for_its_next_start_is_at_once(
    app: App, number: signal.Signals
) -> None:
    running = in_backoff(app, "-t", "600")
    assert running.stop(number) == 0
    assert running.out.text.count("web.1 started") == 1


def test_a_stop_of_the_last_one_while_it_waits_for_its_next_start(app: App) -> None:
    running = in_backoff(app)
    assert app.do("stop", "web", "--timeout", "10").out.startswith("web.1 is down")
    assert app.do("stop").out == f"procman has ended (pid {running.process.pid})\n"
    assert running.end() == 0


@pytest.mark.parametrize("command", ["start", "restart"])
def test_a_command_while_one_waits_for_its_next_start_starts_it_at_once(app: App, command: str) -> None:
    running = in_backoff(app)
    told = app.do(command, "web", "--timeout", "10")
    assert told.code in (0, 1)  # whether it has failed again by then
    row = row_when(app, "web.1", phase="backoff", restarts=1)
    assert row["failures"] == 1  # it has all its tries again
    assert running.stop() == 0


@pytest.mark.parametrize("command", ["start", "restart"])
def test_one_that_has_failed_may_try_again_when_it_is_told_to(app: App, command: str) -> None:
    app.procfile(web=f"[ -e mended ] || exit 1; {STAY}", worker=STAY)
    police(app, "web: {restart: never}\nworker: {restart: never}")
    running = started(app)
    row_when(app, "web.1", phase="failed")
    app.write("mended", "")
    assert app.do(command, "web").code == 0
    row = row_when(app, "web.1", phase="running")
    assert (row["note"], row["exit_code"], row["failures"]) == (None, None, 0)
    assert running.stop() == 0


def test_a_stop_of_one_that_has_failed_is_remembered(app: App) -> None:
    app.procfile(web=FAILS, worker=STAY)
    police(app, "web: {restart: never}\nworker: {restart: never}")
    running = started(app)
    row_when(app, "web.1", phase="failed")
    assert app.do("stop", "web").code == 0
    assert (phases(app)["web.1"], rows(app)["web.1"]["wanted"]) == ("down", "down")
    assert running.stop() == 0


def test_what_one_waited_for_is_past_when_it_is_stopped(app: App) -> None:
    app.procfile(web=STAY, redis=STAY)
    police(app, f"{NEEDS}\nredis: {{ready: {{log: never}}}}")
    running = started(app)
    row_when(app, "web.1", phase="waiting", note="redis.1 is not ready")
    assert app.do("stop", "web").out == "web.1 is down\n"
    assert (phases(app)["web.1"], rows(app)["web.1"]["note"]) == ("down", None)
    assert running.stop() == 0


# While one stops


def test_a_restart_while_one_stops_and_a_stop_while_it_restarts(app: App) -> None:
    app.procfile(web=DEAF, worker=STAY)
    police(app, "web: {restart: always, timeout: 500ms}")
    running = started(app)
    running.wait_for("up")
    assert app.do("stop", "web", "--no-wait").code == 0
    (row,) = app.listed("restart", "web")
    assert (row["phase"], row["restarts"]) == ("running", 1)
    running.wait_for("up(.|\n)*up")
    assert app.do("restart", "web", "--no-wait").code == 0
    told = app.do("stop", "web")
    assert (told.out, told.err) == ("web.1 is down, exit code 137\n", "")
    assert phases(app)["web.1"] == "down"
    assert running.stop() == 0


def test_one_that_is_suspended_is_stopped_all_the_same(app: App) -> None:
    app.procfile(web=f"echo up; {STAY}", worker=f"echo up; {STAY}")
    police(app, "web: {restart: always, timeout: 600s}\nworker: {restart: always, timeout: 600s}")
    running = started(app)
    for pid in pids(app).values():
        os.kill(pid, signal.SIGSTOP)
    assert app.do("stop", "web", "--timeout", "15").out == "web.1 is down, exit code 143\n"
    assert running.stop() == 0


def test_who_waits_for_a_restart_hears_when_all_is_stopped_meanwhile(app: App) -> None:
    app.procfile(web=DEAF, worker=STAY)
    police(app, "web: {restart: always, timeout: 1s}")
    running = started(app)
    running.wait_for("up")
    asked = app.launch(*PROCMAN, "restart", "web")
    running.wait_for(r"\| no")
    assert running.stop() == 137
    assert asked.end() != 0
    assert "Traceback" not in asked.err.text
