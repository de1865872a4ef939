"""Ctrl-C and Ctrl-Z, typed on the terminal in whose foreground procman runs."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.output import plain, wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

PROCMAN_TYPED = " ".join(PROCMAN)
CTRL_C, CTRL_Z = "\x03", "\x1a"
IGNORING = "trap '' TERM INT; echo ready; while :; do sleep 0.05; done"
# One process without children: a shell in vfork(2) does not stop before its child has left it.
TICKING = """
import os, time
os.write(1, b"pid %d ready\\n" % os.getpid())
while not os.path.exists("ask"):
    time.sleep(0.02)
os.write(1, b"alive\\n")
while True:
    time.sleep(0.02)  # Python sleeps through a signal that comes right before
"""


def test_ctrl_c_stops_all(app: App) -> None:
    app.procfile(web="exec sh -c 'echo ready; exec sleep 1000'")
    running = app.on_terminal("start")
    running.wait_for("ready")
    running.type(CTRL_C)
    assert running.end() == 0
    shown = [plain(line).rstrip("\r") for line in running.out.text.split("\n")]
    key = shown.index("^C")
    assert shown[key + 1].endswith("SIGINT received, stopping: press Ctrl-C again to kill")
    assert "web.1 terminated by SIGTERM" in running.out.text


def test_children_do_not_get_the_ctrl_c_of_the_terminal(app: App) -> None:
    app.procfile(
        web="trap 'echo interrupted' INT; trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done"
    )
    running = app.on_terminal("start")
    running.wait_for("ready")
    running.type(CTRL_C)
    assert running.end() == 0
    assert "interrupted" not in running.out.text


def test_the_second_ctrl_c_kills_at_once(app: App) -> None:
    app.procfile(web=IGNORING, worker=IGNORING)
    running = app.on_terminal("start", "-t", "1000")
    for name in ("web.1", "worker.1"):
        running.wait_for(f"{name} .*ready")
    running.type(CTRL_C)
    running.wait_for("waiting for web.1")  # one that comes within a moment is the same
    running.type(CTRL_C)
    assert running.end() == 137
    for name in ("web.1", "worker.1"):
        assert f"{name} terminated by SIGKILL" in running.out.text


def test_two_ctrl_c_typed_together_are_one(app: App) -> None:
    app.procfile(web="echo ready; exec sleep 1000")
    running = app.on_terminal("start")
    running.wait_for("ready")
    running.type(CTRL_C * 2)
    assert running.end() == 0
    assert "Traceback" not in running.out.text


@pytest.mark.parametrize("moment", [1, 2, 10, 25, 49])
def test_ctrl_c_while_starting_stops_those_started_and_starts_no_more(app: App, moment: int) -> None:
    app.procfile(web="exec sleep 1000")
    running = app.on_terminal("start", "-m", "web=50")
    running.wait_for(rf"web\.{moment} started")
    running.type(CTRL_C)
    assert running.end() == 0
    assert "Traceback" not in running.out.text
    assert app.processes() == []


@pytest.mark.parametrize("moment", range(4))
def test_ctrl_c_as_soon_as_there_is_a_supervisor_leaves_nothing(app: App, moment: int) -> None:
    app.procfile(web="exec sleep 1000")
    running = app.on_terminal("start", "-m", "web=50")
    running.supervisor()
    running.type(CTRL_C)
    assert running.end() == 0, moment
    assert "Traceback" not in running.out.text
    assert app.processes() == []


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_as_early_as_can_be_leave_nothing(app: App, name: str) -> None:
    app.procfile(web="exec sleep 1000")
    for _ in range(3):
        running = app.start("-m", "web=20")
        running.stop(signal.Signals[name])
        assert app.processes() == []


@pytest.mark.parametrize("kind", ["never", "always"])
def test_sigtstp_suspends_everything_and_sigcont_wakes_it(app: App, kind: str) -> None:
    ticking(app)
    running = app.start("--pty", kind)
    running.wait_for("ready")
    everything = [psutil.Process(running.process.pid), running.supervisor(), child(running)]
    running.process.send_signal(signal.SIGTSTP)
    wait_until(lambda: all(each.status() == psutil.STATUS_STOPPED for each in everything))
    app.write("ask", "")
    running.process.send_signal(signal.SIGCONT)
    running.wait_for("alive")
    assert running.stop() == 0


def test_ctrl_z_and_fg_of_a_shell(app: App) -> None:
    ticking(app)
    shell = interactive_shell(app)
    shell.type(f"{PROCMAN_TYPED} start\r")
    web = psutil.Process(shell.pid_of("web.1"))
    suspend_and_wake(app, shell, web)
    shell.type(CTRL_C)
    shell.wait_for("web.1 terminated by SIGTERM")
    shell.type("exit $?\r")
    assert shell.end() == 0


def test_ctrl_z_and_fg_of_a_one_off(app: App) -> None:
    ticking(app)
    shell = interactive_shell(app)
    shell.type(f"{PROCMAN_TYPED} run web\r")
    web = psutil.Process(int(shell.wait_for(r"pid (\d+) ready\r$")[1]))
    suspend_and_wake(app, shell, web)
    shell.type(CTRL_C)
    shell.type("exit $?\r")
    assert shell.end() == 130


def test_ctrl_c_of_a_pipeline_with_tee_is_a_clean_stop(app: App) -> None:
    app.procfile(web="echo ready; exec sleep 1000")
    shell = interactive_shell(app)
    shell.type(f"{PROCMAN_TYPED} start | tee log\r")
    shell.wait_for("ready")
    shell.type(CTRL_C)
    shell.type("exit ${PIPESTATUS[0]}\r")
    assert shell.end() == 0
    assert "Traceback" not in shell.out.text
    assert app.processes() == []


def ticking(app: App) -> None:
    """An app whose one process gives a sign of life when asked."""
    app.write("ticking.py", TICKING)
    app.procfile(web=f"exec {PYTHON} ticking.py")


def interactive_shell(app: App) -> Running:
    """A bash with job control."""
    shell = app.launch_on_terminal(shutil.which("bash") or "bash", "--norc", "--noprofile", "-i")
    shell.wait_for(r"\$ |# ")
    return shell


def suspend_and_wake(app: App, shell: Running, web: psutil.Process) -> None:
    """Ctrl-Z, a look at the process, fg, and a sign of life from it."""
    shell.wait_for("ready")
    shell.type(CTRL_Z)
    stopped = shell.wait_for("Stopped")
    wait_until(lambda: web.status() == psutil.STATUS_STOPPED)
    app.write("ask", "")
    shell.type("fg\r")
    shell.wait_for("alive", after=stopped.end())


def test_a_suspended_procman_obeys_sigterm_when_it_is_woken(app: App) -> None:
    ticking(app)
    running = app.start()
    running.wait_for("ready")
    running.process.send_signal(signal.SIGTSTP)
    wait_until(lambda: psutil.Process(running.process.pid).status() == psutil.STATUS_STOPPED)
    running.process.terminate()
    assert running.stop(signal.SIGCONT) == 0


def child(running: Running) -> psutil.Process:
    return psutil.Process(running.pid_of("web.1"))
