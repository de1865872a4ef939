"""`procman run` as shells and terminals see it: how it ends, and what it leaves of the terminal."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import termios
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON, command_line
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

RUN = " ".join((*PROCMAN, "run"))
BASH = (shutil.which("bash") or "bash", "--norc", "--noprofile")
CTRL_C, CTRL_D = "\x03", "\x04"
READY = "sh -c 'echo ready; exec sleep 1000'"
# Tells the signal that ended a command, and whether that left a core.
HOW = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
_, status = os.waitpid(os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)
print(os.WIFSIGNALED(status) and os.WTERMSIG(status), os.WCOREDUMP(status))
"""


def in_shell(app: App, script: str) -> Running:
    """A script on a terminal, run by a bash without job control."""
    return app.launch_on_terminal(*BASH, "-c", script)


def test_ctrl_c_ends_the_loop_of_a_script_and_the_script(app: App) -> None:
    shell = in_shell(app, f"while :; do {RUN} {READY}; echo again; done")
    shell.wait_for("ready")
    shell.type(CTRL_C)
    assert shell.end() == -signal.SIGINT
    assert "again" not in shell.out.text


def test_ctrl_c_ends_the_loop_of_a_shell_with_job_control(app: App) -> None:
    shell = app.launch_on_terminal(*BASH, "-i")
    shell.type(f"while :; do {RUN} {READY}; done\r")
    shell.wait_for("ready\r$")
    shell.type(CTRL_C)
    shell.type("exit $?\r")
    assert shell.end() == 130


@pytest.mark.parametrize("name", ["QUIT", "SEGV", "TERM", "INT", "HUP", "ALRM", "KILL"])
def test_it_dies_of_the_signal_of_its_command_and_leaves_no_core_of_its_own(app: App, name: str) -> None:
    child = f"ulimit -c 0; kill -{name} $$"
    how = app.launch(PYTHON, "-c", HOW, *PROCMAN, "run", "--", "sh", "-c", child)
    assert how.end() == 0
    assert how.out.text == f"{int(signal.Signals[f'SIG{name}'])} False\n"


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "QUIT"])
def test_a_signal_to_it_that_its_command_dies_of_is_what_it_dies_of(app: App, name: str) -> None:
    running = app.launch(*PROCMAN, "run", "sh", "-c", "echo ready; exec sleep 1000")
    running.wait_for("ready")
    assert running.stop(signal.Signals[f"SIG{name}"]) == -signal.Signals[f"SIG{name}"]


# Says what it reads and when it is interrupted.
ECHOING = """
import os, select, signal, sys
told, tell = os.pipe()
os.set_blocking(tell, False)
signal.signal(signal.SIGINT, lambda *_: None)
signal.set_wakeup_fd(tell)
os.write(1, b"ready")
while True:
    if told in select.select([0, told], [], [])[0]:
        os.write(1, b"told" * len(os.read(told, 100)))
    elif line := os.read(0, 100):
        os.write(1, b"hello " + line)
    else:
        sys.exit(7)
"""
# A program that has the terminal in a mode of its own, and perhaps its foreground, until it is killed.
FULL_SCREEN = """
import os, signal, sys, tty
if "alone" in sys.argv:
    os.setpgid(0, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
    os.tcsetpgrp(0, os.getpid())
tty.setraw(0)
os.write(1, b"full screen %d\\r\\n" % os.getpid())
os.read(0, 1)
"""
AFTERWARDS = """
before=$(stty -g)
{run}
code=$?
until [ "$(stty -g)" = "$before" ]; do sleep 0.02; done
echo "as before, code $code"
"""


@pytest.mark.parametrize("group", ["shared", "alone"])
@pytest.mark.parametrize("above", [0, 1, 2], ids=["command", "supervisor", "guardian"])
def test_the_terminals_modes_are_restored_whoever_was_killed(app: App, above: int, group: str) -> None:
    app.write("full_screen.py", FULL_SCREEN)
    shell = in_shell(app, AFTERWARDS.format(run=f"{RUN} {PYTHON} full_screen.py {group}"))
    program = psutil.Process(int(shell.wait_for(r"full screen (\d+)")[1]))
    [program, *program.parents()][above].kill()
    shell.wait_for("as before, code 137")
    assert shell.end() == 0


def test_modes_that_a_command_leaves_at_its_end_are_meant(app: App) -> None:
    shell = in_shell(app, f"{RUN} stty -echo; stty -a")
    assert shell.end() == 0
    assert " -echo " in shell.out.text


def test_the_modes_are_left_alone_while_another_has_the_foreground(app: App) -> None:
    shell = app.launch_on_terminal(*BASH, "-i")
    shell.type(f"{RUN} -- sh -c 'echo pid $$; exec sleep 1000' &\r")
    command = int(shell.wait_for(r"pid (\d+)\r$")[1])
    shell.type("stty noflsh; exec sleep 1001\r")
    wait_until(lambda: "sleep 1001" in map(command_line, app.processes()))
    os.kill(command, signal.SIGKILL)
    wait_until(lambda: len(app.processes()) == 1)
    assert termios.tcgetattr(shell.master)[3] & termios.NOFLSH
    shell.type(CTRL_C)
    shell.end()


def test_the_foreground_comes_back_from_a_command_that_had_made_it_its_own(app: App) -> None:
    inner = " ".join((*BASH, "-ic"))
    shell = in_shell(app, f"{RUN} {inner} 'kill -KILL $$'; echo ended; read line; echo got $line")
    shell.wait_for("ended")
    shell.type("words\r")
    shell.wait_for("got words")
    assert shell.end() == 0


def test_in_the_background_a_command_that_reads_stops_until_it_is_in_the_foreground(app: App) -> None:
    shell = app.launch_on_terminal(*BASH, "-i")
    shell.type(f"{RUN} cat &\r")
    wait_until(lambda: "cat" in [process.name() for process in app.processes()])
    cat = next(process for process in app.processes() if process.name() == "cat")
    wait_until(lambda: cat.status() == psutil.STATUS_STOPPED)
    shell.type("\r")
    shell.wait_for("Stopped")
    shell.type("fg\r")
    wait_until(lambda: cat.status() != psutil.STATUS_STOPPED)
    shell.type("words\r")
    shell.wait_for("words\r\nwords")
    shell.type(CTRL_D)
    shell.type("exit $?\r")
    assert shell.end() == 0


def unshare(*words: str) -> tuple[str, ...]:
    """A command that runs others in a PID namespace, within the session of whoever starts it."""
    mapped = () if os.getuid() == 0 else ("--map-root-user",)
    return ("unshare", *mapped, "--pid", "--fork", "--mount-proc", *words)


@pytest.fixture
def _namespaces() -> None:
    if not shutil.which("unshare") or subprocess.run(unshare("true"), check=False).returncode:
        pytest.skip("needs unshare(1), and a system that lets us have a PID namespace")


@pytest.mark.usefixtures("_namespaces")
@pytest.mark.parametrize(
    "shell", [(), ("sh", "-c", 'trap : INT; "$@"; exit $?', "sh")], ids=["first", "later"]
)
def test_in_a_pid_namespace_without_a_session_of_its_own(app: App, shell: tuple[str, ...]) -> None:
    running = app.launch_on_terminal(*unshare(*shell, *PROCMAN), "run", PYTHON, "-c", ECHOING)
    running.wait_for("ready")
    running.type("words\r")
    running.wait_for("words\r\nhello words")
    running.type(CTRL_C)
    running.wait_for("told")
    running.type("more\r")
    running.wait_for("hello more")
    running.type(CTRL_D)
    assert running.end() == 7
    assert running.out.text.count("told") == 1
