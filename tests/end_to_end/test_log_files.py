"""`--log-dir`: files of whole lines, that others may move, on disks that are full, while the log goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.output import wait_until
from tests.logs.kept import kept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.harness import App, Running

STAY = "; exec sleep 1000"
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (.*)\n")
FLOOD = """
import os
for first in range(0, {lines}, 1000):
    text = "".join("%d {filling}\\n" % number for number in range(first, first + 1000)).encode()
    while text:
        text = text[os.write(1, text):]
"""


def texts(path: Path) -> list[str]:
    """The lines of a log in all its files, without their time; the test fails where one is not whole."""
    lines = [line for each in kept(path) for line in each.read_text().splitlines(keepends=True)]
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(matches), [line for line, match in zip(lines, matches, strict=True) if not match][:3]
    return [match[1] for match in matches if match]


def flooding(app: App, lines: int, filling: str = "x" * 90) -> list[str]:
    """A Procfile with a process that writes numbered lines, and these."""
    app.write("flood.py", FLOOD.format(lines=lines, filling=filling))
    app.procfile(web=f"exec {PYTHON} flood.py")
    return [f"{number} {filling}" for number in range(lines)]


def test_each_process_has_its_file_and_procman_its_own(app: App) -> None:
    app.procfile(
        web=f"printf '\\033[31mred\\033[0m\\nhalf a li'; sleep 0.2; printf 'ne\\n'{STAY}",
        worker="until grep -qs red log/web.1.log; do sleep 0.02; done; echo w",
    )
    ended = app.start("--log-dir", "log", "--color", "always")
    assert ended.end() == 0
    log = app.root / "log"
    assert texts(log / "web.1.log")[:1] == ["red"]
    assert texts(log / "worker.1.log") == ["w"]
    assert "worker.1 exited with code 0" in texts(log / "system.log")
    assert "w" in ended.said_by("worker.1")
    assert stat.S_IMODE(log.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in log.iterdir()} == {0o600}


def test_no_line_of_a_flood_is_lost_doubled_or_cut_over_many_files(app: App) -> None:
    lines = flooding(app, 100_000)
    options = ("--log-dir", "log", "--log-size", "200K", "--log-keep", "1000")
    assert app.start(*options).end() == 0
    files = kept(app.root / "log" / "web.1.log")
    assert len(files) > 50
    assert max(each.stat().st_size for each in files) <= 200 * 1024
    assert texts(app.root / "log" / "web.1.log") == lines


def test_only_so_many_old_files_are_kept(app: App) -> None:
    lines = flooding(app, 20_000)
    app.write("procman.yml", "start: {log_dir: log, log_size: 100 KB, log_keep: 2}\n")
    assert app.start().end() == 0
    files = kept(app.root / "log" / "web.1.log")
    assert [each.name for each in files] == ["web.1.log.2", "web.1.log.1", "web.1.log"]
    found = texts(app.root / "log" / "web.1.log")
    assert found == lines[-len(found) :]


@pytest.mark.parametrize("where", ["typed elsewhere", "procman.yml", "environment"])
def test_the_folder_is_meant_from_where_it_is_written(app: App, where: str, tmp_path: Path) -> None:
    app.procfile(web="echo here")
    folder = app.root / "sub" / "dir"
    folder.mkdir(parents=True)
    words: tuple[str, ...] = ("start", "-d", str(app.root))
    env = {}
    if where == "procman.yml":
        app.write("procman.yml", "start: {log_dir: log}\n")
        expected = app.root / "log"
    else:
        words += ("--log-dir", "log") if where == "typed elsewhere" else ()
        env = {"PROCMAN_START_LOG_DIR": "log"} if where == "environment" else {}
        expected = folder / "log"
    assert app.do(*words, cwd=folder, env=env).code == 0
    assert texts(expected / "web.1.log") == ["here"]


def test_files_for_machines_have_an_object_a_line(app: App) -> None:
    app.procfile(web="printf 'a \"b\"\\n\\033[1mbold\\n'")
    running = app.start("--log-dir", "log", "--log-files", "json")
    pid = running.pid_of("web.1")
    assert running.end() == 0
    found = [json.loads(line) for line in (app.root / "log" / "web.1.log").read_text().splitlines()]
    assert [each["text"] for each in found] == ['a "b"', "\x1b[1mbold"]
    assert {(each["process"], each["pid"], each["stream"]) for each in found} == {("web.1", pid, "child")}
    own = [json.loads(line) for line in (app.root / "log" / "system.log").read_text().splitlines()]
    assert {f"web.1 started (pid {pid})", "web.1 exited with code 0"} <= {each["text"] for each in own}


def test_runs_of_a_task_share_a_file(app: App) -> None:
    app.procfile(web="exec sleep 1000")
    app.tasks("greet: echo hello")
    running = app.start("--log-dir", "log")
    running.pid_of("web.1")
    for number in (1, 2):
        assert app.do("run", "task", "greet", "--detach").code == 0
        running.wait_for(f"greet.{number} exited")
    running.stop()
    assert texts(app.root / "log" / "greet.log") == ["greet.1 | hello", "greet.2 | hello"]


def test_a_folder_that_cannot_be_one_is_a_mistake_before_anything_starts(app: App) -> None:
    app.procfile(web="touch started")
    app.write("log", "a file")
    ended = app.do("start", "--log-dir", "log")
    assert ended.code == 2
    assert "log is not a folder: move it away, or name another one" in ended.err
    assert not (app.root / "started").exists()


@pytest.mark.parametrize(
    ("option", "value"), [("--log-size", "10X"), ("--log-keep", "-1"), ("--log-files", "xml")]
)
def test_a_value_that_is_none_is_told_with_what_to_write(app: App, option: str, value: str) -> None:
    app.procfile(web="touch started")
    ended = app.do("start", "--log-dir", "log", f"{option}={value}")
    assert ended.code == 2
    assert f"'{value}' is no value for {option}: write " in ended.err


# Moved by others


TICKING = "n=0; while :; do n=$((n+1)); echo $n; sleep 0.01; done"


def ticking(app: App, *words: str) -> Running:
    app.procfile(web=f"trap 'echo got USR1' USR1; {TICKING}")
    running = app.start("--log-dir", "log", *words)
    wait_until((app.root / "log" / "web.1.log").exists)
    return running


def numbers(*paths: Path) -> list[int]:
    """What has ticked; a shell may say something at its end too."""
    return [int(text.split()[0]) for path in paths for text in texts(path) if text[:1].isdecimal()]


@pytest.mark.parametrize("how", ["SIGUSR1", "procman reopen-logs"])
def test_files_that_logrotate_has_moved_are_begun_anew_when_it_says_so(app: App, how: str) -> None:
    running = ticking(app)
    log, away = app.root / "log" / "web.1.log", app.root / "away"
    wait_until((app.root / ".procman" / "control.sock").exists)
    log.rename(away)
    if how == "SIGUSR1":
        running.process.send_signal(signal.SIGUSR1)
        running.wait_for("SIGUSR1 received, log files begun anew")
    else:
        ended = app.do("reopen-logs")
        assert (ended.code, ended.out) == (0, "log files begun anew\n")
    size = away.stat().st_size
    wait_until(log.exists)
    wait_until(lambda: len(numbers(log)) > 20)
    assert away.stat().st_size == size, "whoever has moved it may have it"
    running.stop()
    found = numbers(away, log)
    assert found == [*range(1, len(found) + 1)]
    assert "got USR1" not in running.out.text


def test_a_file_that_somebody_moved_or_deleted_is_noticed_without_a_word(app: App) -> None:
    running = ticking(app)
    log, away = app.root / "log" / "web.1.log", app.root / "away"
    log.rename(away)
    wait_until(log.exists)
    wait_until(lambda: numbers(log))
    log.unlink()
    wait_until(log.exists)
    running.stop()
    assert numbers(log)


def test_without_log_files_sigusr1_is_passed_on_and_reopen_logs_says_why_not(app: App) -> None:
    app.procfile(web=f"trap 'echo got USR1' USR1; {TICKING}")
    running = app.start()
    running.wait_for(r"\| 1$")
    running.process.send_signal(signal.SIGUSR1)
    running.wait_for("got USR1")
    wait_until((app.root / ".procman" / "control.sock").exists)
    ended = app.do("reopen-logs")
    assert ended.code == 1
    assert "there are no log files: procman was started without --log-dir" in ended.err
    running.stop()


# Bad luck


def test_kill_9_leaves_whole_lines_and_the_next_start_ends_the_last_one(app: App) -> None:
    flooding(app, 10_000_000)
    running = app.start("--log-dir", "log", "--log-size", "2M")
    log = app.root / "log" / "web.1.log"
    wait_until(lambda: len(kept(log)) > 2)
    running.supervisor().kill()
    running.process.wait()
    running.out.abandon()
    wait_until(lambda: not app.processes())
    before = [line for each in kept(log) for line in each.read_text().splitlines(keepends=True)]
    assert all(LINE.fullmatch(line) for line in before[:-1])
    app.procfile(web="echo again")
    assert app.start("--log-dir", "log", "--log-size", "2M").end() == 0
    assert log.read_text().endswith("\n")
    assert LINE.fullmatch(log.read_text().splitlines(keepends=True)[-1])


@pytest.fixture
def small_disk(app: App) -> Iterator[Path]:
    """A disk of 64 KB."""
    folder = app.root / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs to be root, and to be allowed to mount")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


SAID = "log files cannot be written: No space left on device"


def test_a_full_disk_is_said_once_and_when_it_has_room_what_is_missing(app: App, small_disk: Path) -> None:
    app.procfile(web=TICKING.replace("echo $n", f"echo $n {'x' * 500}"))
    running = app.start("--log-dir", str(small_disk / "log"))
    running.wait_for(SAID)
    at = len(running.out.data)
    running.wait_for(r"\| \d+ xxx", after=at)  # the terminal has all
    log = small_disk / "log" / "web.1.log"
    before = numbers(log)
    os.truncate(log, 0)
    missing = int(running.wait_for(r"log files are written again, (\d+) lines are missing in them")[1])
    running.stop()
    after = numbers(log)
    assert before == [*range(1, len(before) + 1)]
    assert after[0] > len(before)
    assert after == [*range(after[0], after[0] + len(after))]
    assert missing >= after[0] - before[-1] - 1
    assert running.out.text.count(SAID) == 1


def test_a_limit_of_size_is_said_and_stops_nothing(app: App) -> None:
    app.procfile(web=TICKING.replace("echo $n", f"echo $n {'x' * 500}"))
    line = f"ulimit -f 32; exec {' '.join(PROCMAN)} start --log-dir log"
    running = app.launch("/bin/sh", "-c", line)
    running.wait_for("log files cannot be written: File too large: raise the limit of a file's size")
    at = len(running.out.data)
    running.wait_for(r"\| \d+ xxx", after=at)
    assert running.stop() == 0
    texts(app.root / "log" / "web.1.log")


def test_a_folder_that_was_deleted_is_made_again(app: App) -> None:
    running = ticking(app)
    log = app.root / "log"
    log.rename(app.root / "away")
    wait_until((log / "web.1.log").exists)
    assert stat.S_IMODE(log.stat().st_mode) == 0o700
    running.stop()
    assert "cannot be written" not in running.out.text


def test_two_hundred_processes_take_a_descriptor_each_and_no_more(app: App) -> None:
    app.procfile(web=f"echo $PS{STAY}")
    running = app.start("--log-dir", "log", "-m", "web=200")
    wait_until(lambda: len(list((app.root / "log").glob("web.*.log"))) == 200)
    supervisor = running.supervisor()
    held = [each.path for each in supervisor.open_files() if "/log/" in each.path]
    assert len(held) <= 201
    running.stop()
    assert all(texts(app.root / "log" / f"web.{n}.log") == [f"web.{n}"] for n in range(1, 201))


def test_in_the_background_both_logs_are_kept(app: App) -> None:
    app.procfile(web=f"echo up{STAY}")
    assert app.do("start", "--detach", "--log-dir", "log").code == 0
    assert app.do("stop").code == 0
    assert texts(app.root / "log" / "web.1.log") == ["up"]
    assert "up" in (app.root / ".procman" / "procman.log").read_text()
