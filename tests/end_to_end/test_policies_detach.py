"""`start --detach` waits until all are ready, and what `ps`, `top` and `events` show of phases meanwhile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import (
    SERVE,
    STAY,
    following,
    free_port,
    heard,
    phases,
    police,
    row_when,
    rows,
    serving,
    started,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.harness import App, Finished, Running

LATE = f"while ! [ -e go ]; do sleep 0.02; done; echo up; {STAY}"
UP = "ready: {log: up}"


@pytest.fixture
def behind(app: App) -> Iterator[App]:
    """An app of which whatever runs in the background is stopped."""
    yield app
    app.do("stop")


def detached(app: App) -> Finished:
    return app.do("start", "--detach", "-p", str(free_port()))


def test_it_is_back_when_all_are_ready_and_not_before(behind: App) -> None:
    behind.procfile(web=LATE, worker=STAY)
    police(behind, f"web: {{{UP}}}\nworker: {{depends_on: web}}")
    starting = behind.launch(*PROCMAN, "start", "--detach")
    wait_until(lambda: heard(behind) is not None)
    row_when(behind, "web.1", phase="starting")
    assert starting.process.poll() is None
    assert starting.out.text == ""
    behind.write("go", "")
    assert starting.end() == 0
    assert "procman runs in the background" in starting.out.text
    assert phases(behind) == {"web.1": "running", "worker.1": "running"}


def test_one_that_never_gets_ready_is_told_with_the_reason_and_nothing_is_left(behind: App) -> None:
    behind.procfile(web=f"echo last words; {STAY}", worker=STAY)
    police(behind, "web: {ready: {tcp: port, every: 50ms, within: 300ms}}")
    ended = detached(behind)
    assert ended.code not in (0, 2)
    assert ended.out == ""
    assert "web.1 was not ready within 300 ms: connection refused" in ended.err
    assert behind.processes() == []


def test_one_that_is_given_up_with_stop_is_told_with_its_code(behind: App) -> None:
    behind.procfile(web="echo no database; exit 7", worker=STAY)
    police(
        behind,
        "web: {restart: always, give_up: stop, ready: {log: x}, backoff: {initial: 20ms, give_up_after: 2}}",
    )
    ended = detached(behind)
    assert (ended.code, ended.out) == (7, "")
    assert "web.1 failed: exit code 7, 2 failures in a row" in ended.err
    assert "web.1 | no database" in ended.err
    assert behind.processes() == []


def test_a_migration_is_waited_for(behind: App) -> None:
    behind.procfile(migrate="while ! [ -e go ]; do sleep 0.02; done; echo done", web=STAY)
    police(behind, "migrate: {oneshot: true}\nweb: {depends_on: migrate}")
    starting = behind.launch(*PROCMAN, "start", "--detach")
    wait_until(lambda: heard(behind) is not None)
    row_when(behind, "web.1", phase="waiting")
    assert starting.process.poll() is None
    behind.write("go", "")
    assert starting.end() == 0
    assert phases(behind) == {"migrate.1": "completed", "web.1": "running"}


def test_one_that_fails_again_and_again_is_waited_for_until_it_has_failed_for_good(behind: App) -> None:
    behind.procfile(web=STAY, worker="sleep 0.1; exit 5")
    police(behind, "worker: {restart: always, backoff: {initial: 100ms, max: 100ms, give_up_after: 4}}")
    ended = detached(behind)
    assert ended.code == 1
    assert "worker.1 failed: exit code 5" in ended.err
    assert phases(behind) == {"web.1": "running", "worker.1": "failed"}


def test_one_that_has_failed_for_good_is_told_though_all_others_run(behind: App) -> None:
    behind.procfile(web="exit 3", migrate="exit 4", worker=STAY, clock=STAY)
    police(behind, "web: {restart: never}\nmigrate: {oneshot: true}\nworker: {depends_on: migrate}")
    ended = detached(behind)
    assert ended.code == 1
    assert "procman runs in the background" in ended.out
    assert "web.1 failed: exit code 3" in ended.err
    assert "worker.1 was skipped: migrate.1 has failed" in ended.err
    assert phases(behind) == {
        "web.1": "failed",
        "migrate.1": "failed",
        "worker.1": "skipped",
        "clock.1": "running",
    }


# What is shown


def many_states(app: App) -> Running:
    """An app with a process in nearly every phase."""
    serving(app)
    app.procfile(
        up=STAY,
        starting=STAY,
        waiting=STAY,
        backoff="exit 1",
        failed="exit 3",
        completed="exit 0",
        skipped=STAY,
        down=STAY,
    )
    police(
        app,
        """
        starting: {ready: {log: never, within: 1h}}
        waiting: {depends_on: [starting]}
        backoff: {restart: always, backoff: {initial: 1h, max: 1h}}
        failed: {restart: never, ready: {log: never}}
        completed: {oneshot: true}
        skipped: {depends_on: {failed: ready}}
        down: {autostart: false}
        """,
    )
    running = started(app)
    for name in ("starting", "waiting", "backoff", "failed", "completed", "skipped", "down"):
        row_when(app, f"{name}.1", phase=name)
    return running


def test_ps_shows_each_phase_and_why(app: App) -> None:
    running = many_states(app)
    listed = {row["name"]: row for row in app.listed("ps")}
    assert [row["phase"] for row in listed.values()] == [
        *("running", "starting", "waiting", "backoff", "failed", "completed", "skipped", "down"),
    ]
    notes = {name: row["note"] for name, row in listed.items()}
    assert notes["waiting.1"] == "starting.1 is not ready"
    assert notes["skipped.1"] == "failed.1 has failed"
    assert [name for name, row in listed.items() if row["ready"]] == ["up.1"]
    assert [row["restarts"] for row in listed.values()] == [0] * 8
    assert {name: row["exit_code"] for name, row in listed.items() if row["exit_code"] is not None} == {
        "backoff.1": 1,
        "failed.1": 3,
        "completed.1": 0,
    }
    table = app.do("ps").out
    assert "-1" not in table
    for phase in ("running", "starting", "waiting", "backoff", "failed", "completed", "skipped", "down"):
        assert phase in table
    assert running.stop() == 0


def test_top_shows_them_too_and_goes_on(app: App) -> None:
    running = many_states(app)
    screen = app.launch_on_terminal(*PROCMAN, "top", columns=120)
    for phase in ("starting", "waiting", "backoff", "failed", "completed", "skipped"):
        screen.wait_for(rf"{phase}\.1 .*{phase}")
    screen.type("q")
    assert screen.end() == 0
    assert running.stop() == 0
    assert "Traceback" not in screen.out.text


def test_events_tell_all_that_happens_under_policies_with_words_for_people(app: App) -> None:
    serving(app)
    app.procfile(web=SERVE, worker=STAY, clock=STAY)
    police(
        app, "web: {restart: never, ready: {http: /, every: 50ms, within: 300ms}}\nworker: {depends_on: web}"
    )
    running = started(app)
    row_when(app, "worker.1", phase="running")
    events = following(app)
    assert app.do("stop", "web", "worker").code == 0
    app.write("mode", "500")
    assert app.do("start", "web", "worker", "--timeout", "15").code in (0, 1)
    wait_until(lambda: told(events, "ProcessSkipped"))
    kinds = [json.loads(line)["type"] for line in events.out.text.splitlines()]
    for kind in ("ProcessWaits", "ProcessSick", "ProcessFailed", "ProcessSkipped"):
        assert kind in kinds
    assert all(json.loads(line)["text"] for line in events.out.text.splitlines())
    assert running.stop() == 0
    assert events.end() == 0


def test_start_tells_when_what_it_started_does_not_run_in_the_end(app: App) -> None:
    app.procfile(web="exit 3", worker=STAY)
    police(app, "web: {restart: never, ready: {log: never}, autostart: false}\nworker: {restart: always}")
    running = started(app)
    asked = app.do("start", "web")
    assert rows(app)["web.1"]["phase"] == "failed"
    assert (asked.code, asked.out.splitlines()[0]) == (1, "web.1 has failed: exit code 3")
    assert running.stop() == 0
