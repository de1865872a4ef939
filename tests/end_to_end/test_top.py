"""`procman top` on a real terminal."""

from __future__ import annotations

import signal
import termios
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.test_control import WAITS, started

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

MAIN_SCREEN = "\x1b[?1049l"


def is_cooked(running: Running) -> bool:
    flags = termios.tcgetattr(running.master)[3]
    return bool(flags & termios.ICANON and flags & termios.ECHO)


def test_it_shows_the_processes_and_quits_with_q(app: App) -> None:
    running = started(app)
    top = app.on_terminal("top")
    top.wait_for(r"2 processes")
    top.wait_for(r"worker\.1 +running")
    top.type("n")
    top.wait_for("by name")
    top.type("q")
    assert top.end() == 0
    assert MAIN_SCREEN in top.out.text
    assert is_cooked(top)
    assert running.stop() == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 0)]
)
def test_a_signal_leaves_the_terminal_as_it_was(app: App, number: signal.Signals, code: int) -> None:
    running = started(app)
    top = app.on_terminal("top")
    top.wait_for(r"2 processes")
    assert top.stop(number) == code
    assert MAIN_SCREEN in top.out.text
    assert is_cooked(top)
    assert running.stop() == 0


def test_killed_it_leaves_the_terminal_as_it_was_too(app: App) -> None:
    running = started(app)
    top = app.on_terminal("top")
    top.wait_for(r"2 processes")
    top.process.kill()
    top.wait_for(r"\x1b\[\?1049l")
    assert is_cooked(top)
    assert running.stop() == 0


def test_it_ends_with_procman(app: App) -> None:
    running = started(app)
    top = app.on_terminal("top")
    top.wait_for(r"2 processes")
    assert running.stop() == 0
    top.wait_for("procman has ended")
    assert top.end() == 0


def test_a_narrow_and_low_terminal(app: App) -> None:
    running = started(app, **{f"p{number}": WAITS for number in range(9)})
    top = app.launch_on_terminal(*PROCMAN, "top", columns=40, rows=8)
    top.wait_for(r"9 processes")
    pid = next(row["pid"] for row in app.listed("ps") if row["name"] == "p0.1")
    top.wait_for(rf"p0\.1 +{pid} ")  # a broken number is none
    top.resize(100, 30)
    top.wait_for(r"p8\.1")
    top.type("q")
    assert top.end() == 0
    assert running.stop() == 0


def test_without_a_terminal_or_a_procman(app: App) -> None:
    assert app.do("top").code == 2
    app.procfile(web=WAITS)
    alone = app.on_terminal("top")
    assert alone.end() == 3
    assert "\x1b[?1049h" not in alone.out.text
