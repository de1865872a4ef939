"""`procman reload` while a process is in each of its states: changed, under other policies only, removed."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.end_to_end.policed import STAY, ask, phases, pids, police, row_when, rows, started

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

GENTLE = "backoff: {initial: 1h, max: 1h}"
DEAF = "trap '' TERM; while :; do sleep 0.02; done"


class Case(NamedTuple):
    """A process in some state: its command and policies, its phase, and whether it has a child."""

    command: str
    policies: str
    phase: str
    has_child: bool = False


CASES = {
    "waiting": Case(STAY, "depends_on: [slow]", "waiting"),
    "starting": Case(STAY, "ready: {log: never, within: 1h}", "starting", True),
    "up": Case(STAY, "restart: always", "running", True),
    "backoff": Case("exit 1", f"restart: always, {GENTLE}", "backoff"),
    "failing": Case(DEAF, "timeout: 1h, ready: {cmd: exit 1, within: 100ms}", "stopping", True),
    "failed": Case("exit 1", "restart: never", "failed"),
    "completed": Case("exit 0", "restart: on-failure", "completed"),
    "skipped": Case(STAY, "depends_on: {bad: completed}", "skipped"),
    "down": Case(STAY, "autostart: false", "down"),
}
OTHERS = "slow: {ready: {log: never, within: 1h}}\nbad: {oneshot: true}\nclock: {restart: always}\n"
OTHER_COMMANDS = {"slow": STAY, "bad": "exit 3", "clock": STAY}


def write(app: App, command: str, policies: str) -> None:
    app.procfile(**OTHER_COMMANDS, web=command)
    police(app, f"{OTHERS}web: {{{policies}}}")


def in_state(app: App, case: Case) -> Running:
    """An app whose `web` is in this state; `slow` never gets ready, `bad` has failed."""
    write(app, case.command, case.policies)
    running = started(app)
    row_when(app, "bad.1", phase="failed")
    row_when(app, "web.1", phase=case.phase)
    return running


def finish(app: App, running: Running, clock: int) -> None:
    """Nothing else was touched; and all ends."""
    assert pids(app)["clock.1"] == clock
    assert "Traceback" not in running.out.text + running.err.text
    running.process.send_signal(signal.SIGINT)
    running.wait_for("SIGINT received")
    while running.process.poll() is None:
        running.process.send_signal(signal.SIGINT)  # some obey nobody
    assert running.end() in (0, 137)
    assert app.processes() == []


@pytest.mark.parametrize("state", CASES)
def test_another_command(app: App, state: str) -> None:
    case = CASES[state]
    running = in_state(app, case)
    clock = pids(app)["clock.1"]
    write(app, f"echo new; {STAY}", case.policies)
    told = app.do("reload", *(["--no-wait"] if state in ("failing", "starting", "waiting") else []))
    assert (told.code, told.err) == (0, "")
    assert "command changed" in told.out
    if state == "failing":
        row_when(app, "web.1", phase="restarting")
        os.kill(rows(app)["web.1"]["leader"], signal.SIGKILL)
    if state in ("waiting", "skipped", "completed", "down"):
        assert phases(app)["web.1"] == case.phase
    else:
        running.wait_for(r"web\.1 +\| new")
    finish(app, running, clock)


@pytest.mark.parametrize("state", CASES)
def test_other_policies_alone_start_no_child_and_stop_none(app: App, state: str) -> None:
    case = CASES[state]
    running = in_state(app, case)
    before = pids(app)
    write(app, case.command, f"{case.policies}, max_memory: 2G, max_runtime: 5h")
    told = app.do("reload", "--no-wait")
    assert (told.code, told.err) == (0, "")
    assert "max_memory" in told.out
    assert pids(app) == before
    assert phases(app)["web.1"] == case.phase
    assert app.do("reload").out == "nothing has changed\n"
    finish(app, running, before["clock.1"])


@pytest.mark.parametrize("state", CASES)
def test_removed(app: App, state: str) -> None:
    case = CASES[state]
    running = in_state(app, case)
    clock = pids(app)["clock.1"]
    leader = rows(app)["web.1"]["leader"]
    app.procfile(**OTHER_COMMANDS)
    police(app, OTHERS)
    told = app.do("reload", *(["--no-wait"] if state == "failing" else []))
    assert (told.code, told.err) == (0, "")
    assert "removed" in told.out
    if state == "failing":
        assert phases(app)["web.1"] == "stopping"
        os.kill(leader, signal.SIGKILL)
        while "web.1" in phases(app):
            pass
    assert "web.1" not in phases(app)
    finish(app, running, clock)


@pytest.mark.parametrize("state", CASES)
def test_a_circle_is_a_mistake_and_changes_nothing(app: App, state: str) -> None:
    case = CASES[state]
    running = in_state(app, case)
    before = rows(app)
    write(app, f"echo new; {STAY}", "depends_on: [clock]")
    text = (app.root / "procman.yml").read_text()
    app.write("procman.yml", text.replace("clock: {restart: always}", "clock: {depends_on: [web]}"))
    told = app.do("reload")
    assert told.code == 2
    assert "procman.yml:" in told.err
    assert "web" in told.err
    assert "clock" in told.err
    after = rows(app)
    for name, row in before.items():
        assert [row[key] for key in ("pid", "phase", "note", "command")] == [
            after[name][key] for key in ("pid", "phase", "note", "command")
        ]
    finish(app, running, before["clock.1"]["pid"])


# What a reload brings


def test_one_that_waits_may_begin_when_it_does_not_depend_on_that_any_more(app: App) -> None:
    running = in_state(app, CASES["waiting"])
    clock = pids(app)["clock.1"]
    write(app, STAY, "restart: always")
    assert app.do("reload").code == 0
    assert row_when(app, "web.1", phase="running")["note"] is None
    finish(app, running, clock)


def test_one_that_was_skipped_may_begin_when_it_does_not_depend_on_that_any_more(app: App) -> None:
    running = in_state(app, CASES["skipped"])
    clock = pids(app)["clock.1"]
    write(app, STAY, "depends_on: [clock]")
    assert app.do("reload").code == 0
    row_when(app, "web.1", phase="running")
    finish(app, running, clock)


def test_one_that_runs_goes_on_though_it_depends_on_something_new_that_is_not_ready(app: App) -> None:
    running = in_state(app, CASES["up"])
    before = pids(app)
    write(app, STAY, "restart: always, depends_on: [slow]")
    assert app.do("reload").code == 0
    assert pids(app) == before
    assert app.do("restart", "web", "--no-wait").code == 0
    assert row_when(app, "web.1", phase="waiting")["note"] == "slow.1 is not ready"
    finish(app, running, before["clock.1"])


def test_another_backoff_is_that_of_the_next_failure(app: App) -> None:
    running = in_state(app, CASES["backoff"])
    clock = pids(app)["clock.1"]
    write(app, "exit 1", "restart: always, backoff: {initial: 20ms, give_up_after: 3}")
    assert "backoff adjusted" in app.do("reload").out
    ask(app, "start", "web")
    row_when(app, "web.1", phase="failed", failures=3)
    finish(app, running, clock)


def test_one_that_starts_and_need_not_be_ready_any_more_is_ready(app: App) -> None:
    running = in_state(app, CASES["starting"])
    before = pids(app)
    write(app, STAY, "restart: always")
    assert app.do("reload").code == 0
    assert row_when(app, "web.1", phase="running")["pid"] == before["web.1"]
    finish(app, running, before["clock.1"])


def test_all_policies_go_and_it_is_as_with_foreman(app: App) -> None:
    app.procfile(web=STAY, worker=STAY)
    police(app, "web: {restart: always, alive: {cmd: 'true', every: 50ms}}\nworker: {depends_on: web}")
    running = started(app)
    before = pids(app)
    (app.root / "procman.yml").unlink()
    assert app.do("reload").code == 0
    assert pids(app) == before
    os.kill(before["web.1"], signal.SIGKILL)
    assert running.end() == 137


def test_policies_come_to_an_app_that_had_none(app: App) -> None:
    app.procfile(web=STAY, worker=STAY)
    running = started(app)
    before = pids(app)
    police(app, "web: {restart: always, alive: {cmd: '! [ -e sick ]', every: 50ms, failures: 1}}")
    assert app.do("reload").code == 0
    assert pids(app) == before
    os.kill(before["web.1"], signal.SIGKILL)
    row_when(app, "web.1", phase="running", restarts=1)
    app.write("sick", "")
    running.wait_for("web.1 is not well: exit code 1, stopping it")
    assert pids(app)["worker.1"] == before["worker.1"]
    assert running.stop() == 0
