"""The stop signal goes to the main process, once, and nobody is hung up on: every shape of a line."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.output import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.end_to_end.harness import App, Running

CHILD = """
import os, signal, sys, time
got = []
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR2):
    signal.signal(number, lambda number, frame: got.append(signal.Signals(number).name))
sys.stdout.write("ready\\n")
sys.stdout.flush()
open(f"{sys.argv[1]}.ready", "w").close()
while "SIGTERM" not in got and "SIGHUP" not in got:
    time.sleep(0.01)
time.sleep(0.35)
sys.stdout.write(" ".join(["got", *got]) + "\\n")
sys.stdout.flush()
with open(f"{sys.argv[1]}.got", "w") as file:
    file.write(" ".join(got))
sys.exit(7)
"""
TOLD = """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
print(sys.argv[1], flush=True)
print(int(signal.sigwait([signal.SIGUSR2])), flush=True)
"""
RUN = f"{PYTHON} child.py"
SHAPES = {
    "plain": f"{RUN} plain",
    "execed": f"exec {RUN} execed",
    "assigned": f"VAR=x OTHER='a b' {RUN} assigned",
    "changed": f"cd . && {RUN} changed",
    "both": f"true && true && {RUN} both",
    "sequence": f"{RUN} sequence; echo after",
    "otherwise": f"{RUN} otherwise || echo after",
    "pipeline": f"{RUN} pipeline | cat",
    "loop": f"while :; do {RUN} loop; done",
    "subshell": f"(cd .; {RUN} subshell; echo after)",
    "comment": f"{RUN} comment # it's the last",
    "condition": f"if true; then {RUN} condition; fi; echo after",
    "waited": f"{RUN} waited & wait",
    "beside": f"sleep 1000 & {RUN} beside; echo after",
    "script": "sh script.sh",
    "manager": "sh manager.sh | cat",
}
SHELLS = [path for path in map(shutil.which, ("dash", "bash")) if path]
WITH_SHELL = """
import sys
from procman.host import spawn
spawn.SHELL = (sys.argv.pop(1), "-c")
from procman.cli.main import main
main()
"""
"""What is `/bin/sh` on other systems."""
CODES = {
    "pipeline": "exited with code 0",
    "manager": "exited with code 0",
    "waited": "terminated by SIGTERM",
    "script": "terminated by SIGTERM",
}
"""What the shell says of a pipeline is its last command's; a script of one's own does not wait."""


@pytest.fixture
def shapes(app: App) -> App:
    app.write("child.py", CHILD)
    app.write("script.sh", f"{RUN} script\necho after\n")
    app.write("manager.sh", f"{RUN} manager\necho after\n")
    app.procfile(**SHAPES)
    return app


def wait_for_all(app: App) -> None:
    wait_until(lambda: all((app.root / f"{name}.ready").exists() for name in SHAPES))


def received(app: App) -> dict[str, str]:
    return {name: (app.root / f"{name}.got").read_text() for name in SHAPES}


def spoken(running: Running, name: str) -> list[str]:
    """The lines of a process; a terminal may have been repainted in front of them."""
    found = (re.search(rf"{name} *\| (.*)", line) for line in running.lines)
    return [match[1] for match in found if match]


def check(app: App, running: Running, names: Iterable[str]) -> None:
    assert received(app) == dict.fromkeys(SHAPES, "SIGTERM")
    for shape, name in zip(SHAPES, names, strict=True):
        said = [line for line in spoken(running, name) if line != "Terminated"]  # dash says it of `manager`
        assert said == ["ready", "got SIGTERM"]
        end = f"{name} {CODES.get(shape, 'exited with code 7')}"
        assert end in running.said_by("system")
        log = running.lines
        if shape not in CODES:
            assert log.index(f"{name:<11} | got SIGTERM") < log.index(f"{'system':<11} | {end}")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("pty", ["always", "never"])
def test_sigterm(shapes: App, pty: str, shell: str) -> None:
    running = shapes.launch(PYTHON, "-c", WITH_SHELL, shell, "start", "--pty", pty, "--no-timestamp")
    wait_for_all(shapes)
    assert running.stop() == 0, running.err.text
    check(shapes, running, [f"{name}.1" for name in SHAPES])


@pytest.mark.parametrize("pty", ["always", "never"])
def test_ctrl_c(shapes: App, pty: str) -> None:
    running = shapes.on_terminal("start", "--pty", pty, "--no-timestamp")
    wait_for_all(shapes)
    running.type("\x03")
    assert running.end() == 0
    check(shapes, running, [f"{name}.1" for name in SHAPES])


@pytest.mark.parametrize("pty", ["always", "never"])
def test_a_closed_terminal(shapes: App, pty: str) -> None:
    running = shapes.on_terminal("start", "--pty", pty)
    wait_for_all(shapes)
    shapes.hang_up(running)
    assert running.process.wait(PATIENCE) == 0
    assert received(shapes) == dict.fromkeys(SHAPES, "SIGTERM")


@pytest.mark.parametrize("pty", ["always", "never"])
def test_the_timeout_of_a_task(shapes: App, pty: str) -> None:
    tasks = "".join(
        f"{name}: {{command: '{line.replace(chr(39), chr(39) * 2)}', schedule: '@reboot', timeout: 2.5s}}\n"
        for name, line in SHAPES.items()
    )
    shapes.procfile(web="exec sleep 1000")
    shapes.tasks(tasks)
    running = shapes.start("--pty", pty, "--no-timestamp")
    wait_until(lambda: sum(run.outcome is not None for run in shapes.runs) == len(SHAPES))
    assert running.stop() == 0
    assert received(shapes) == dict.fromkeys(SHAPES, "SIGTERM")
    codes = {"pipeline": 0, "manager": 0, "waited": -signal.SIGTERM, "script": -signal.SIGTERM}
    found = {run.task: (run.outcome, run.code) for run in shapes.runs}
    assert found == {name: ("timed_out", codes.get(name, 7)) for name in SHAPES}


@pytest.mark.parametrize("shape", ["plain", "sequence", "subshell", "loop"])
def test_a_type_that_is_run_in_the_foreground(shapes: App, shape: str) -> None:
    running = shapes.launch(*PROCMAN, "run", shape)
    running.wait_for("ready")
    assert running.stop() == 7
    assert running.out.text == "ready\ngot SIGTERM\n"


def test_a_forwarded_signal_goes_to_the_main_process_alone(app: App) -> None:
    app.write("told.py", TOLD)
    app.procfile(
        web=f"{PYTHON} told.py plain; exec sleep 1000",
        worker=f"sleep 1000 & {PYTHON} told.py beside | cat; exec sleep 1000",
    )
    running = app.start()
    running.wait_for("plain$")
    running.wait_for("beside$")
    running.process.send_signal(signal.SIGUSR2)
    running.wait_for("web.1 .*12$")
    running.wait_for("worker.1 .*12$")
    assert running.stop() == 0


@pytest.mark.parametrize("pty", ["always", "never"])
def test_again_and_again_everybody_is_signalled_at_once(app: App, pty: str) -> None:
    app.procfile(web="exec sleep 1000", worker="sh -c 'sleep 1000; true'", clock="sleep 1000; true")
    for _ in range(8):
        running = app.start("--pty", pty)
        pids = [running.pid_of(f"{name}.1") for name in ("web", "worker", "clock")]
        for pid in pids:
            os.killpg(os.getpgid(pid), signal.SIGTERM)
        running.process.terminate()
        assert running.end() == 0, running.out.text
        assert "has ended" not in running.out.text


@pytest.mark.parametrize("seconds", [0.0005, 0.02, 0.1])
def test_a_ctrl_c_that_is_passed_on_a_second_time_kills_nobody(app: App, seconds: float) -> None:
    app.write("child.py", CHILD)
    app.procfile(web=f"{RUN} web")
    running = app.start()
    running.wait_for("web.1 .*ready$")
    os.kill(running.process.pid, signal.SIGINT)
    time.sleep(seconds)  # that span is what is tested
    os.kill(running.process.pid, signal.SIGINT)
    assert running.end() == 0
    assert running.said_by("web.1") == ["ready", "got SIGTERM"]


def test_the_cause_comes_before_its_effects(app: App) -> None:
    app.procfile(
        web="while [ ! -e up ]; do sleep 0.02; done; rm up; sleep 0.4 & exit 3",
        worker="sh -c 'touch up; exec sleep 100'",
    )
    for _ in range(5):
        ended = app.do("start")
        assert ended.code == 3
        told = [line.partition("| ")[2] for line in ended.out.splitlines()]
        assert told.index("web.1 exited with code 3") < told.index("web.1 has ended, stopping")
        assert told.index("web.1 has ended, stopping") < told.index("worker.1 terminated by SIGTERM")


@pytest.mark.parametrize("pty", ["always", "never"])
def test_the_pid_that_is_told_is_that_of_the_command(shapes: App, pty: str) -> None:
    running = shapes.start("--pty", pty)
    wait_for_all(shapes)
    for shape in SHAPES.keys() - {"waited", "script", "manager"}:
        name = psutil.Process(running.pid_of(f"{shape}.1")).cmdline()[-1]
        assert name == shape
    assert running.stop() == 0
