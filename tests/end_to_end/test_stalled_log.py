"""Nobody reads the log, while the processes write: procman still obeys, and loses nothing."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PYTHON
from tests.end_to_end.output import PATIENCE, wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

STAY = "; exec sleep 1000"
WRITER = """
import os, time
os.set_blocking(1, False)
refused = 0
while True:
    try:
        os.write(1, b"x" * 99 + b"\\n")
        refused = 0
    except BlockingIOError:
        refused += 1
        time.sleep(0.01)
    if refused == 30:
        open("full", "w").close()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_pipe_that_nobody_reads_keeps_nothing_alive(app: App, number: signal.Signals) -> None:
    running = stalled(app)
    running.process.send_signal(number)
    assert running.process.wait(PATIENCE) == {signal.SIGTERM: 0, signal.SIGKILL: -9}[number]
    wait_until(lambda: not app.processes())


def stalled(app: App) -> Running:
    """procman with a process that waits for somebody to read what it writes."""
    app.write("writer.py", WRITER)
    app.procfile(web=f"exec {PYTHON} writer.py", worker="exec sleep 1000")
    running = app.start()
    running.wait_for("x" * 50)
    running.out.abandon()
    wait_until((app.root / "full").exists)
    return running


def test_a_terminal_stopped_with_ctrl_s_does_not_stop_procman_from_obeying(app: App) -> None:
    app.write("writer.py", WRITER)
    app.procfile(web=f"exec {PYTHON} writer.py", worker="exec sleep 1000")
    running = app.on_terminal("start")
    running.wait_for("x" * 50)
    running.type("\x13")
    wait_until((app.root / "full").exists)
    running.process.terminate()
    assert running.process.wait(PATIENCE) == 0
    assert app.processes() == []


def test_a_terminal_goes_on_after_ctrl_q_and_has_lost_nothing(app: App) -> None:
    app.procfile(web="while [ ! -e go ]; do sleep 0.02; done; seq 1 3000; touch written; echo end" + STAY)
    running = app.on_terminal("start", "--pty", "never")
    running.pid_of("web.1")
    running.type("\x13")
    app.write("go", "")
    wait_until((app.root / "written").exists)
    running.type("\x11")
    running.wait_for(r"web\.1 .*end\r?$")
    assert running.stop() == 0
    assert running.said_by("web.1")[:3000] == [str(number) for number in range(1, 3001)]
