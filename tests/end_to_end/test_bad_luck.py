"""What the world does to a process manager."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON, App
from tests.end_to_end.output import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

READY = "echo ready; exec sleep 1000"
NOBODY = 65534
FLOOD_LINES = 10_000_000
FLOOD = f"""
import os
block = memoryview((b"x" * 99 + b"\\n") * 10_000)
for _ in range({FLOOD_LINES} // 10_000):
    left = block
    while left:
        left = left[os.write(1, left):]
"""
# Python itself may lie where that user may not read, so all is imported before.
AS_USER = """
import ctypes, importlib, os, pkgutil, psutil, procman, sys
for module in pkgutil.walk_packages(procman.__path__, "procman."):
    importlib.import_module(module.name)
user = int(sys.argv.pop(1))
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(user)
os.setuid(user)
procman.cli.main.main()
"""


def shell(app: App, line: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a line that has `procman` in it."""
    line = line.replace("procman", " ".join(PROCMAN))
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=app.root,
        env=app.environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_flood_of_1_gb_loses_no_byte_and_no_line(app: App) -> None:
    app.write("flood.py", FLOOD)
    app.procfile(web=f"exec {PYTHON} flood.py")
    process = subprocess.Popen(
        [*PROCMAN, "start", "--no-timestamp"], cwd=app.root, env=app.environment(), stdout=subprocess.PIPE
    )
    size, lines, prefixed = count(process)
    assert process.wait(PATIENCE) == 0
    said_by_procman = lines - prefixed
    assert prefixed == FLOOD_LINES
    assert said_by_procman == 2
    assert size - 2 * 100 < FLOOD_LINES * (len("web.1  | ") + 100) < size


def count(process: subprocess.Popen[bytes]) -> tuple[int, int, int]:
    """Bytes, lines and whole lines of the flood that a process writes."""
    assert process.stdout is not None
    wanted = b"web.1  | " + b"x" * 99 + b"\n"
    size = lines = whole = 0
    rest = b""
    with process.stdout as output:
        while data := os.read(output.fileno(), 1 << 20):
            size += len(data)
            data = rest + data
            end = data.rfind(b"\n") + 1
            data, rest = data[:end], data[end:]
            lines += data.count(b"\n")
            whole += data.count(wanted)
    return size, lines, whole


def test_200_processes(app: App) -> None:
    app.procfile(web=READY)
    running = app.start("-m", "web=200")
    for number in range(1, 201):
        running.wait_for(rf"web.{number} +\| ready$")
    assert running.stop() == 0
    assert app.processes() == []


@pytest.mark.parametrize("terminal", ["never", "always"])
def test_when_descriptors_run_out_it_says_so_and_stops_all(app: App, terminal: str) -> None:
    app.procfile(web=READY)
    ended = shell(app, f"ulimit -n 32; exec procman start -m web=50 --pty {terminal}")
    assert ended.returncode not in (0, 2)
    assert "Too many open files" in ended.stdout + ended.stderr
    assert "ulimit -n" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert app.processes() == []


def test_stdout_closed_by_its_reader_is_a_clean_stop(app: App) -> None:
    app.procfile(web="while :; do echo line; sleep 0.01; done", worker="exec sleep 1000")
    ended = shell(app, "{ procman start; echo $? >code; } | head -n 5")
    assert len(ended.stdout.splitlines()) == 5
    assert ended.stderr == ""
    assert (app.root / "code").read_text() == "0\n"
    assert app.processes() == []


def test_stdout_closed_by_its_reader_is_noticed_though_nothing_is_written(app: App) -> None:
    app.procfile(web=READY)
    ended = shell(app, "{ procman start; echo $? >code; } | grep -m 1 ready")
    assert ended.stderr == ""
    assert (app.root / "code").read_text() == "0\n"
    assert app.processes() == []


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_stdin_and_stderr_may_be_closed_from_the_beginning(app: App, closed: str) -> None:
    app.procfile(web="echo hello; echo problem >&2; exit 3")
    ended = shell(app, f"exec procman start {closed}")
    assert ended.returncode == 3
    assert "| hello\n" in ended.stdout
    assert "| problem\n" in ended.stdout


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_stdout_may_be_closed_from_the_beginning(app: App, closed: str) -> None:
    app.procfile(web="echo hello; touch started; exit 3")
    ended = shell(app, f"exec procman start {closed}")
    assert "Traceback" not in ended.stderr
    assert ended.returncode in (0, 3)
    assert app.processes() == []


@pytest.mark.parametrize(
    "command", ["check", "tasks", "schedule", "next", "history", "jobs", "hosts", "schema"]
)
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_what_lists_something_ends_as_usual_where_nobody_can_read_it(
    app: App, command: str, closed: str
) -> None:
    app.procfile(web="true")
    app.tasks("hello: {command: echo, schedule: every hour}")
    app.do("run", "task", "hello")
    ended = shell(app, f"exec procman {command} {closed}")
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr


def test_a_full_disk_behind_stdout_is_told_on_stderr_and_stops_all(app: App) -> None:
    app.procfile(web=READY)
    ended = shell(app, "exec procman start >/dev/full")
    assert ended.returncode not in (0, 2)
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert app.processes() == []


@pytest.mark.parametrize("command", ["version", "--help", "check", "start --help", "completion bash"])
def test_a_full_disk_behind_other_commands_is_no_traceback_and_no_success(app: App, command: str) -> None:
    app.procfile(web="true")
    ended = shell(app, f"exec procman {command} >/dev/full")
    assert ended.returncode == 1
    assert ended.stderr == "procman: No space left on device: make room on the disk\n"


def test_a_log_into_a_file(app: App) -> None:
    app.procfile(web="echo hello; exit 3")
    assert shell(app, "exec procman start >log").returncode == 3
    assert "| hello\n" in (app.root / "log").read_text()


def test_a_folder_that_cannot_be_written_is_survived(app: App) -> None:
    app.procfile(web="echo hello")
    app.write(".procman", "a file where the state folder should be")
    ended = app.do("start")
    assert f"no pid file: {app.root}/.procman is not a folder: move it away" in ended.out
    assert "| hello\n" in ended.out
    assert "Traceback" not in ended.err


def test_children_do_not_inherit_descriptors_of_procman(app: App) -> None:
    app.procfile(web="ls /proc/self/fd | tr '\\n' ' '", other="exec sleep 1000")
    ended = app.do("start")
    assert ended.out.count("| 0 1 2 3 \n") == 1, ended.out


def test_a_process_that_starts_while_another_has_failed_leaves_nothing(app: App) -> None:
    app.procfile(**{"first": "exit 3", **{f"other{n}": "exec sleep 1000" for n in range(50)}})
    ended = app.do("start")
    assert ended.code == 3
    assert app.processes() == []


@pytest.fixture
def foreign() -> Iterator[App]:
    """An app in a folder that every user may read and write."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o777)
        made = App(root)
        yield made
        made.close()


def test_it_works_for_users_other_than_root(foreign: App) -> None:
    user = NOBODY if os.getuid() == 0 else os.getuid()
    foreign.procfile(web="id -u; sleep 1000 & wait", worker="setsid sleep 1000 & wait")
    running = foreign.launch(PYTHON, "-c", AS_USER, str(user), "start")
    running.wait_for(rf"web.1 +\| {user}$")
    running.pid_of("worker.1")
    assert running.stop() == 0
    assert foreign.processes() == []
    assert (foreign.root / ".procman").stat().st_uid == user
