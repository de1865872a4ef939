"""A real runsvdir runs what `procman export runit` has written."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end import stopped
from tests.end_to_end.exported import check_clock, check_world, export, seen, write_app
from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import free_port
from tests.end_to_end.stopped import HEARS, open_to_all

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.harness import App, Running

pytestmark = pytest.mark.skipif(shutil.which("runsvdir") is None, reason="needs runsvdir (Debian: runit)")
STOPPED_BY_HUP = 111
"""runsvdir(8): it ends so when it has told its runsv processes to stop."""


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With services below it, and their logs."""
    return tmp_path_factory.mktemp("sv")


def supervise(app: App, folder: Path, *words: str) -> Running:
    """runsvdir with all that is exported."""
    export(app, "runit", folder / "services", *words)
    return app.launch("runsvdir", str(folder / "services"))


def sv(folder: Path, act: str, name: str) -> str:
    """What sv says of a service, at once or when it has done what it is to do."""
    patience = () if act in ("status", "up") else ("-w", "20")
    command = ("sv", *patience, act, str(folder / "services" / name))
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def pid(folder: Path, name: str) -> int:
    """The pid of a service, 0 when it is down."""
    found = re.match(r"run: \S+ \(pid (\d+)\)", sv(folder, "status", name))
    return int(found[1]) if found else 0


def is_down(folder: Path, name: str) -> bool:
    """Whether a service is down, and is to be; not for the moment between its end and its next start."""
    status = sv(folder, "status", name)
    return status.startswith("down: ") and "want up" not in status


def is_waiting(folder: Path, name: str) -> bool:
    """Whether the script of a service sleeps until another one runs."""
    with suppress(psutil.NoSuchProcess):
        shell = psutil.Process(pid(folder, name))
        return any(each.cmdline() == ["sleep", "1"] for each in shell.children())
    return False


def log(folder: Path, name: str) -> str:
    """What svlogd has written of a service."""
    path = folder / "log" / name / "current"
    return path.read_text() if path.exists() else ""


def stop(app: App, runsvdir: Running) -> None:
    """Stop all; nothing is left of it."""
    assert runsvdir.stop(signal.SIGHUP) == STOPPED_BY_HUP
    wait_until(lambda: not app.processes())


def test_runsvdir_runs_the_app_and_its_tasks(app: App, folder: Path) -> None:
    write_app(app)
    port = free_port()
    runsvdir = supervise(app, folder, "-p", str(port))
    check_world(app, port)
    check_clock(app)
    first = seen(app, "web.1").pid
    assert pid(folder, "shop-web-1") == first
    os.kill(first, signal.SIGKILL)
    assert seen(app, "web.1", but=first).environment["PORT"] == str(port)
    wait_until(lambda: pid(folder, "shop-web-1") == seen(app, "web.1").pid)
    wait_until(lambda: re.search(r"^\S+ looks at the world$", log(folder, "web-2"), re.MULTILINE))
    for name in ("shop-web-2", "shop-worker-1", "shop-scheduler"):
        assert re.match(r"run: .*; run: log: ", sv(folder, "status", name))
    stop(app, runsvdir)


def test_what_is_not_to_start_or_restart_does_not(app: App, folder: Path) -> None:
    app.procfile(
        once="echo >>ran; sleep 0.1", good="sleep 0.1", bad="echo >>tried; sleep 0.1; false", off="sleep 1000"
    )
    app.write(
        "procman.yml",
        "processes:\n"
        "  once: {oneshot: true}\n"
        "  good: {restart: on-failure}\n"
        "  bad: {restart: on-failure}\n"
        "  off: {autostart: false}\n",
    )
    runsvdir = supervise(app, folder, "-m", "all=1")
    wait_until(lambda: (app.root / "tried").exists() and len((app.root / "tried").read_text()) > 2)
    wait_until(lambda: is_down(folder, "shop-good-1") and is_down(folder, "shop-once-1"))
    assert (app.root / "ran").read_text() == "\n"
    assert is_down(folder, "shop-off-1")
    sv(folder, "up", "shop-once-1")
    wait_until(lambda: (app.root / "ran").read_text() == "\n\n")
    assert sv(folder, "start", "shop-off-1").startswith("ok: run: ")
    stop(app, runsvdir)


@pytest.mark.parametrize("restart", ["on-failure", "never"])
def test_who_asks_for_another_start_gets_it(app: App, folder: Path, restart: str) -> None:
    app.procfile(web="sleep 1000")
    app.write("procman.yml", f"processes: {{web: {{restart: {restart}}}}}\n")
    runsvdir = supervise(app, folder)
    wait_until(lambda: pid(folder, "shop-web-1"))
    first = pid(folder, "shop-web-1")
    sv(folder, "restart", "shop-web-1")
    wait_until(lambda: pid(folder, "shop-web-1") not in (0, first))
    os.kill(pid(folder, "shop-web-1"), signal.SIGTERM)  # of itself it does not come back, as ever
    wait_until(lambda: is_down(folder, "shop-web-1"))
    assert sv(folder, "start", "shop-web-1").startswith("ok: run: ")
    assert sv(folder, "stop", "shop-web-1").startswith("ok: down: ")
    stop(app, runsvdir)


def test_its_own_signal_stops_it_and_then_what_it_has_left(app: App, folder: Path) -> None:
    stopped.write(app, f"{HEARS} child & exec {HEARS} main", "stop_signal: QUIT")
    runsvdir = supervise(app, folder)
    child = stopped.pid(app, "child")
    assert stopped.pid(app, "main") == pid(folder, "shop-web-1")
    assert sv(folder, "stop", "shop-web-1").startswith("ok: down: ")
    assert stopped.heard(app, "main") == stopped.heard(app, "child") == ["SIGQUIT"]
    assert stopped.is_gone(child)
    stop(app, runsvdir)


