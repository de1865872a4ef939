"""A terminal is set back for a process that was killed, by the watcher beside it."""

from __future__ import annotations

import os
import signal
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.output import wait_until
from tests.host.test_rawterminal import Screen, ended

if TYPE_CHECKING:
    from collections.abc import Iterator

# The watcher says so when it knows how the terminal is set.
LOOKED = """class Watched(RawTerminal):
    def _modes(self):
        found = super()._modes()
        say("looked")
        return found
with Watched(0): go()"""


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen()
    yield made
    made.close()


def ignores(pid: int, number: signal.Signals) -> bool:
    """Whether a process ignores a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    ignored = next(line for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(ignored.split()[1], 16) & 1 << number - 1)


@pytest.mark.parametrize("cbreak", [False, True])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_it_is_set_back_for_one_that_was_killed(screen: Screen, number: signal.Signals, cbreak: bool) -> None:
    process = screen.within(f"with RawTerminal(0, cbreak={cbreak}):\n    go()")
    assert screen.modes != screen.before
    process.send_signal(number)
    wait_until(lambda: screen.modes == screen.before)
    assert ended(process)[0] == -number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_to_all_of_its_group_does_not_end_the_watcher(
    screen: Screen, number: signal.Signals
) -> None:
    process = screen.within()
    (watcher,) = psutil.Process(process.pid).children()
    wait_until(lambda: ignores(watcher.pid, number))
    os.killpg(process.pid, number)
    wait_until(lambda: screen.modes == screen.before)
    assert ended(process)[0] == -number


def test_what_somebody_else_has_set_since_stays(screen: Screen) -> None:
    process = screen.launch(LOOKED)
    assert process.stdout
    assert {process.stdout.readline(), process.stdout.readline()} == {b"within\n", b"looked\n"}
    others = screen.without_echo
    termios.tcsetattr(screen.inner, termios.TCSANOW, others)
    process.kill()
    assert ended(process)[0] == -signal.SIGKILL  # and its watcher has ended too, as its output has
    assert screen.modes == others


def test_a_window_that_is_closed_on_one_that_is_killed_keeps_no_watcher(screen: Screen) -> None:
    process = screen.within()
    os.close(screen.master)
    screen.master = screen.inner
    process.kill()
    assert ended(process)[2] == ""


# A bug once: between the raw mode and the byte that tells of it the watcher takes an end for "nothing was
# done": killed there (SIGKILL, or SIGTERM, whose handler comes later), the terminal stays raw.
def test_it_is_set_back_for_one_that_was_killed_as_soon_as_it_was_raw(screen: Screen) -> None:
    body = """import tty
def set_and_die(*words, before=tty.setraw):
    before(*words)
    os.kill(os.getpid(), signal.SIGKILL)
tty.setraw = set_and_die
with RawTerminal(0): say("never")"""
    assert ended(screen.launch(body)) == (-signal.SIGKILL, "", "")
    assert screen.modes == screen.before


# A bug once: the watcher is there a moment before it ignores signals, so one to all of the group ends it
# (a process that is told to end by `kill -TERM -PGID` at once, say). The signal is sent at that moment here.
def test_a_signal_to_all_of_its_group_does_not_end_a_watcher_that_has_just_begun(screen: Screen) -> None:
    body = """def fork(before=os.fork):
    pid = before()
    if not pid:
        os.kill(os.getpid(), signal.SIGTERM)
    return pid
os.fork = fork
with RawTerminal(0): go()"""
    process = screen.within(body)
    process.kill()
    assert ended(process)[0] == -signal.SIGKILL
    assert screen.modes == screen.before
