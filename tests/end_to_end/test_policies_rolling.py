"""`restart --rolling` of real servers, seen by a client that asks them all the time; and when it fails."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.policed import SERVE, STAY, phases, pids, police, row_when, rows, serving, started

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

WEB = "web: {instances: 3, ready: {http: /, every: 50ms, within: 1s}, %s}"
NAMES = ("web.1", "web.2", "web.3")


def three(app: App, more: str = "restart: on-failure, backoff: {initial: 1h, max: 1h}") -> Running:
    """Three servers that are ready, and one more process."""
    serving(app)
    app.procfile(web=SERVE, worker=STAY)
    police(app, WEB % more)
    running = started(app)
    for name in NAMES:
        row_when(app, name, phase="running")
    return running


def answers(port: int) -> bool:
    """Whether a server answers a request well."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return client.recv(100).startswith(b"HTTP/1.1 200")
    return False


def test_two_of_three_are_ready_at_any_time_and_all_are_new_in_the_end(app: App) -> None:
    running = three(app)
    before, ports = pids(app), [rows(app)[name]["port"] for name in NAMES]
    rolling = app.launch(*PROCMAN, "restart", "--rolling", "web")
    fewest, refused = 3, 0
    while rolling.process.poll() is None:
        found = rows(app)  # all of one moment
        fewest = min(fewest, sum(found[name]["ready"] for name in NAMES))
        refused += not any(map(answers, ports))
    assert (fewest, refused, rolling.end()) == (2, 0, 0)
    assert all(map(answers, ports))
    after = pids(app)
    assert [name for name in after if after[name] == before[name]] == ["worker.1"]
    assert [rows(app)[name]["restarts"] for name in NAMES] == [1, 1, 1]
    assert running.stop() == 0
    said = running.out.text[running.out.text.index("rolling") :]
    words = [f"{name} {what}" for name in NAMES for what in ("terminated", "started", "ready after")]
    places = [said.index(each) for each in words]
    assert places == sorted(places)


def test_when_the_new_one_never_gets_ready_the_others_are_left_as_they_are(app: App) -> None:
    running = three(app)
    before = pids(app)
    app.write("server.py", "import time; time.sleep(1000)")
    told = app.do("restart", "--rolling", "web")
    assert told.code == 1
    assert told.err.startswith("procman: web.1 ")
    assert "was not ready within 1 s: connection refused; those behind it" in told.err
    assert told.out == ""
    after = pids(app)
    assert [after[name] == before[name] for name in ("web.2", "web.3", "worker.1")] == [True] * 3
    assert phases(app)["web.1"] == "backoff"
    assert running.stop() == 0


def test_when_the_new_one_dies_the_others_are_left_as_they_are(app: App) -> None:
    running = three(app, "restart: never")
    before = pids(app)
    app.write("server.py", "raise SystemExit(4)")
    told = app.do("restart", "--rolling", "web")
    assert (told.code, "web.1 " in told.err, "exit code 4" in told.err) == (1, True, True)
    assert [pids(app)[name] == before[name] for name in ("web.2", "web.3")] == [True, True]
    serving(app)
    again = app.do("restart", "--rolling", "web")  # mended
    assert again.code == 0
    assert [rows(app)[name]["ready"] for name in NAMES] == [True] * 3
    assert running.stop() == 0


def test_one_that_is_stopped_by_hand_meanwhile_ends_it(app: App) -> None:
    running = three(app, "restart: always")
    before = pids(app)
    app.write("server.py", "import time; time.sleep(1000)")
    rolling = app.launch(*PROCMAN, "restart", "--rolling", "web")
    running.wait_for("web.1 started(.|\n)*web.1 started")
    assert app.do("stop", "web.1").code == 0
    assert rolling.end() == 1
    assert "web.1 is down" in rolling.err.text
    assert [pids(app)[name] == before[name] for name in ("web.2", "web.3")] == [True, True]
    assert running.stop() == 0


def test_one_that_is_scaled_away_meanwhile_is_passed_over(app: App) -> None:
    running = three(app, "restart: always")
    app.write("mode", "503")
    rolling = app.launch(*PROCMAN, "restart", "--rolling", "web")
    running.wait_for("web.1 started(.|\n)*web.1 started")
    assert app.do("scale", "web=1", "--no-wait").code == 0
    row_when(app, "web.1", phase="starting")
    app.write("mode", "200")
    assert rolling.end() in (0, 1)
    assert "Traceback" not in rolling.err.text + running.out.text
    assert set(phases(app)) == {"web.1", "worker.1"}
    assert running.stop() == 0


def test_two_at_once_both_end(app: App) -> None:
    running = three(app, "restart: always")
    both = [app.launch(*PROCMAN, "restart", "--rolling", "web") for _ in range(2)]
    assert [each.end() for each in both] == [0, 0]
    assert [rows(app)[name]["ready"] for name in NAMES] == [True] * 3
    assert running.stop() == 0


def test_who_asked_hears_when_all_is_stopped_meanwhile(app: App) -> None:
    running = three(app)
    app.write("mode", "503")
    rolling = app.launch(*PROCMAN, "restart", "--rolling", "web")
    running.wait_for("web.1 started(.|\n)*web.1 started")
    assert running.stop() == 0
    assert rolling.end() != 0
    assert "Traceback" not in rolling.err.text


def test_one_without_readiness_is_restarted_one_after_the_other_too(app: App) -> None:
    app.procfile(web=STAY, worker=STAY)
    police(app, "web: {instances: 3, restart: always}")
    running = started(app)
    before = pids(app)
    assert app.do("restart", "--rolling", "web", "worker").code == 0
    after = pids(app)
    assert not [name for name in after if after[name] == before[name]]
    assert running.stop() == 0
    said = running.out.text[running.out.text.index("rolling") :]
    order = [said.index(f"{name} terminated") for name in (*NAMES, "worker.1")]
    assert order == sorted(order)
