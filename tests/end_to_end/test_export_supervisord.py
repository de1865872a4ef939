"""A real supervisord runs what `procman export supervisord` has written."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end import exporteddemo
from tests.end_to_end.demo import free_base_port
from tests.end_to_end.exported import check_clock, check_world, export, seen, write_app
from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import free_port
from tests.end_to_end.production import BIN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.end_to_end.harness import App, Running

SUPERVISORD, SUPERVISORCTL = f"{BIN}/supervisord", f"{BIN}/supervisorctl"
MAIN = """\
[supervisord]
nodaemon=true
logfile={0}/supervisord.log
pidfile={0}/supervisord.pid
childlogdir={0}
[unix_http_server]
file={0}/socket
[supervisorctl]
serverurl=unix://{0}/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[include]
files={0}/conf.d/*.conf
"""
pytestmark = pytest.mark.skipif(not os.path.exists(SUPERVISORD), reason="needs supervisor (PyPI)")


def supervise(app: App, folder: Path, env: Mapping[str, str] | None = None) -> Running:
    """supervisord with all that is exported."""
    (folder / "log").mkdir()
    (folder / "main.conf").write_text(MAIN.format(folder))
    return app.launch(SUPERVISORD, "-c", str(folder / "main.conf"), env=env)


def ctl(folder: Path, *words: str) -> str:
    """What supervisorctl says. It ends with 3 when something does not run."""
    command = (SUPERVISORCTL, "-c", str(folder / "main.conf"), *words)
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a short name, as sockets want it."""
    return tmp_path_factory.mktemp("sv")


def test_supervisord_runs_the_app_and_its_tasks(app: App, folder: Path) -> None:
    write_app(app)
    port = free_port()
    export(app, "supervisord", folder / "conf.d", "-p", str(port))
    supervisord = supervise(app, folder)
    check_world(app, port)
    check_clock(app)
    first = seen(app, "web.1").pid
    os.kill(first, signal.SIGKILL)
    assert seen(app, "web.1", but=first).environment["PORT"] == str(port)
    wait_until(lambda: "looks at the world" in (folder / "log" / "web-2.log").read_text())
    wait_until(lambda: ctl(folder, "status").count("RUNNING") == 4)
    assert "shop:shop-scheduler" in ctl(folder, "status")
    supervisord.process.terminate()
    assert supervisord.end() == 0
    assert app.processes() == []


def test_the_demo_runs_where_only_the_systems_programs_are_found(app: App, folder: Path) -> None:
    """As below a supervisord that the machine has started: its PATH has no virtual environment."""
    demo = exporteddemo.copy(app.root)
    port = free_base_port()
    exporteddemo.export(demo, "supervisord", folder / "conf.d", "-l", str(folder / "log"), "-p", str(port))
    supervisord = supervise(app, folder, exporteddemo.SYSTEM)
    exporteddemo.use(demo, port)
    wait_until(lambda: ctl(folder, "status").count("RUNNING") == 5)
    supervisord.process.terminate()
    assert supervisord.end() == 0
    assert app.processes() == []


def test_what_is_not_to_start_or_restart_does_not(app: App, folder: Path) -> None:
    app.procfile(
        once="echo >>ran; sleep 0.1", good="sleep 1.5", bad="echo >>tried; sleep 1.1; false", off="./off"
    )
    app.write(
        "procman.yml",
        "processes:\n"
        "  once: {oneshot: true}\n"
        "  good: {restart: on-failure}\n"
        "  bad: {restart: on-failure}\n"
        "  off: {autostart: false}\n",
    )
    export(app, "supervisord", folder / "conf.d", "-m", "all=1")
    supervisord = supervise(app, folder)
    wait_until(lambda: (app.root / "tried").exists() and len((app.root / "tried").read_text()) > 1)
    wait_until(lambda: ctl(folder, "status", "shop:shop-good-1").split()[1:2] == ["EXITED"])
    assert ctl(folder, "status", "shop:shop-off-1").split()[1] == "STOPPED"
    assert ctl(folder, "status", "shop:shop-once-1").split()[1] == "EXITED"
    assert (app.root / "ran").read_text() == "\n"
    supervisord.process.terminate()
    assert supervisord.end() == 0


def test_who_does_not_stop_in_time_is_killed_with_its_children(app: App, folder: Path) -> None:
    app.write("stay.sh", "trap '' TERM\nsleep 1000 &\necho >up\nwhile :; do wait; done\n")
    app.procfile(stay="sh stay.sh")
    export(app, "supervisord", folder / "conf.d", "-T", "1")
    supervisord = supervise(app, folder)
    wait_until((app.root / "up").exists)
    supervisord.process.terminate()
    assert supervisord.end() == 0
    assert app.processes() == []
