"""The log: whole lines of all processes, each behind its prefix, none lost and none changed."""

from __future__ import annotations

import fcntl
import re
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PYTHON

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

STAY = "; exec sleep 1000"
BURST = """
import fcntl, os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(1, b"ready\\n")
fcntl.flock(os.open("gate", os.O_RDONLY), fcntl.LOCK_SH)
os.write(1, b"".join(b"line %d\\n" % n for n in range(3000)))
"""
ALL_LINES = [f"line {n}" for n in range(3000)]
LONG = """
import os
data = bytes(97 + n % 26 for n in range(3 << 20)) + b" end\\n"
while data:
    data = data[os.write(1, data):]
"""


def lines_of(app: App, name: str, *words: str) -> list[str]:
    """What a process is shown to say, in a log without time, when it is the one whose end counts."""
    ended = app.do("start", "--no-timestamp", "--color", "never", *words)
    prefix = rf"{re.escape(name)} *\| "
    return [re.sub(prefix, "", line) for line in ended.out.splitlines() if re.match(prefix, line)]


def test_a_line_is_the_time_the_name_a_bar_and_the_text(app: App) -> None:
    app.procfile(web="echo hello  world")
    assert re.search(r"^\d\d:\d\d:\d\d web\.1  \| hello world$", app.do("start").out, re.MULTILINE)


@pytest.mark.parametrize(
    ("commands", "width"),
    [(("a",), 6), (("web", "verylongname"), 14), (("exact1",), 8)],
)
def test_bars_are_aligned_behind_the_longest_name_at_least_6_wide(
    app: App, commands: tuple[str, ...], width: int
) -> None:
    app.procfile(**dict.fromkeys(commands, "echo text"))
    lines = app.do("start", "--no-timestamp").out.splitlines()
    assert {line.index(" |") for line in lines} == {width}


def test_bars_are_aligned_behind_the_longest_name_that_can_appear(app: App) -> None:
    app.procfile(worker="echo text" + STAY)
    running = app.start("--no-timestamp", "-m", "worker=10")
    running.wait_for(r"worker.10 \| text$")
    running.stop()
    assert {line.index(" |") for line in running.out.text.splitlines()} == {len("worker.10")}


def test_no_timestamp(app: App) -> None:
    app.procfile(web="echo hello")
    assert "\nweb.1  | hello\n" in app.do("start", "--no-timestamp").out


def test_timestamp_format(app: App) -> None:
    app.procfile(web="echo hello")
    ended = app.do("start", "--timestamp-format", "<%Y-%m>")
    assert re.search(r"^<\d{4}-\d\d> web\.1  \| hello$", ended.out, re.MULTILINE)


def test_no_prefix(app: App) -> None:
    app.procfile(web="echo hello")
    assert re.search(r"^\d\d:\d\d:\d\d hello$", app.do("start", "--no-prefix").out, re.MULTILINE)


def test_neither_timestamp_nor_prefix(app: App) -> None:
    app.procfile(web="echo hello")
    assert "\nhello\n" in app.do("start", "--no-prefix", "--no-timestamp").out


def test_words_of_procman_itself_come_under_system(app: App) -> None:
    app.procfile(web="echo $$; exit 3")
    running = app.start()
    assert running.end() == 3
    (pid,) = running.said_by("web.1")
    assert running.said_by("system") == [f"web.1 started (pid {pid})", "web.1 exited with code 3"]


def test_stderr_of_a_process_is_in_the_log_too(app: App) -> None:
    app.procfile(web="echo problem >&2")
    ended = app.do("start")
    assert "| problem\n" in ended.out
    assert ended.err == ""


def test_a_process_that_writes_nothing_has_no_line(app: App) -> None:
    app.procfile(web="exec sleep 1000")
    running = app.start()
    running.pid_of("web.1")
    assert running.stop() == 0
    assert running.said_by("web.1") == []


def test_empty_lines_are_kept(app: App) -> None:
    app.procfile(web=r"printf 'a\n\n\nb\n'")
    assert lines_of(app, "web.1") == ["a", "", "", "b"]


