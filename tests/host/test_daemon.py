"""Going on in the background: what who waits for it is told, by a daemon that plays procman's part."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from procman.host.daemon import SETTLING_SECONDS
from tests.host.started import Starts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def start(tmp_path: Path, no_child_is_left: None) -> Iterator[Starts]:
    starts = Starts(tmp_path)
    yield starts
    for each in starts.made:
        each.close()


def test_it_returns_when_the_daemon_is_up_and_has_lasted_a_while(start: Starts) -> None:
    running = start("log('the log'); wait(); say('up'); outcome.is_up(4711); wait()")
    assert running.process.poll() is None
    before = time.monotonic()
    running.go_on()
    assert running.end() == 0
    assert time.monotonic() - before >= SETTLING_SECONDS
    assert "runs in the background (pid 4711), its log is the log\n" in running.out.text
    assert running.err.text == ""
    assert psutil.pid_exists(running.daemon)


@pytest.mark.parametrize("up", ["", "outcome.is_up(1);"])
@pytest.mark.parametrize(
    ("how", "code"),
    [
        *(("sys.exit(0)", 0), ("sys.exit(7)", 7), ("os.kill(os.getpid(), signal.SIGKILL)", 137)),
        *(("signal.raise_signal(signal.SIGTERM)", 143), ("signal.raise_signal(signal.SIGSEGV)", 139)),
    ],
)
def test_the_code_is_that_of_a_daemon_that_ends_before(start: Starts, up: str, how: str, code: int) -> None:
    running = start(f"{up}{how}")
    assert running.end() == code
    assert running.out.text == ""


def test_what_is_said_before_there_is_a_log_is_passed_on(start: Starts) -> None:
    running = start(r"[os.write(fd, b'\xff%d\n' % n) for n in range(20000) for fd in (1, 2)]; sys.exit(3)")
    assert running.end() == 3
    lines = b"".join(b"\xff%d\n" % number for number in range(20000))
    assert (running.out.data, running.err.data) == (lines, lines)


@pytest.mark.parametrize(("lines", "shown"), [(0, 0), (3, 3), (20, 20), (30, 20)])
def test_the_last_lines_that_are_new_in_the_log_are_shown(start: Starts, lines: int, shown: int) -> None:
    (start.folder / "log").write_text("old\n" * 5)
    running = start(
        f"print('early', flush=True); log('log'); [print(n) for n in range({lines})]; sys.exit(5)"
    )
    assert running.end() == 5
    assert running.out.text == "early\n"
    assert running.err.text.split("\n") == [*map(str, range(lines - shown, lines)), ""]


def test_of_a_log_that_was_begun_anew_the_last_lines_are_shown(start: Starts) -> None:
    (start.folder / "log").write_text("old\n" * 5)
    running = start(
        "log('log'); os.rename('log', 'log.1'); print('moved', file=open('log', 'w')); sys.exit(5)"
    )
    assert (running.end(), running.err.text) == (5, "moved\n")


def test_a_last_line_that_is_long_and_without_its_end_is_shown_in_part(start: Starts) -> None:
    running = start("log('log'); os.write(1, b'x' * 1_000_000 + b'end'); sys.exit(5)")
    assert running.end() == 5
    assert running.err.text.endswith("xend")
    assert len(running.err.text) <= 1 << 16


def test_a_log_that_is_gone_changes_no_code(start: Starts) -> None:
    running = start("log('log'); os.unlink('log'); sys.exit(5)")
    assert running.end() == 5
    assert "Traceback" not in running.err.text


@pytest.mark.parametrize("name", [b"two words", b"two\nlines", b"two\nup 1\n", b"caf\xe9"])
def test_a_log_may_have_any_name(start: Starts, name: bytes) -> None:
    running = start(f"log(os.fsdecode({name!r})); print('last words'); sys.exit(5)")
    assert (running.end(), running.err.text, running.out.text) == (5, "last words\n", "")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_reaches_the_daemon_each_time(start: Starts, name: str) -> None:
    hears = f"signal.signal(signal.{name}, lambda number, frame: say('got', number))"
    running = start(f"{hears}; say('set'); wait(); sys.exit(9)")
    running.said.wait_for("set")
    number = signal.Signals[name]
    after = 0
    for _ in range(3):
        running.process.send_signal(number)
        after = running.said.wait_for(f"got {number}\n", after).end()
    running.go_on()
    assert running.end() == 9


def test_a_signal_ends_a_daemon_that_does_not_know_it(start: Starts) -> None:
    running = start("say('set'); wait()")
    running.said.wait_for("set")
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 130


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_right_behind_the_fork_reaches_the_daemon(start: Starts, name: str) -> None:
    send = f"os.kill(os.getpid(), signal.{name})"
    before = (
        f"signal.signal(signal.{name}, lambda number, frame: say('got', number))\n"
        f"real = os.fork\ndef fork():\n    pid = real()\n    pid and {send}\n    return pid\nos.fork = fork"
    )
    running = start("wait(); sys.exit(9)", before)
    running.said.wait_for(f"got {int(signal.Signals[name])}\n")
    running.go_on()
    assert running.end() == 9


def test_a_signal_right_behind_the_end_of_the_daemon_changes_no_code(start: Starts) -> None:
    call = "found = real(*words)\n    os.kill(os.getpid(), signal.SIGINT)\n    return found"
    running = start(
        "sys.exit(6)", f"real = os.waitpid\ndef waitpid(*words):\n    {call}\nos.waitpid = waitpid"
    )
    assert (running.end(), running.err.text) == (6, "")


def test_the_daemon_has_a_session_of_its_own_without_a_terminal_and_stdin(start: Starts) -> None:
    running = start(
        "say('session', os.getsid(0), os.getpgid(0), os.readlink('/proc/self/fd/0'), os.read(0, 1)); "
        "log('log'); outcome.is_up(1); wait()"
    )
    said = running.said.wait_for(r"session (\d+) (\d+) (.*)\n")
    assert [*said.groups()] == [*(str(running.daemon).encode(),) * 2, b"/dev/null b''"]
    assert running.end() == 0  # and out and err have ended: the daemon holds neither
    running.go_on()
    running.said.finish()


def test_what_the_daemon_started_and_left_is_not_waited_for(start: Starts) -> None:
    running = start(
        "import subprocess; subprocess.Popen(['sleep', '1000'], stdout=-3, stderr=-3); sys.exit(4)"
    )
    assert running.end() == 4


def test_a_daemon_goes_on_when_who_waits_is_killed(start: Starts) -> None:
    running = start("say('set'); wait(); log('log'); outcome.is_up(1); say('well'); wait()")
    running.said.wait_for("set")
    running.process.kill()
    assert running.end() == -signal.SIGKILL
    running.go_on()
    running.said.wait_for("well")
    running.go_on()
    running.said.finish()


def test_who_does_not_read_that_it_runs_is_told_no_failure(start: Starts) -> None:
    running = start("log('log'); say('set'); wait(); outcome.is_up(1); wait()")
    running.said.wait_for("set")
    running.read_no_more()
    running.go_on()
    assert running.end() == 0
