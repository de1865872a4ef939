"""Procman on a real pseudo-terminal, and what terminal its children get."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

STAY = "; exec sleep 1000"
PREFIX = len("23:59:59 web.1  | ")
STATES = 1000
BAR = f"""
import os, time
for n in range({STATES}):
    os.write(1, b"\\rstate %d" % n)
    time.sleep(0.001)
os.write(1, b"\\rstate done\\n")
time.sleep(1000)
"""
SIZES = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
while True:
    os.write(1, b"size %d %d\\n" % os.get_terminal_size(1))
    signal.sigwait([signal.SIGWINCH])
"""
LEADER = "exec {python} -c 'import os; print(*(f() for f in {calls}), flush=True)'"
CALLS = "(os.getpid, lambda: os.getsid(0), os.getpgrp)"


@pytest.mark.parametrize(
    ("terminal", "words", "answer"),
    [
        (True, (), "terminal"),
        (True, ("--pty", "never"), "pipe"),
        (False, (), "pipe"),
        (False, ("--pty", "always"), "terminal"),
    ],
)
def test_children_get_a_terminal_when_procman_writes_to_one(
    app: App, terminal: bool, words: tuple[str, ...], answer: str
) -> None:
    app.procfile(web="if test -t 1 && test -t 2; then echo terminal; else echo pipe; fi" + STAY)
    running = app.on_terminal("start", *words) if terminal else app.start(*words)
    running.wait_for(rf"web\.1  \|.*{answer}\r?$")
    assert running.stop() == 0


def test_stdin_on_pipes_never_ends_as_watchers_rely_on(app: App) -> None:
    app.procfile(
        web="readlink /proc/self/fd/0; cat; echo ended", worker="sleep 0.3; echo later; exec sleep 1000"
    )
    running = app.start()
    running.wait_for("web.1 .*pipe:")
    running.wait_for("worker.1 .*later")
    assert running.stop() == 0
    assert "ended" not in running.out.text


def test_stdin_of_children_is_their_terminal_if_they_have_one(app: App) -> None:
    app.procfile(web='test "$(readlink /proc/self/fd/0)" = "$(readlink /proc/$$/fd/1)" && tty' + STAY)
    running = app.on_terminal("start")
    running.wait_for(r"/dev/pts/\d+\r?$")
    assert running.stop() == 0


@pytest.mark.parametrize("kind", ["never", "always"])
def test_each_process_leads_its_own_session_and_group(app: App, kind: str) -> None:
    command = LEADER.format(python=PYTHON, calls=CALLS)
    app.procfile(web=command, worker=command)
    running = app.start("--pty", kind, "-m", "web=1,worker=0")
    assert running.end() == 0
    (answer,) = running.said_by("web.1")
    process, session, group = answer.split()
    assert session == group
    assert (process == session) == (kind == "never"), "on a terminal its keeper leads the session"
    assert answer.split()[0] != str(os.getsid(0))


def test_a_terminal_of_a_child_is_its_controlling_terminal(app: App) -> None:
    app.procfile(web="echo via tty >/dev/tty" + STAY)
    running = app.on_terminal("start")
    running.wait_for(r"web\.1 .*via tty")
    assert running.stop() == 0


@pytest.mark.parametrize(
    ("columns", "prefix"), [(100, PREFIX), (80, PREFIX), (40, PREFIX - len("23:59:59 "))]
)
def test_the_window_of_a_child_is_the_terminals_width_less_the_prefix(
    app: App, columns: int, prefix: int
) -> None:
    app.write("sizes.py", SIZES)
    app.procfile(web=f"exec {PYTHON} sizes.py")
    running = app.on_terminal("start", columns=columns, rows=30)
    running.wait_for(f"size {columns - prefix} 30")
    assert running.stop() == 0


def test_the_window_of_a_child_follows_that_of_the_terminal(app: App) -> None:
    app.write("sizes.py", SIZES)
    app.procfile(web=f"exec {PYTHON} sizes.py", other=f"exec {PYTHON} sizes.py")
    running = app.on_terminal("start", columns=100, rows=30)
    width = len("23:59:59 other.1 | ")
    for name in ("web", "other"):
        running.wait_for(f"{name}.1 .*size {100 - width} 30")
    running.resize(70, 20)
    for name in ("web", "other"):
        running.wait_for(f"{name}.1 .*size {70 - width} 20")
    assert running.stop() == 0


