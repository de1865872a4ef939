"""Files of a running app are changed: the processes that they concern are restarted, and no others."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import STAY, SWIFT, phases, pids, police, row_when, rows, started

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

CANARIES = 'warm: {watch: "warm/*"}\ncanary: {watch: "canary/*"}'
SCRIPT = "import time\nprint('version', 1, flush=True)\ntime.sleep(1000)\n"


def watching(app: App, policies: str, **processes: str) -> Running:
    """An app that runs and watches: `warm` has been restarted for that."""
    for folder in ("warm", "canary"):
        (app.root / folder).mkdir()
    app.procfile(warm=STAY, canary=STAY, **processes)
    police(app, f"{policies}\n{CANARIES}")
    running = started(app)
    change_until(app, running, "warm/air", "warm/air changed, restarting warm.1")
    return running


def change_until(app: App, running: Running, name: str, said: str) -> None:
    """Change a file again and again: what changes before all is watched may not be noticed."""

    def is_said() -> bool:
        app.write(name, os.urandom(8))
        return said.encode() in running.out.data

    wait_until(is_said)


def all_seen(app: App, running: Running, name: str) -> None:
    """What was changed before this has been dealt with."""
    app.write(f"canary/{name}", "x")
    running.wait_for(rf"canary/{name} changed, restarting canary\.1")


def test_a_change_restarts_only_the_process_concerned_and_names_the_file(app: App) -> None:
    (app.root / "app" / "deep").mkdir(parents=True)
    running = watching(
        app,
        'web: {watch: "app/**/*.py", restart: on-failure}\nworker: {watch: ["jobs/*.py"]}',
        web=STAY,
        worker=STAY,
        redis=STAY,
    )
    before = pids(app)
    app.write("app/deep/views.py", "x = 1\n")
    running.wait_for(r"app/deep/views\.py changed, restarting web\.1\n")
    row_when(app, "web.1", restarts=1, phase="running")
    all_seen(app, running, "then")
    after = pids(app)
    assert [name for name in ("web.1", "worker.1", "redis.1") if before[name] != after[name]] == ["web.1"]
    assert rows(app)["web.1"]["restarts"] == 1
    assert running.stop() == 0


def test_a_burst_of_files_is_one_restart_and_all_are_counted(app: App) -> None:
    (app.root / "app").mkdir()
    running = watching(app, 'web: {watch: "app/*.py", instances: 2}', web=STAY)
    for number in range(200):
        app.write(f"app/file{number:03}.py", "x")
    running.wait_for(r"app/file000\.py and 199 more changed, restarting web\.1, web\.2\n")
    all_seen(app, running, "then")
    assert [rows(app)[name]["restarts"] for name in ("web.1", "web.2")] == [1, 1]
    assert running.stop() == 0


def test_a_storm_of_ten_thousand_files_is_a_handful_of_restarts(app: App) -> None:
    (app.root / "app").mkdir()
    running = watching(app, 'web: {watch: "app/**/*"}', web=STAY)
    for number in range(10_000):
        if number % 100 == 0:
            (app.root / "app" / str(number)).mkdir()
        (app.root / "app" / str(number // 100 * 100) / str(number)).touch()
    all_seen(app, running, "then")
    assert 1 <= row_when(app, "web.1", phase="running")["restarts"] <= 15
    app.write("app/9900/9999", "x")
    running.wait_for(r"app/9900/9999 changed, restarting web\.1")
    assert running.supervisor().memory_info().rss < 100_000_000
    assert running.stop() == 0


def test_one_that_dies_of_a_change_stays_failed_until_the_next_change_brings_it_back(app: App) -> None:
    app.write("web.py", SCRIPT)
    running = watching(app, 'web: {watch: "*.py"}', web=f"{SWIFT} web.py", worker=STAY)
    running.wait_for("version 1")
    app.write("web.py", "import time\nprint('oops'\n")
    row = row_when(app, "web.1", phase="failed")
    assert (row["exit_code"], row["restarts"]) == (1, 1)
    running.wait_for(r"web\.1 \| .*SyntaxError")
    app.write("web.py", SCRIPT.replace("1", "2", 1))
    running.wait_for("version 2")
    assert row_when(app, "web.1", phase="running")["note"] is None
    assert phases(app)["worker.1"] == "running"
    assert running.stop() == 0


@pytest.mark.parametrize("restart", ["never", "on-failure", "always"])
def test_one_that_has_given_up_comes_back_with_the_next_change(app: App, restart: str) -> None:
    app.write("web.py", "raise SystemExit(3)\n")
    backoff = "backoff: {initial: 20ms, give_up_after: 2}"
    running = watching(app, f'web: {{watch: "*.py", restart: {restart}, {backoff}}}', web=f"{SWIFT} web.py")
    row_when(app, "web.1", phase="failed")
    app.write("web.py", SCRIPT)
    running.wait_for("version 1")
    assert row_when(app, "web.1", phase="running")["failures"] == 0
    assert running.stop() == 0


def test_a_change_while_one_waits_for_its_next_start_brings_it_back_at_once(app: App) -> None:
    app.write("web.py", "raise SystemExit(3)\n")
    policy = 'web: {watch: "*.py", restart: always, backoff: {initial: 1h, max: 1h}}'
    running = watching(app, policy, web=f"{SWIFT} web.py")
    row_when(app, "web.1", phase="backoff")
    app.write("web.py", SCRIPT)
    running.wait_for("version 1")
    assert running.stop() == 0


def test_what_lies_in_folders_of_tools_and_what_editors_leave_does_nothing(app: App) -> None:
    ignored = [".git", "node_modules", ".procman", "app/__pycache__", "app/node_modules/left-pad", ".hg"]
    for folder in ignored:
        (app.root / folder).mkdir(parents=True, exist_ok=True)
    running = watching(app, 'web: {watch: ["*", "app/**/*", "node_modules/**", ".git/**"]}', web=STAY)
    for folder in ignored:
        app.write(f"{folder}/index.js", "x")
    for name in (".views.py.swp", "views.py~", "#views.py#", ".#views.py", "4913"):
        app.write(f"app/{name}", "x")
    all_seen(app, running, "then")
    assert rows(app)["web.1"]["restarts"] == 0
    app.write("app/views.py", "x")
    running.wait_for(r"app/views\.py changed, restarting web\.1")
    assert running.stop() == 0


def test_one_that_was_stopped_stays_so_whatever_changes(app: App) -> None:
    running = watching(app, 'web: {watch: "*.py"}', web=STAY)
    assert app.do("stop", "web").code == 0
    app.write("web.py", "x")
    all_seen(app, running, "then")
    assert phases(app)["web.1"] == "down"
    assert running.stop() == 0
    assert "web.py changed" not in running.out.text


def test_a_folder_that_is_replaced_is_watched_again(app: App) -> None:
    """As `git checkout` of another branch does it."""
    (app.root / "app").mkdir()
    running = watching(app, 'web: {watch: "app/**/*.py"}', web=STAY)
    shutil.rmtree(app.root / "app")
    (app.root / "app" / "new").mkdir(parents=True)
    app.write("app/new/one.py", "x")
    running.wait_for(r"app/new/one\.py.* changed, restarting web\.1\n")
    row_when(app, "web.1", phase="running", restarts=1)
    app.write("app/new/two.py", "x")
    running.wait_for(r"app/new/two\.py.* changed, restarting web\.1\n")
    assert running.stop() == 0


def test_the_patterns_that_a_reload_brings_hold_from_then_on(app: App) -> None:
    (app.root / "new").mkdir()
    running = watching(app, 'web: {watch: "*.py"}', web=STAY)
    before = pids(app)["web.1"]
    police(app, f'web: {{watch: "new/*.py"}}\n{CANARIES}')
    assert "web.1" in app.do("reload").out
    assert pids(app)["web.1"] == before

    change_until(app, running, "new/one.py", "new/one.py changed, restarting web.1")
    app.write("old.py", "x")
    all_seen(app, running, "then")
    assert running.stop() == 0
    assert "old.py" not in running.out.text


def test_when_the_watcher_is_killed_it_is_said_and_the_app_goes_on(app: App) -> None:
    running = watching(app, 'web: {watch: "*.py"}', web=STAY)
    watchers = [each for each in app.processes() if "procman.host.watcher" in " ".join(each.cmdline())]
    assert len(watchers) == 1
    os.kill(watchers[0].pid, signal.SIGKILL)
    running.wait_for("files cannot be watched: ")
    assert phases(app)["web.1"] == "running"
    assert running.stop() == 0
