"""Nothing is left: whatever a process starts, and however procman ends, no descendant lives on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PYTHON
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.harness import App, Running

DAEMON = """
import os, signal, sys, time
if os.fork():
    time.sleep(1000) if "stay" in sys.argv else os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
if "refuse" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(1, b"daemon is up\\n")
time.sleep(1000)
"""
HIDING = {
    "in its group": "(echo daemon is up; exec sleep 1000) & wait",
    "in its group, ignoring TERM, while the process obeys": (
        "trap 'exit 0' TERM; (trap '' TERM; echo daemon is up; sleep 1000) & wait"
    ),
    "as a session of its own": "setsid sh -c 'echo daemon is up; exec sleep 1000' & wait",
    "as a double-forked daemon": f"exec {PYTHON} daemon.py stay",
    "as a daemon that ignores TERM": f"exec {PYTHON} daemon.py stay refuse",
    "as a daemon with an output of its own": f"{PYTHON} daemon.py stay >log 2>&1 & tail -F log 2>&1",
}
QUICK = ["in its group", "as a session of its own", "as a double-forked daemon"]


def kill_guardian(running: Running) -> None:
    running.process.kill()
    running.end()


def kill_supervisor(running: Running) -> None:
    running.supervisor().kill()
    running.end()


@pytest.mark.parametrize("hiding", HIDING)
def test_after_a_stop(app: App, hiding: str) -> None:
    started(app, hiding, "-t", "0.3").stop()
    assert app.processes() == []


@pytest.mark.parametrize("hiding", HIDING)
def test_after_a_process_has_ended_by_itself(app: App, hiding: str) -> None:
    running = started(app, hiding, "-t", "0.3")
    running.kill("web.1")
    assert running.end() == 137
    assert app.processes() == []


@pytest.mark.parametrize("hiding", QUICK)
@pytest.mark.parametrize("end", [kill_guardian, kill_supervisor], ids=["guardian", "supervisor"])
def test_after_kill_9_of_procman(app: App, hiding: str, end: Callable[[Running], None]) -> None:
    end(started(app, hiding))
    wait_until(lambda: not app.processes())


def test_after_a_process_that_leaves_a_daemon_and_exits(app: App) -> None:
    app.write("daemon.py", DAEMON)
    app.procfile(web=f"exec {PYTHON} daemon.py")
    ended = app.do("start")
    assert ended.code == 0
    assert app.processes() == []


def test_after_run_of_a_command_that_leaves_a_daemon(app: App) -> None:
    app.write("daemon.py", DAEMON)
    ended = app.do("run", PYTHON, "daemon.py")
    assert ended.code == 0
    assert app.processes() == []


def test_after_kill_9_of_the_supervisor_of_run(app: App) -> None:
    running = app.launch(PYTHON, "-m", "procman", "run", "sh", "-c", "echo up; sleep 1000")
    running.wait_for("up$")
    kill_supervisor(running)
    assert app.processes() == []


def started(app: App, hiding: str, *words: str) -> Running:
    """procman with a process that has a descendant in hiding."""
    app.write("daemon.py", DAEMON)
    app.procfile(web=HIDING[hiding], worker="exec sleep 1000")
    running = app.start(*words)
    running.wait_for("daemon is up$")
    return running
