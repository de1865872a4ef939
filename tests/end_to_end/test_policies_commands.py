"""`start`, `stop` and `restart` of a process in each of its states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.policed import ask, pids, row_when, rows
from tests.end_to_end.test_policies_reload import CASES, finish, in_state

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

AFTER_START = {
    **{state: case.phase for state, case in CASES.items()},
    "down": "running",
}
"""What ends at once is in the same state soon after."""
AFTER_RESTART = {**AFTER_START, "failing": "restarting"}


@pytest.mark.parametrize("state", CASES)
def test_stop(app: App, state: str) -> None:
    case = CASES[state]
    running = in_state(app, case)
    clock, leader = pids(app)["clock.1"], rows(app)["web.1"]["leader"]
    words = ["--no-wait"] if state == "failing" else ["--timeout", "15"]
    told = app.do("stop", "web", *words)
    assert (told.code, told.err) == (0, "")
    if state == "failing":
        row_when(app, "web.1", phase="stopping", wanted="down")
        psutil.Process(leader).kill()
    row = row_when(app, "web.1", phase="down", wanted="down")
    assert (row["pid"], row["note"], row["ready"]) == (None, None, False)
    assert leader is None or not psutil.pid_exists(leader)
    assert app.do("stop", "web").code == 0  # again is the same
    finish(app, running, clock)


@pytest.mark.parametrize("state", CASES)
def test_start(app: App, state: str) -> None:
    case = CASES[state]
    running = in_state(app, case)
    before = rows(app)
    ask(app, "start", "web")
    row = row_when(app, "web.1", phase=AFTER_START[state])
    assert row["wanted"] == "up"
    if case.has_child:
        assert row["pid"] == before["web.1"]["pid"]
    if state in ("backoff", "failed", "completed"):
        row_when(app, "web.1", phase=case.phase, restarts=1)
    finish(app, running, before["clock.1"]["pid"])


@pytest.mark.parametrize("state", CASES)
def test_restart(app: App, state: str) -> None:
    case = CASES[state]
    running = in_state(app, case)
    before = rows(app)
    ask(app, "restart", "web")
    if state == "failing":
        row_when(app, "web.1", phase="restarting")
        psutil.Process(before["web.1"]["leader"]).kill()
        row_when(app, "web.1", phase="stopping", restarts=1)  # it fails in the same way
    elif state in ("starting", "up", "backoff", "failed", "completed"):
        row = row_when(app, "web.1", phase=case.phase, restarts=1)
        assert row["pid"] != before["web.1"]["pid"] or row["pid"] is None
    else:
        row_when(app, "web.1", phase=AFTER_RESTART[state], wanted="up")
    finish(app, running, before["clock.1"]["pid"])


@pytest.mark.parametrize("state", ["starting", "up", "backoff", "failing"])
def test_commands_one_after_the_other_without_a_pause_end_in_what_the_last_one_wants(
    app: App, state: str
) -> None:
    running = in_state(app, CASES[state])
    clock, leader = pids(app)["clock.1"], rows(app)["web.1"]["leader"]
    for command in ("restart", "stop", "start", "stop", "restart", "stop"):
        ask(app, command, "web")
    if state == "failing":
        psutil.Process(leader).kill()
    row_when(app, "web.1", phase="down", wanted="down", pid=None)
    finish(app, running, clock)