@pytest.mark.parametrize("timeout", ["0", "1"])
def test_who_does_not_stop_in_time_is_killed_with_its_children(app: App, folder: Path, timeout: str) -> None:
    stopped.write(app, f"{HEARS} child deaf & exec {HEARS} main deaf")
    runsvdir = supervise(app, folder, "-T", timeout)
    both = stopped.pid(app, "child"), stopped.pid(app, "main")
    assert sv(folder, "stop", "shop-web-1").startswith("ok: down: ")
    assert timeout == "0" or stopped.heard(app, "main") == ["SIGTERM"]
    assert stopped.heard(app, "child") == []  # for it there is no time left
    assert all(map(stopped.is_gone, both))
    stop(app, runsvdir)


def test_all_of_a_group_hear_the_signal_once(app: App, folder: Path) -> None:
    stopped.write(app, f"{HEARS} child deaf & exec {HEARS} main", "signal_to: group")
    runsvdir = supervise(app, folder, "-T", "1")
    both = stopped.pid(app, "child"), stopped.pid(app, "main")
    assert sv(folder, "stop", "shop-web-1").startswith("ok: down: ")
    assert stopped.heard(app, "main") == stopped.heard(app, "child") == ["SIGTERM"]
    assert all(map(stopped.is_gone, both))
    stop(app, runsvdir)


def test_what_a_shell_waits_for_is_asked_to_end(app: App, folder: Path) -> None:
    stopped.write(app, f"{HEARS} one | {HEARS} two")
    runsvdir = supervise(app, folder, "-T", "15")
    both = stopped.pid(app, "one"), stopped.pid(app, "two")
    assert sv(folder, "stop", "shop-web-1").startswith("ok: down: ")
    assert stopped.heard(app, "one") == stopped.heard(app, "two") == ["SIGTERM"]
    assert all(map(stopped.is_gone, both))
    stop(app, runsvdir)


def test_what_a_killed_process_has_left_ends_before_it_comes_back(app: App, folder: Path) -> None:
    stopped.write(app, f"{HEARS} child & exec {HEARS} main")
    runsvdir = supervise(app, folder)
    child, main = stopped.pid(app, "child"), stopped.pid(app, "main")
    os.kill(main, signal.SIGKILL)
    assert stopped.pid(app, "main", but=main) == pid(folder, "shop-web-1")
    assert stopped.heard(app, "child") == ["SIGTERM"]
    assert stopped.is_gone(child)
    stop(app, runsvdir)


def test_all_can_end_while_one_is_ending(app: App, folder: Path) -> None:
    stopped.write(app, f"{HEARS} child deaf & until test -e child.up; do sleep 0.05; done", "restart: never")
    runsvdir = supervise(app, folder, "-T", "2")
    wait_until(lambda: stopped.heard(app, "child") == ["SIGTERM"])
    stop(app, runsvdir)


def test_who_depends_on_another_waits_until_it_runs(app: App, folder: Path) -> None:
    state = folder / "services" / "shop-redis-1" / "supervise" / "stat"
    seen = app.root / "seen"
    app.procfile(web=f"cat {state} >>seen; sleep 1000", redis="sleep 1000")
    app.write("procman.yml", "processes: {web: {depends_on: [redis]}, redis: {autostart: false}}\n")
    runsvdir = supervise(app, folder)
    wait_until(lambda: seen.exists() or is_waiting(folder, "shop-web-1"))
    sv(folder, "start", "shop-redis-1")
    wait_until(lambda: seen.exists() and seen.read_text())
    sv(folder, "stop", "shop-redis-1")
    os.kill(pid(folder, "shop-web-1"), signal.SIGKILL)
    wait_until(lambda: len(seen.read_text().split()) > 1 or is_waiting(folder, "shop-web-1"))
    sv(folder, "start", "shop-redis-1")
    wait_until(lambda: len(seen.read_text().split()) > 1)
    assert seen.read_text().split() == ["run", "run"]
    stop(app, runsvdir)


def test_who_still_waits_can_be_stopped(app: App, folder: Path) -> None:
    app.procfile(web="sleep 1000", redis="sleep 1000")
    types = "web: {depends_on: [redis], stop_signal: WINCH}, redis: {autostart: false}"
    app.write("procman.yml", f"processes: {{{types}}}\n")
    runsvdir = supervise(app, folder, "-T", "1")
    wait_until(lambda: is_waiting(folder, "shop-web-1"))
    assert sv(folder, "stop", "shop-web-1").startswith("ok: down: ")  # a shell does not hear WINCH
    stop(app, runsvdir)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_another_user_with_its_groups_its_home_and_its_limits() -> None:
    games = pwd.getpwnam("games")
    ids = subprocess.run(["id", "games"], capture_output=True, text=True, check=True).stdout.strip()
    with open_to_all() as (app, folder):
        app.procfile(web="echo $(id) $HOME $USER $(nice) $(umask) $(ulimit -S -n) >>out; cat; sleep 1000")
        limits = "nice: 5, umask: '027', nofile: 77, stdin: 'null'"
        app.write("procman.yml", f"processes: {{web: {{{limits}}}}}\n")
        runsvdir = supervise(app, folder, "-u", "games")
        wait_until(lambda: (app.root / "out").exists() and (app.root / "out").read_text())
        assert (app.root / "out").read_text() == f"{ids} {games.pw_dir} games 5 0027 77\n"
        current = folder / "log" / "web-1" / "current"
        wait_until(current.exists)
        assert current.stat().st_uid == games.pw_uid
        stop(app, runsvdir)
