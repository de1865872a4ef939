"""Nobody reads the log, while the processes write: procman still obeys, and loses nothing."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.output import PATIENCE, plain, wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

CTRL_S, CTRL_Q = "\x13", "\x11"
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
    running.type(CTRL_S)
    wait_until((app.root / "full").exists)
    running.process.terminate()
    assert running.process.wait(PATIENCE) == 0
    assert app.processes() == []


@pytest.mark.parametrize("pty", ["never", "always"])
@pytest.mark.parametrize("world", ["pipe", "terminal"])
def test_a_reader_that_leaves_while_the_log_is_full_lets_all_end(app: App, world: str, pty: str) -> None:
    running = with_last_words(app, world, pty)
    app.hang_up(running)
    assert running.process.wait(PATIENCE) == 0
    assert (app.root / "done").exists()


@pytest.mark.parametrize("pty", ["never", "always"])
@pytest.mark.parametrize("world", ["pipe", "terminal"])
def test_a_stop_while_nobody_takes_the_log_lets_all_end(app: App, world: str, pty: str) -> None:
    running = with_last_words(app, world, pty)
    running.process.terminate()
    assert running.process.wait(PATIENCE) == 0
    assert (app.root / "done").exists()


@pytest.mark.parametrize("pty", ["never", "always"])
def test_a_file_that_takes_no_more_lets_all_end(app: App, pty: str) -> None:
    app.write("flood.py", LAST_WORDS)
    app.procfile(web=f"exec {PYTHON} flood.py")
    line = f"ulimit -f 64; exec {' '.join(PROCMAN)} start -t 1000 --pty {pty} >log"
    assert app.launch("/bin/sh", "-c", line).end() == 1
    assert (app.root / "done").exists()


LAST_WORDS = """
import os, signal
def end(*_):
    for number in range(10):
        os.write(1, b"last word %d\\n" % number)
    open("done", "w").close()
    os._exit(0)
signal.signal(signal.SIGTERM, end)
signal.setitimer(signal.ITIMER_REAL, 0.3)
signal.signal(signal.SIGALRM, lambda *_: open("full", "w").close())
while True:
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    os.write(1, (b"x" * 99 + b"\\n") * 1000)
"""


def with_last_words(app: App, world: str, pty: str) -> Running:
    """procman, whose log nobody reads, with a process that has more to write when it is told to stop."""
    app.write("flood.py", LAST_WORDS)
    app.procfile(web=f"exec {PYTHON} flood.py")
    words = ("start", "-t", "1000", "--pty", pty)
    running = app.on_terminal(*words) if world == "terminal" else app.launch(*PROCMAN, *words)
    running.wait_for("x" * 50)
    if world == "terminal":
        running.type(CTRL_S)
    else:
        running.out.abandon()
    wait_until((app.root / "full").exists)
    return running


@pytest.mark.parametrize("end", [signal.SIGTERM, "kill -9 of the guardian"])
def test_the_last_flush_can_be_ended_though_something_was_left_behind(app: App, end: object) -> None:
    app.procfile(web="while [ ! -e go ]; do sleep 0.02; done; setsid sleep 1000 & seq 1 60000; exit 3")
    running = app.start()
    running.pid_of("web.1")
    running.out.abandon()
    supervisor = running.supervisor()
    app.write("go", "")
    wait_until(lambda: len(app.processes()) == 2)  # only procman itself, which has still to write
    if end is signal.SIGTERM:
        running.process.terminate()
        assert running.process.wait(PATIENCE) == 3
    else:
        running.process.kill()
    supervisor.wait(PATIENCE)


@pytest.mark.parametrize("pty", ["never", "always"])
def test_who_ends_while_the_log_stands_still_is_read_to_the_end_before_that_is_told(
    app: App, pty: str
) -> None:
    app.write(
        "writer.py", WRITER + "        break\ntime.sleep(1000)\n"
    )  # who floods once, or its log is long
    app.write("hold", "trap '' TERM; touch up; sleep 1; touch later; until [ -e over ]; do sleep 0.02; done")
    app.procfile(web=f"exec {PYTHON} writer.py")
    app.tasks("""
        burst: seq 1 2000; printf unfinished
        held: setsid sh hold & until [ -e up ]; do sleep 0.02; done; seq 1 2000; printf unfinished
    """)
    running = app.on_terminal("start", "--pty", pty, "-t", "1000")
    running.wait_for("x" * 50)
    running.type(CTRL_S)
    wait_until((app.root / "full").exists)
    for name in ("burst", "held"):
        assert app.do("run", "task", name, "--detach").code == 0
    wait_until((app.root / "later").exists)  # that is, longer than the end of output is waited for
    running.type(CTRL_Q)
    for run in app.runs:
        running.wait_for(rf"{run.name} exited with code 0")
        lines = running.out.text.replace("\r", "")
        written = [plain(line).partition("| ")[2] for line in lines.splitlines() if f"{run.name} " in line]
        before = written[: next(i for i, line in enumerate(written) if "exited with code 0" in line)]
        assert [line for line in before if line.isdigit()] == [str(number) for number in range(1, 2001)]
        assert any(line.startswith("unfinished") for line in before)
    app.write("over", "")
    assert running.stop() == 0


@pytest.mark.parametrize("pty", ["never", "always"])
def test_a_terminal_goes_on_after_ctrl_q_and_has_lost_nothing(app: App, pty: str) -> None:
    app.procfile(web="while [ ! -e go ]; do sleep 0.02; done; seq 1 3000; touch written; echo end" + STAY)
    running = app.on_terminal("start", "--pty", pty)
    running.pid_of("web.1")
    running.type(CTRL_S)
    app.write("go", "")
    wait_until((app.root / "written").exists)
    running.type(CTRL_Q)
    running.wait_for(r"web\.1 .*end\r?$")
    assert running.stop() == 0
    assert running.said_by("web.1")[:3000] == [str(number) for number in range(1, 3001)]
