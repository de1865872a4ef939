"""A terminal is as it was on every way out, also that of a process which nobody asked."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from textwrap import indent
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 20.0
# Its standard input is the terminal. Within `with` it says so, and goes on when a key comes.
SCRIPT = """
import os, signal, sys, termios, psutil
from procman.host.rawterminal import RawTerminal

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())  # whole: a watcher says something too

def files():
    return len(os.listdir("/proc/self/fd"))

def go():
    say("within")
    try:
        os.read(0, 1)
    except OSError:  # the window was closed
        pass

before = files()
try:
{body}
finally:
    say("children", len(psutil.Process().children()), "descriptors", files() - before)
"""
LEFT_NOTHING = "children 0 descriptors 0\n"
USUAL = "with RawTerminal(0):\n    go()"


class Screen:
    """A terminal that somebody else has open too, as a shell does."""

    def __init__(self) -> None:
        self.master, self.inner = pty.openpty()
        self.before = self.modes
        self.launched: list[subprocess.Popen[bytes]] = []

    @property
    def modes(self) -> list[Any]:
        return termios.tcgetattr(self.inner)

    @property
    def local(self) -> int:
        """Lines, echo and the keys that are signals."""
        found: int = self.modes[3] & (termios.ICANON | termios.ECHO | termios.ISIG)
        return found

    @property
    def without_echo(self) -> list[Any]:
        """What somebody else could want."""
        return [*self.before[:3], self.before[3] & ~termios.ECHO, *self.before[4:]]

    def launch(self, body: str) -> subprocess.Popen[bytes]:
        self.launched.append(
            subprocess.Popen(
                [sys.executable, "-c", SCRIPT.format(body=indent(body, "    "))],
                stdin=self.inner,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,  # so that no more is read than the first line
                start_new_session=True,
            )
        )
        return self.launched[-1]

    def within(self, body: str = USUAL) -> subprocess.Popen[bytes]:
        """It is within `with` now."""
        process = self.launch(body)
        assert process.stdout
        assert process.stdout.readline() == b"within\n"
        return process

    def press(self) -> None:
        os.write(self.master, b"x")

    def close(self) -> None:
        for process in self.launched:
            process.kill()
            process.communicate(timeout=SECONDS)
        for fd in {self.master, self.inner}:
            os.close(fd)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    """Exit code and words, when the process and its watcher have ended."""
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen()
    yield made
    made.close()


def test_a_terminal_is_raw_within_and_as_it_was_behind(screen: Screen) -> None:
    process = screen.within()
    assert screen.local == 0
    assert not screen.modes[1] & termios.OPOST
    screen.press()
    assert ended(process) == (0, LEFT_NOTHING, "")
    assert screen.modes == screen.before


def test_it_may_be_only_without_lines_and_echo(screen: Screen) -> None:
    process = screen.within("with RawTerminal(0, cbreak=True):\n    go()")
    assert screen.local == termios.ISIG
    assert screen.modes[1] & termios.OPOST
    screen.press()
    assert ended(process) == (0, LEFT_NOTHING, "")
    assert screen.modes == screen.before


def test_modes_that_were_not_the_usual_ones_come_back_too(screen: Screen) -> None:
    own = screen.modes
    own[3] &= ~termios.ECHO
    own[6][termios.VINTR] = b"\x07"
    termios.tcsetattr(screen.inner, termios.TCSANOW, own)
    process = screen.within()
    screen.press()
    assert ended(process)[0] == 0
    assert screen.modes == own != screen.before


@pytest.mark.parametrize(
    ("way", "code"), [("1 // 0", 1), ("sys.exit(3)", 3), ("os.kill(os.getpid(), signal.SIGINT)", -2)]
)
def test_it_is_as_it_was_after_an_exception(screen: Screen, way: str, code: int) -> None:
    process = screen.within(f"with RawTerminal(0):\n    go()\n    {way}")
    assert screen.local == 0
    screen.press()
    found = ended(process)
    assert found[:2] == (code, LEFT_NOTHING)
    assert screen.modes == screen.before


def test_it_can_be_done_again_and_again(screen: Screen) -> None:
    process = screen.within("for _ in range(5):\n    with RawTerminal(0): pass\nwith RawTerminal(0): go()")
    assert screen.local == 0
    screen.press()
    assert ended(process) == (0, LEFT_NOTHING, "")
    assert screen.modes == screen.before


def test_keys_pressed_before_are_not_lost(screen: Screen) -> None:
    os.write(screen.master, b"early")
    process = screen.within("with RawTerminal(0):\n    go()\n    say(os.read(0, 100))")
    assert ended(process)[:2] == (0, "b'arly'\n" + LEFT_NOTHING)


def test_what_somebody_else_set_before_the_end_is_set_back_by_the_one_that_goes_on(screen: Screen) -> None:
    process = screen.within()
    others = screen.without_echo
    termios.tcsetattr(screen.inner, termios.TCSANOW, others)
    os.write(screen.master, b"x\n")
    assert ended(process) == (0, LEFT_NOTHING, "")
    assert screen.modes == screen.before


def test_a_watcher_that_was_killed_is_not_missed(screen: Screen) -> None:
    process = screen.within("with RawTerminal(0):\n    psutil.Process().children()[0].kill()\n    go()")
    screen.press()
    assert ended(process) == (0, LEFT_NOTHING, "")
    assert screen.modes == screen.before


def test_a_window_that_is_closed_within_is_no_error(screen: Screen) -> None:
    process = screen.within()
    os.close(screen.master)
    screen.master = screen.inner
    assert ended(process) == (0, LEFT_NOTHING, "")


def test_what_is_no_terminal_leaves_nothing_behind(screen: Screen) -> None:
    body = "try:\n    with RawTerminal(os.open('/dev/null', os.O_RDONLY)):\n        say('never')\n"
    body += "except termios.error:\n    os.close(before)"
    assert ended(screen.launch(body.replace("before", "3"))) == (0, LEFT_NOTHING, "")
