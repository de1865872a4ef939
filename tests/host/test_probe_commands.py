"""Questions that a command answers, with real ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.plan.policies import Kind
from procman.core.plan.questions import Question
from procman.core.text.visible import HIDDEN
from procman.host.probecommands import LONGEST_SHOWN, last_line, verdict
from tests.host.asking import Asker, descriptors, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORM = 500
SERVER = """
import socket
server = socket.create_server(("127.0.0.1", 0), backlog=1000)
print(server.getsockname()[1], flush=True)
while True:
    client, _ = server.accept()
    with client:
        if client.recv(1000):
            client.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
"""


@pytest.fixture
def asker() -> Iterator[Asker]:
    asker = Asker({"PATH": os.environ["PATH"], "SHARED": "app", "OWN": "app"})
    yield asker
    asker.close()


def cmd(command: str, **more: str) -> Question:
    return Question(Kind.CMD, command=command, cwd=more.pop("cwd", None), environment=more)


def is_gone(pid: int) -> bool:
    """Whether nothing runs there any more; whoever has adopted it may not have looked yet."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_a_command_that_ends_with_0_is_well(asker: Asker) -> None:
    assert asker.ask(cmd("echo all is well")) is None


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("exit 3", "exit code 3"),
        ("echo first; echo could not connect >&2; echo; exit 1", "exit code 1: could not connect"),
        ("kill -SEGV $$", "killed by SIGSEGV"),
        ("sh -c 'kill -ABRT $$'; exit $?", "killed by SIGABRT"),
        ("echo '\033[31mred\033[0m\t\033]0;title\007line'; exit 2", "exit code 2: red line"),
        (r"printf 'half a\rwhole\001 \377'; exit 2", r"exit code 2: whole\x01 \xff"),
        ("cat; exit 4", "exit code 4"),
    ],
)
def test_another_end_is_told_with_the_last_line(asker: Asker, command: str, why: str) -> None:
    answer = asker.ask(cmd(command))
    assert answer is not None
    assert answer.partition(" (core dumped)")[0] in (why, f"{why}: Aborted", f"{why}: Segmentation fault")


def test_a_command_that_is_not_there_is_told_by_the_shell(asker: Asker) -> None:
    assert str(asker.ask(cmd("no-such-command"))).startswith("exit code 127: ")
    assert asker.ask(cmd("a\0b")) == "not a command that the system takes: embedded null byte"


def test_a_command_has_the_app_s_environment_and_the_process_s_own(asker: Asker) -> None:
    assert asker.ask(cmd('echo "$SHARED $OWN $PORT"; exit 1', OWN="mine", PORT="5000")) == (
        "exit code 1: app mine 5000"
    )


def test_a_command_runs_in_the_folder_of_its_process(asker: Asker, tmp_path: Path) -> None:
    assert asker.ask(cmd("pwd; exit 1")) == f"exit code 1: {os.getcwd()}"
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    assert (
        asker.ask(cmd('echo "$PWD" "$0" $#; exit 1', cwd=str(folder))) == f"exit code 1: {folder} /bin/sh 0"
    )
    assert str(tmp_path / "none") in str(asker.ask(cmd("true", cwd=str(tmp_path / "none"))))


def test_a_command_that_writes_much_is_read_and_its_end_is_kept(asker: Asker) -> None:
    assert asker.ask(cmd("yes | head -c 3000000; echo the end; exit 1")) == "exit code 1: the end"


def test_a_command_that_hangs_is_ended_with_all_below_it(asker: Asker, tmp_path: Path) -> None:
    before = descriptors()
    told = tmp_path / "pid"
    cancel = asker.begin(cmd(f"sleep 1000 & echo $! > {told}.new; mv {told}.new {told}; wait"))
    asker.turn_until(told.exists)
    (pid,) = asker.prober.pids
    cancel()
    cancel()
    asker.turn_until(lambda: not asker.prober.pids)
    asker.turn_until(lambda: is_gone(int(told.read_text())))
    assert not psutil.pid_exists(pid)
    assert (asker.answers, asker.children, descriptors()) == ([], [], before)


def test_what_a_command_leaves_behind_ends_with_it_and_is_not_waited_for(
    asker: Asker, tmp_path: Path
) -> None:
    before = descriptors()
    assert asker.ask(cmd(f"sleep 1000 & echo $! > {tmp_path}/pid")) is None
    asker.turn_until(lambda: is_gone(int((tmp_path / "pid").read_text())))
    assert descriptors() == before


def test_a_command_that_closes_its_output_is_waited_for(asker: Asker, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    asker.begin(cmd(f"exec >&- 2>&-; read line < {tmp_path}/fifo; exit 5"))
    with (tmp_path / "fifo").open("w") as fifo:
        for _ in range(4):
            asker.turn(0.01)
        assert asker.answers == []
        fifo.write("go on\n")
    asker.turn_until(lambda: bool(asker.answers))
    assert asker.answers == ["exit code 5"]


def test_an_exit_that_is_known_can_still_be_cancelled(asker: Asker) -> None:
    cancel = asker.begin(cmd("exit 1"))
    (pid,) = asker.prober.pids
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert asker.prober.child_exited(pid, 1)
    cancel()
    asker.turn_until(lambda: asker.children == [pid])
    asker.turn()
    assert asker.answers == []


def test_other_children_are_not_taken(asker: Asker) -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    asker.turn_until(lambda: asker.children == [pid])


def test_a_command_leads_a_session_of_its_own(asker: Asker) -> None:
    cancel = asker.begin(cmd("sleep 1000"))
    (pid,) = asker.prober.pids
    assert os.getsid(pid) == pid
    cancel()


def test_a_storm_of_questions_leaves_nothing(asker: Asker) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        port, before = int(server.stdout.readline()), descriptors()
        ports = (port, free_port())
        asked = 0
        for number in range(STORM):
            kind = (Kind.TCP, Kind.HTTP, Kind.HTTP)[number % 3]
            cancel = asker.begin(Question(kind, "localhost", ports[number % 2]))
            if number % 25 == 0:
                asker.begin(cmd("echo a line; exit 1"))
                asked += 1
            if number % 5 == 4:
                cancel()
            else:
                asked += 1
        asker.turn_until(lambda: len(asker.answers) == asked)
        server.kill()
        asker.turn_until(lambda: server.pid in asker.children)
        asker.turn_until(lambda: descriptors() == before)
    reasons = {None, "connection refused", "exit code 1: a line"}
    assert {*asker.answers} == reasons
    assert asker.answers.count("exit code 1: a line") == STORM // 25


@given(st.binary(), st.integers(-64, 255))
def test_whatever_is_written_the_reason_is_a_short_line(output: bytes, code: int) -> None:
    reason = verdict(code, output)
    assert (reason is None) == (code == 0)
    assert reason is None or (not re.search(HIDDEN, reason) and len(reason) < LONGEST_SHOWN + 50)


def test_a_long_line_is_cut() -> None:
    assert last_line(b"x" * 1000) == "x" * LONGEST_SHOWN + "..."
