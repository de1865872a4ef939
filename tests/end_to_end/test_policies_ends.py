"""What the end of a process means under each policy, with the real program and real children."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import STAY, following, phases, pids, police, row_when, started, told

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

FAILS = "echo no database; exit 3"
SWIFTLY = "backoff: {initial: 20ms, give_up_after: 3}"


def test_one_that_dies_at_once_forever_has_failed_after_its_tries_and_the_others_go_on(app: App) -> None:
    app.procfile(web=FAILS, worker=STAY)
    police(app, f"web: {{restart: on-failure, {SWIFTLY}}}\nworker: {{restart: always}}")
    running = started(app)
    row = row_when(app, "web.1", phase="failed")
    assert (row["exit_code"], row["failures"], row["restarts"], row["pid"]) == (3, 3, 2, None)
    running.wait_for("web.1 failed: exit code 3, 3 failures in a row. The last that it wrote:\n")
    running.wait_for(r"system +\| web.1 \| no database\n")
    assert phases(app)["worker.1"] == "running"
    assert running.stop() == 0
    assert running.out.text.count("web.1 exited with code 3") == 3
    assert running.out.text.count("web.1 starts again in") == 2


def test_the_last_words_of_a_failed_one_are_those_of_its_last_child_and_steer_nothing(app: App) -> None:
    app.procfile(
        web=r"printf 'try %s\n\033[31mred\033[0m \033]0;title\007\033[2Jmore' $$; exit 1", worker=STAY
    )
    police(app, f"web: {{restart: on-failure, {SWIFTLY}}}\nworker: {{restart: always}}")
    running = started(app)
    row_when(app, "web.1", phase="failed")
    running.wait_for("The last that it wrote")
    last = re.findall(r"web\.1 started \(pid (\d+)\)", running.out.text)[-1]
    shown = running.wait_for(rf"The last that it wrote:\n.*web\.1 \| try {last}\n.*red.*\n.*more\n")[0]
    assert not [each for each in (b"\x1b]0", b"\x1b[2J", rb"\x1b") if each in shown]
    assert running.stop() == 0


@pytest.mark.parametrize(("ends", "code"), [("exit 7", 7), ("kill -9 $$", 137), ("exec nosuchcommand", 127)])
def test_who_gives_up_is_the_end_of_all_with_its_code_where_that_is_wanted(
    app: App, ends: str, code: int
) -> None:
    app.procfile(web=f"echo last words; {ends}", worker=STAY)
    police(
        app,
        f"web: {{restart: on-failure, give_up: stop, {SWIFTLY}}}\nworker: {{restart: always}}",
    )
    ended = app.do("start")
    assert ended.code == code
    assert ended.out.count("web.1 started") == 3
    assert "web.1 | last words" in ended.out
    assert "web.1 has ended, stopping" in ended.out
    assert "worker.1 terminated by SIGTERM" in ended.out


def test_when_all_have_ended_by_themselves_the_code_is_that_of_the_first_that_failed(app: App) -> None:
    app.procfile(ok="exit 0", bad="exit 4", worse="sleep 0.2; exit 5")
    police(app, "ok: {oneshot: true}\nbad: {restart: never}\nworse: {restart: never}")
    ended = app.do("start")
    assert ended.code == 4
    assert "all processes have ended, stopping" in ended.out


def test_when_all_have_ended_well_the_code_is_0(app: App) -> None:
    app.procfile(ok="exit 0", fine="kill -TERM $$", also="exit 0")
    police(app, "ok: {oneshot: true}\nfine: {restart: on-failure}\nalso: {restart: never}")
    assert app.do("start").code == 0


def test_one_that_dies_after_it_was_ready_comes_back_and_nobody_else_is_touched(app: App) -> None:
    app.procfile(web=f"echo ready; {STAY}", worker=STAY)
    police(app, "web: {restart: on-failure, ready: {log: ready}, backoff: {initial: 20ms}}\nworker: {}")
    running = started(app)
    before = row_when(app, "web.1", phase="running")
    worker = pids(app)["worker.1"]
    running.kill("web.1")
    row_when(app, "web.1", phase="running", restarts=1, ready=True)
    after = pids(app)
    assert (after["worker.1"], after["web.1"] == before["pid"]) == (worker, False)
    assert running.stop() == 0
    assert running.out.text.count("web.1 ready after") == 2


@pytest.mark.parametrize(
    ("restart", "ends", "phase"),
    [
        ("never", "exit 0", "completed"),
        ("never", "exit 1", "failed"),
        ("never", "kill -9 $$", "failed"),
        ("on-failure", "exit 0", "completed"),
        ("on-failure", "kill -HUP $$", "completed"),
        ("on-failure", "kill -PIPE $$", "completed"),
    ],
)
def test_one_that_stays_down(app: App, restart: str, ends: str, phase: str) -> None:
    app.procfile(web=ends, worker=STAY)
    police(app, f"web: {{restart: {restart}}}\nworker: {{restart: always}}")
    running = started(app)
    assert row_when(app, "web.1", phase=phase)["restarts"] == 0
    assert running.stop() == 0


@pytest.mark.parametrize(
    ("restart", "ends"),
    [("on-failure", "exit 1"), ("on-failure", "kill -QUIT $$"), ("always", "exit 0"), ("always", "kill $$")],
)
def test_one_that_comes_back(app: App, restart: str, ends: str) -> None:
    app.procfile(web=f"[ -e done ] || {{ touch done; {ends}; }}; {STAY}", worker=STAY)
    police(app, f"web: {{restart: {restart}, backoff: {{initial: 20ms}}}}")
    running = started(app)
    assert row_when(app, "web.1", phase="running", restarts=1)["pid"]
    assert running.stop() == 0


def test_one_without_a_policy_is_the_end_of_all_beside_others_that_have_one(app: App) -> None:
    app.procfile(web="sleep 0.1; exit 6", worker="exit 1")
    police(app, "worker: {restart: always, backoff: {initial: 20ms, give_up_after: never}}")
    ended = app.do("start")
    assert ended.code == 6
    assert ended.out.count("worker.1 started") > 1


def test_what_cannot_be_started_is_tried_again_until_it_can(app: App) -> None:
    app.procfile(web="exec ./tool", worker=STAY)
    police(
        app, "web: {restart: always, backoff: {initial: 20ms, max: 50ms, give_up_after: never}}\nworker: {}"
    )
    running = started(app)
    running.wait_for("web.1 starts again in .* failures in a row")
    app.write("tool", "#!/bin/sh\nexec sleep 1000\n", 0o755)
    wait_until(lambda: phases(app)["web.1"] == "running" and "sleep 1000" in _command(app, "web.1"))
    assert running.stop() == 0


def test_a_folder_that_is_not_there_any_more_is_a_failure_like_others(app: App) -> None:
    (app.root / "place").mkdir()
    app.procfile(
        web=f"[ -e ../second ] || {{ touch ../second; rmdir ../place; exit 1; }}; {STAY}", worker=STAY
    )
    police(app, "web: {cwd: place, restart: always, backoff: {initial: 50ms, max: 50ms}}\nworker: {}")
    running = started(app)
    running.wait_for("web.1 could not be started: .*place")
    (app.root / "place").mkdir()
    row_when(app, "web.1", phase="running")
    assert running.stop() == 0


def test_who_leaves_something_behind_is_not_started_again_beside_it(app: App) -> None:
    app.procfile(web="trap '' TERM; (trap '' TERM; exec sleep 1000) & echo $! > left; exit 1", worker=STAY)
    police(app, "web: {restart: always, timeout: 200ms, backoff: {initial: 1h, max: 1h}}\nworker: {}")
    running = started(app)
    running.wait_for("web.1 starts again")
    left = int((app.root / "left").read_text())
    assert left not in [each.pid for each in app.processes()]
    assert running.stop() == 0


def test_each_end_and_each_plan_is_told_to_programs_too(app: App) -> None:
    app.procfile(web=f"{STAY}", worker=STAY)
    police(app, f"web: {{restart: always, {SWIFTLY}}}\nworker: {{}}")
    running = started(app)
    events = following(app)
    running.kill("web.1")
    row_when(app, "web.1", phase="running", restarts=1)
    wait_until(lambda: told(events, "ProcessStarted", name="web.1"))
    (ended,), (planned,) = told(events, "ProcessEnded", name="web.1"), told(events, "RestartPlanned")
    assert (ended["code"], planned["failures"], planned["name"]) == (-9, 1, "web.1")
    assert 0.018 <= planned["seconds"] <= 0.022
    assert running.stop() == 0
    assert events.end() == 0


def _command(app: App, name: str) -> str:
    pid = pids(app)[name]
    return next((" ".join(each.cmdline()) for each in app.processes() if each.pid == pid), "")