def test_in_a_narrow_terminal_names_are_short_and_there_is_no_time(app: App) -> None:
    app.write("sizes.py", SIZES)
    long = "remind_of_the_registration"
    app.procfile(web="exec sleep 1000", **{long: f"exec {PYTHON} sizes.py"})
    running = app.on_terminal("start", columns=90, rows=30)
    width = len(f"23:59:59 {long}.1 | ")
    running.wait_for(rf"\d {long}\.1 \|.*size {90 - width} 30")
    running.resize(80, 30)
    running.wait_for(rf"\d remind_of_the…gistration\.1 \|.*size {80 - len('23:59:59 ') - 29} 30")
    running.resize(45, 30)
    running.wait_for(rf"(\r|\n|\x1b\[36m|\x1b\[33m)remind_…ation\.1 \|.*size {45 - 18} 30")
    assert running.stop() == 0


def test_who_waits_for_keys_is_told_of_and_how_to_press_them(app: App) -> None:
    app.write("debug.py", "breakpoint()\n")
    app.procfile(web=f"exec {PYTHON} debug.py")
    running = app.on_terminal("start")
    running.wait_for(r"web\.1 seems to wait for input: 'procman attach web\.1'")
    assert running.out.text.index("(Pdb)") < running.out.text.index("seems to wait")
    assert running.stop() == 0


def test_python_without_flush_is_seen_at_once(app: App) -> None:
    app.write("quiet.py", "import time\nprint('hello')\ntime.sleep(1000)\n")
    app.procfile(web=f"exec {PYTHON} quiet.py")
    running = app.on_terminal("start")
    running.wait_for(r"web\.1  \|.*hello\r?$")
    assert running.stop() == 0


def test_a_progress_bar_shows_its_newest_state_at_most_20_times_a_second(app: App) -> None:
    app.write("bar.py", BAR)
    app.procfile(web=f"exec {PYTHON} bar.py")
    running = app.on_terminal("start")
    running.wait_for(r"state done")
    assert running.stop() == 0
    shown = [int(number) for number in re.findall(r"state (\d+)", running.out.text)]
    assert 2 < len(shown) < STATES // 10
    assert shown == sorted(shown)
    assert running.out.text.count("state done") == 1


def test_a_prompt_appears_while_its_process_waits_and_stays_below_the_lines_of_others(app: App) -> None:
    app.procfile(
        web="printf 'name? '" + STAY,
        worker="while [ ! -e go ]; do sleep 0.02; done; echo one" + STAY,
    )
    running = app.on_terminal("start")
    running.wait_for(r"web\.1 .*name\? ")
    app.write("go", "")
    line = running.wait_for(r"worker\.1 .*one\r?$")
    running.wait_for(r"web\.1 .*name\? ", after=line.end())
    assert running.stop() == 0


def test_a_prompt_is_kept_whole_at_the_end(app: App) -> None:
    app.procfile(web="printf 'name? '; while [ ! -e go ]; do sleep 0.02; done; echo ann")
    running = app.on_terminal("start")
    running.wait_for(r"name\? ")
    app.write("go", "")
    assert running.end() == 0
    assert re.search(r"web\.1 .*name\? ann\r?$", running.out.text, re.MULTILINE)


def test_children_cannot_move_the_terminal_but_keep_their_colours(app: App) -> None:
    app.procfile(web=r"printf '\033[2J\033[H\033[32mgreen\033[0m \033]0;title\007text\n'")
    running = app.on_terminal("start")
    assert running.end() == 0
    assert "\x1b[32mgreen\x1b[0m text" in running.out.text
    assert "\x1b[2J" not in running.out.text
    assert "title" not in running.out.text


def test_a_closed_terminal_is_a_clean_stop(app: App) -> None:
    app.procfile(web="trap 'touch told; exit' TERM; echo ready; while :; do sleep 0.02; done")
    running = app.on_terminal("start")
    running.wait_for("ready")
    app.hang_up(running)
    assert running.process.wait(20) == 0
    assert (app.root / "told").exists()
    assert app.processes() == []


def test_nohup_survives_a_closed_terminal(app: App) -> None:
    app.procfile(web="echo ready; while [ ! -e go ]; do sleep 0.02; done; touch survived")
    running = app.launch("/bin/sh", "-c", f'trap "" HUP; exec {PYTHON} -m procman start')
    running.wait_for("ready$")
    running.process.send_signal(signal.SIGHUP)
    app.write("go", "")
    assert running.end() == 0
    assert (app.root / "survived").exists()


def test_a_terminal_that_stops_background_writers_does_not_stop_procman(app: App) -> None:
    app.procfile(web="echo ready" + STAY)
    running = app.launch_on_terminal("sh", "-c", f"stty tostop; exec {' '.join(PROCMAN)} start")
    running.wait_for("ready")
    assert running.stop() == 0


def test_what_nohup_runs_ignores_sighup_through_procman_run_too(app: App) -> None:
    line = f'trap "" HUP; exec {" ".join(PROCMAN)} run grep SigIgn /proc/self/status'
    running = app.launch("sh", "-c", line)
    assert running.end() == 0
    assert int(running.out.text.split()[1], 16) & 1
