"""Which process of a pipeline is the main one, though the shell has not set it up yet."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from procman.host import mainprocess
from procman.host.session import MOST_LOOKS, Session
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PIPELINE = """
import os, sys, time
read, write = os.pipe()
first = os.fork()
if not first:
    while not os.path.exists("go"):
        time.sleep(0.001)
    os.dup2(write, 1)
    os.execlp("sleep", "sleep", "1000")
second = os.fork()
if not second:
    os.dup2(read, 0)
    os.execlp("sleep", "sleep", "1001")
print(first, second, flush=True)
sys.stdin.read()
os.kill(first, 9), os.kill(second, 9)
"""
"""What a shell does for `sleep 1000 | sleep 1001`, with a pause where the system may make one."""


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PIPELINE]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=tmp_path) as process:
        yield process
        process.communicate("")


def test_the_first_command_of_a_pipeline_is_waited_for_while_it_is_being_made(
    shell: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell.stdout
    first, second = map(int, shell.stdout.readline().split())
    words = Path(f"/proc/{shell.pid}/cmdline").read_bytes()
    wait_until(lambda: os.readlink(f"/proc/{second}/fd/0").startswith("pipe:") and _runs(second, "1001"))

    def let_it_go_on(seconds: float) -> None:
        (tmp_path / "go").touch()
        wait_until(lambda: _runs(first, "1000"))

    session = Session(shell.pid, words, kept=False, shell_stays=True)
    monkeypatch.setattr(mainprocess, "time", SimpleNamespace(sleep=lambda seconds: None))
    assert mainprocess.of(shell.pid, words) == mainprocess.Foreground((shell.pid,), second, settled=False)
    assert session.find_main(patiently=True) is None
    assert session.find_main(patiently=False) == second  # it has written: its pid is told first
    monkeypatch.setattr(mainprocess, "time", SimpleNamespace(sleep=let_it_go_on))
    assert session.find_main(patiently=True) == first
    assert mainprocess.of(shell.pid, words) == mainprocess.Foreground((shell.pid,), first)


def _runs(pid: int, word: str) -> bool:
    return word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def test_the_pid_of_a_pipeline_that_never_settles_is_told_at_last(
    shell: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell.stdout
    _, second = map(int, shell.stdout.readline().split())
    session = Session(
        shell.pid, Path(f"/proc/{shell.pid}/cmdline").read_bytes(), kept=False, shell_stays=True
    )
    wait_until(lambda: _runs(second, "1001"))
    monkeypatch.setattr(mainprocess, "time", SimpleNamespace(sleep=lambda seconds: None))
    looks = [session.find_main(patiently=True) for _ in range(MOST_LOOKS)]
    assert looks == [*[None] * (MOST_LOOKS - 1), second]


LATE = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: open("asked", "w").close())
print(flush=True)
while not os.path.exists("go"):
    time.sleep(0.001)
if sys.argv[1] == "starts" and (child := os.fork()):
    open("started", "w").write(str(child))
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 128)
os.execlp("sleep", "sleep", "1002")
"""
"""What a shell does that gets the stop signal just before a command, with a pause between."""


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("how", "code"), [("becomes", -signal.SIGTERM), ("starts", 128 - signal.SIGTERM)])
def test_a_command_for_which_the_shell_forgets_the_stop_signal_is_asked_itself(
    how: str, code: int, whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with late_shell(tmp_path, how, "trap 'exit' TERM; ") as (process, words):

        def let_it_go_on(seconds: float) -> None:
            wait_until((tmp_path / "asked").exists)
            (tmp_path / "go").touch()
            wait_until(lambda: _runs(started(tmp_path, process), "1002"))

        monkeypatch.setattr(mainprocess, "time", SimpleNamespace(sleep=let_it_go_on))
        session = Session(process.pid, words, kept=False, shell_stays=True, whole=whole)
        session.stop(signal.SIGTERM)
        assert process.wait(10) == code
        assert session.behind_shell == (None if how == "becomes" else started(tmp_path, process))


def test_what_a_trap_of_the_user_starts_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with late_shell(tmp_path, "starts", "trap 'curl -X DELETE; exit' TERM; ") as (process, words):
        monkeypatch.setattr(mainprocess, "time", None)
        Session(process.pid, words, kept=False, shell_stays=True).stop(signal.SIGTERM)
        (tmp_path / "go").touch()
        wait_until(lambda: (tmp_path / "started").exists() and _runs(started(tmp_path, process), "1002"))
        assert process.poll() is None


@contextmanager
def late_shell(root: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], bytes]]:
    """The shell of `LATE`, alone in its group, and its words as the system has them."""
    command = [sys.executable, "-c", LATE, *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=root, start_new_session=True
    ) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield process, Path(f"/proc/{process.pid}/cmdline").read_bytes()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def started(root: Path, process: subprocess.Popen[str]) -> int:
    """The pid of the command: the shell itself unless it has written another."""
    file = root / "started"
    return int(file.read_text()) if file.exists() and file.read_text() else process.pid