def test_the_last_unterminated_line_is_printed_at_exit(app: App) -> None:
    app.procfile(web=r"printf 'one\ntwo'")
    assert lines_of(app, "web.1") == ["one", "two"]


@pytest.mark.parametrize("round_", range(5))
def test_15_processes_that_write_3000_lines_and_exit_at_once_lose_none(app: App, round_: int) -> None:
    app.write("burst.py", BURST)
    app.procfile(web=f"exec {PYTHON} -S burst.py")
    names = {f"web.{number}" for number in range(1, 16)}
    with app.write("gate", "").open() as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        running = app.start("-m", "web=15", "--no-timestamp")
        for name in names:
            running.wait_for(rf"^{name} +\| ready$")
    assert running.end() == 0
    found = said_by_each(running.out.text)
    assert {name: found[name][1:] for name in names} == dict.fromkeys(names, ALL_LINES), round_


def said_by_each(log: str) -> dict[str, list[str]]:
    """The lines of a log by process name."""
    found: dict[str, list[str]] = {}
    for line in log.splitlines():
        name, _, text = line.partition("|")
        found.setdefault(name.strip(), []).append(text.strip())
    return found


def test_lines_longer_than_1_mib_come_in_pieces_with_all_their_bytes(app: App) -> None:
    app.write("long.py", LONG)
    app.procfile(web=f"exec {PYTHON} long.py")
    pieces = lines_of(app, "web.1")
    assert len(pieces) > 1
    assert max(map(len, pieces)) < 2 << 20
    assert "".join(pieces) == "".join(chr(97 + n % 26) for n in range(3 << 20)) + " end"


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe \x80", "Größe 大 🎉".encode(), b"nul \0 in it", bytes(sorted(set(range(256)) - {10, 13}))],
    ids=["no UTF-8", "UTF-8", "NUL", "every byte"],
)
def test_bytes_pass_through_unchanged(app: App, data: bytes) -> None:
    app.write("data", data + b"\n")
    app.procfile(web="cat data")
    running = app.start("--no-timestamp")
    assert running.end() == 0
    assert b"\nweb.1  | " + data + b"\n" in running.out.data


def test_crlf_becomes_a_plain_end_of_line(app: App) -> None:
    app.procfile(web=r"printf 'one\r\ntwo\r\n'")
    running = app.start("--no-timestamp")
    running.end()
    assert b"web.1  | one\nweb.1  | two\n" in running.out.data


def test_python_without_flush_is_seen_at_once(app: App) -> None:
    app.write("quiet.py", "import time\nprint('hello')\ntime.sleep(1000)\n")
    app.procfile(web=f"exec {PYTHON} quiet.py")
    running = app.start()
    running.wait_for(r"web.1  \| hello$")
    assert running.stop() == 0


def test_of_a_progress_bar_the_final_state_is_kept(app: App) -> None:
    app.procfile(web=r"printf 'start\n10%%\r20%%\r100%%\nend\n'")
    assert lines_of(app, "web.1") == ["start", "100%", "end"]


def test_a_prompt_appears_while_its_process_waits(app: App) -> None:
    app.procfile(web="printf 'name? '" + STAY)
    running = app.start()
    running.wait_for(r"web\.1  \| name\? \Z")
    assert running.stop() == 0


def test_a_prompt_neither_blocks_nor_cuts_the_lines_of_others(app: App) -> None:
    app.procfile(
        web="printf 'name? '; while [ ! -e answer ]; do sleep 0.02; done; echo ann" + STAY,
        worker="while [ ! -e go ]; do sleep 0.02; done; echo one; echo two" + STAY,
    )
    running = app.start("--no-timestamp")
    running.wait_for(r"^web\.1 +\| name\? \Z")
    app.write("go", "")
    running.wait_for(r"^worker\.1 +\| one\nworker\.1 +\| two$")
    app.write("answer", "")
    running.wait_for(r"^web\.1 +\| name\? ann$")
    assert running.stop() == 0
