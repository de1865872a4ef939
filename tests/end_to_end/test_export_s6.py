"""A real s6-svscan runs what `procman export s6` has written.

s6-rc-compile is in no Debian release. It makes service folders of the source folders, and so do we here: some
files are copied, and a consumer is the logger of its producer. The order and the bundle are s6-rc's, whose
rules `tests/export/test_s6.py` looks at.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end import stopped
from tests.end_to_end.exported import check_clock, check_world, export, seen, write_app
from tests.end_to_end.harness import Finished
from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import free_port
from tests.end_to_end.stopped import HEARS, open_to_all
from tests.export.s6rc import COPIED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.harness import App, Running

pytestmark = pytest.mark.skipif(shutil.which("s6-svscan") is None, reason="needs s6-svscan (Debian: s6)")
needs_execline = pytest.mark.skipif(
    shutil.which("execlineb") is None, reason="needs execlineb (Debian: execline)"
)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With source folders below it, service folders, and their logs."""
    return tmp_path_factory.mktemp("s6")


def supervise(app: App, folder: Path, *words: str) -> Running:
    """s6-svscan with all that is exported and in the bundle; the others are there, and down."""
    export(app, "s6", folder / "source", *words)
    wanted = {path.name for path in (folder / "source" / "shop" / "contents.d").iterdir()}
    for source in sorted((folder / "source").iterdir()):
        if said(source, "type") == "longrun" and not (source / "consumer-for").exists():
            made = compiled(source, folder / "scan" / source.name)
            logger = folder / "source" / said(source, "producer-for")
            compiled(logger, made / "log")
            if said(logger, "pipeline-name") not in wanted:
                (made / "down").touch()
    (folder / "scan").mkdir(exist_ok=True)
    return app.launch("s6-svscan", str(folder / "scan"))


def said(source: Path, name: str) -> str:
    return (source / name).read_text().removesuffix("\n")


def compiled(source: Path, service: Path) -> Path:
    """A service folder of a longrun."""
    service.mkdir(parents=True)
    for each in source.iterdir():
        if each.name in COPIED:
            (shutil.copytree if each.is_dir() else shutil.copy2)(each, service / each.name)
    return service


def svc(folder: Path, options: str, name: str) -> None:
    """Have s6-svc do something, and wait for it."""
    subprocess.run(["s6-svc", *options.split(), str(folder / "scan" / name)], check=True, timeout=30)


def status(folder: Path, name: str, of: str) -> str:
    """What s6-svstat says of a service."""
    command = ["s6-svstat", "-o", of, str(folder / "scan" / name)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def is_down(folder: Path, name: str) -> bool:
    """Whether a service is down, and is to be."""
    return status(folder, name, "up,wantedup") == "false false"


def log(folder: Path, name: str) -> str:
    """What s6-log has written of a service."""
    path = folder / "log" / name / "current"
    return path.read_text() if path.exists() else ""


def up(app: App, folder: Path, name: str) -> Finished:
    """Start a oneshot, from anywhere."""
    running = app.launch("execlineb", "-P", str(folder / "source" / name / "up"), cwd="/")
    return Finished(running.end(), running.out.text, running.err.text)


def stop(app: App, svscan: Running) -> None:
    """Stop all; nothing is left of it."""
    assert svscan.stop(signal.SIGTERM) == 0
    wait_until(lambda: not app.processes())


def test_s6_svscan_runs_the_app_and_its_tasks(app: App, folder: Path) -> None:
    write_app(app)
    port = free_port()
    svscan = supervise(app, folder, "-p", str(port))
    check_world(app, port)
    check_clock(app)
    first = seen(app, "web.1").pid
    assert status(folder, "shop-web-1", "pid") == str(first)
    os.kill(first, signal.SIGKILL)
    assert seen(app, "web.1", but=first).environment["PORT"] == str(port)
    wait_until(lambda: status(folder, "shop-web-1", "pid") == str(seen(app, "web.1").pid))
    wait_until(lambda: re.search(r"^\S+ \S+ +looks at the world$", log(folder, "web-2"), re.MULTILINE))
    for name in ("shop-web-2", "shop-worker-1", "shop-scheduler"):
        assert status(folder, name, "up") == "true"
    wait_until(lambda: status(folder, "shop-web-2/log", "ready") == "true")
    stop(app, svscan)


def test_what_is_not_to_start_or_restart_does_not(app: App, folder: Path) -> None:
    app.procfile(once="sleep 0.1", good="sleep 0.1", bad="echo >>tried; sleep 0.1; false", off="sleep 1000")
    app.write(
        "procman.yml",
        "processes:\n"
        "  once: {restart: never}\n"
        "  good: {restart: on-failure}\n"
        "  bad: {restart: on-failure}\n"
        "  off: {autostart: false}\n",
    )
    svscan = supervise(app, folder, "-m", "all=1")
    wait_until(lambda: (app.root / "tried").exists() and len((app.root / "tried").read_text()) > 2)
    wait_until(lambda: is_down(folder, "shop-good-1") and is_down(folder, "shop-once-1"))
    assert status(folder, "shop-bad-1", "wantedup") == "true"
    assert is_down(folder, "shop-off-1")
    svc(folder, "-wu -u", "shop-off-1")
    stop(app, svscan)


@needs_execline
def test_a_oneshot_does_what_it_is_there_for(app: App, folder: Path) -> None:
    app.procfile(once="echo \"$A\" '$A' {$PORT} $(pwd) >>ran", bad="exit 3")
    app.write("procman.yml", "processes: {once: {oneshot: true}, bad: {oneshot: true}}\n")
    app.write(".env", "A='two  \"words\" \\ '\n")
    export(app, "s6", folder / "source", "-p", "5000")
    assert up(app, folder, "shop-once-1") == (0, "", "")
    assert (app.root / "ran").read_text() == f'two  "words" \\  $A {{5000}} {app.root}\n'
    assert up(app, folder, "shop-bad-1").code == 3


def test_its_own_signal_stops_it_and_then_what_it_has_left(app: App, folder: Path) -> None:
    stopped.write(app, f"{HEARS} child & exec {HEARS} main", "stop_signal: QUIT")
    svscan = supervise(app, folder)
    child = stopped.pid(app, "child")
    assert str(stopped.pid(app, "main")) == status(folder, "shop-web-1", "pid")
    svc(folder, "-wD -d", "shop-web-1")
    assert stopped.heard(app, "main") == stopped.heard(app, "child") == ["SIGQUIT"]
    assert stopped.is_gone(child)
    stop(app, svscan)


def test_who_does_not_stop_in_time_is_killed_with_its_children(app: App, folder: Path) -> None:
    stopped.write(app, f"{HEARS} child deaf & exec {HEARS} main deaf")
    svscan = supervise(app, folder, "-T", "1")
    both = stopped.pid(app, "child"), stopped.pid(app, "main")
    svc(folder, "-wD -d", "shop-web-1")
    assert stopped.heard(app, "main") == stopped.heard(app, "child") == ["SIGTERM"]
    assert all(map(stopped.is_gone, both))
    stop(app, svscan)


def test_all_can_end_though_one_does_not_want_to(app: App, folder: Path) -> None:
    stopped.write(app, f"{HEARS} child deaf & exec {HEARS} main deaf")
    svscan = supervise(app, folder, "-T", "1")
    both = stopped.pid(app, "child"), stopped.pid(app, "main")
    stop(app, svscan)
    assert all(map(stopped.is_gone, both))


def test_what_a_shell_waits_for_is_asked_to_end(app: App, folder: Path) -> None:
    stopped.write(app, f"{HEARS} one | {HEARS} two")
    svscan = supervise(app, folder, "-T", "15")
    both = stopped.pid(app, "one"), stopped.pid(app, "two")
    svc(folder, "-wD -d", "shop-web-1")
    assert stopped.heard(app, "one") == stopped.heard(app, "two") == ["SIGTERM"]
    assert all(map(stopped.is_gone, both))
    stop(app, svscan)


def test_what_a_killed_process_has_left_ends_before_it_comes_back(app: App, folder: Path) -> None:
    stopped.write(app, f"{HEARS} child & exec {HEARS} main")
    svscan = supervise(app, folder)
    child, main = stopped.pid(app, "child"), stopped.pid(app, "main")
    os.kill(main, signal.SIGKILL)
    assert str(stopped.pid(app, "main", but=main)) == status(folder, "shop-web-1", "pid")
    assert stopped.heard(app, "child") == ["SIGTERM"]
    assert stopped.is_gone(child)
    stop(app, svscan)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_another_user_with_its_groups_its_home_and_its_limits() -> None:
    games = pwd.getpwnam("games")
    ids = subprocess.run(["id", "games"], capture_output=True, text=True, check=True).stdout.strip()
    with open_to_all() as (app, folder):
        app.procfile(web="echo $(id) $HOME $USER $(nice) $(umask) $(ulimit -S -n) >>out; cat; sleep 1000")
        limits = "nice: 5, umask: '027', nofile: 77, stdin: 'null'"
        app.write("procman.yml", f"processes: {{web: {{{limits}}}}}\n")
        svscan = supervise(app, folder, "-u", "games")
        wait_until(lambda: (app.root / "out").exists() and (app.root / "out").read_text())
        assert (app.root / "out").read_text() == f"{ids} {games.pw_dir} games 5 0027 77\n"
        current = folder / "log" / "web-1" / "current"
        wait_until(current.exists)
        assert current.stat().st_uid == games.pw_uid
        stop(app, svscan)
