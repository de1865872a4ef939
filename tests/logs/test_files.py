"""The log in files: which line is where, how it looks, what is told. Only the thread's word is waited for."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from procman.core.facts import Notice, ProcessEnded, ProcessStarted
from procman.core.text.bare import BareScreen
from procman.core.text.jsonlines import JsonScreen
from procman.logs import files as module
from procman.logs.files import Folder, LogFiles
from procman.logs.heads import FileHeads
from procman.logs.jsonheads import JsonHeads
from procman.logs.logfile import Sizes
from tests.logs.kept import kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from procman.logs.files import Lines
    from procman.logs.hub import Heads

SECONDS = 20
"""Only a guard against hanging for ever."""
TASKS = {"remind", "a.b"}
SIZES = Sizes(100_000, 5)


class Kept:
    """Log files, and what they have told."""

    def __init__(self, folder: Path, heads: Heads, screen: Lines, sizes: Sizes = SIZES) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.changes = threading.Semaphore(0)
        place = Folder(str(folder), sizes, TASKS)
        self.files = LogFiles(place, heads, screen, self.said.append, self.changes.release)

    def wait_until(self, happened: Callable[[], object]) -> None:
        self.files.ring()
        while not happened():
            assert self.changes.acquire(timeout=SECONDS), "the thread said nothing"
            self.files.after_turn(0.0)

    def settle(self) -> None:
        """Until all is written that was put."""
        self.wait_until(lambda: not self.files.busy())

    def close(self) -> None:
        self.files.close()
        self.wait_until(lambda: self.files.done)

    def texts(self) -> dict[str, list[str]]:
        """The lines of each file without their time."""
        return {
            path.name: [line[20:] for line in path.read_text().splitlines()]
            for path in sorted(self.folder.iterdir())
        }


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "log", FileHeads(TASKS), BareScreen())
    yield made
    made.close()


@pytest.fixture
def json_log(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path / "log", JsonHeads(lambda: 0.0), JsonScreen())
    yield made
    made.close()


def test_there_is_a_file_for_each_process_and_one_for_procmans_own_words(log: Kept) -> None:
    log.files.add("web.1", b"one\n")
    log.files.add("web.2", b"two\n")
    log.files.add("web.1", b"three\nfour\n")
    log.files.add("system", b"web.1 started (pid 7)\n", ProcessStarted("web.1", 7))
    log.settle()
    assert log.texts() == {
        "system.log": ["web.1 started (pid 7)"],
        "web.1.log": ["one", "three", "four"],
        "web.2.log": ["two"],
    }


def test_all_runs_of_a_task_are_in_one_file_which_says_whose_each_line_is(log: Kept) -> None:
    for number in range(12, 512):
        log.files.add(f"remind.{number}", b"sent\n")
    log.files.add("a.b.3", b"done\n")
    log.settle()
    texts = log.texts()
    assert texts["remind.log"] == [f"remind.{number} | sent" for number in range(12, 512)]
    assert [*texts] == ["a.b.log", "remind.log"]


def test_lines_of_people_begin_with_the_date_and_the_time(log: Kept) -> None:
    log.files.add("web.1", b"\x1b[31mred\x1b[0m\n")
    log.settle()
    line = (log.folder / "web.1.log").read_text()
    assert time.strptime(line[:19], "%Y-%m-%d %H:%M:%S")
    assert line[19:] == " red\n"


def objects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_lines_for_machines_are_objects_that_know_the_pid(json_log: Kept) -> None:
    files = json_log.files
    started, ended = ProcessStarted("web.1", 7), ProcessEnded("web.1", 0, 7)
    for fact in (started, ended):
        files.add("system", f"{fact}\n".encode(), fact)
        files.hear(fact)
        files.add("web.1", b"one\n\x1b[1mtwo\n")
    json_log.settle()
    first, second, *others = objects(json_log.folder / "web.1.log")
    assert first == {
        "time": "1970-01-01T00:00:00.000000Z",
        "process": "web.1",
        "pid": 7,
        "stream": "child",
        "text": "one",
    }
    assert second["text"] == "\x1b[1mtwo"
    assert [each["pid"] for each in others] == [None, None]
    assert [each["pid"] for each in objects(json_log.folder / "system.log")] == [7, 7]


def test_the_pid_is_known_too_when_procman_says_nothing(json_log: Kept) -> None:
    json_log.files.hear(ProcessStarted("web.1", 7))
    json_log.files.add("web.1", b"one\n")
    json_log.settle()
    assert objects(json_log.folder / "web.1.log")[0]["pid"] == 7


def test_no_line_is_lost_over_many_files(tmp_path: Path) -> None:
    log = Kept(tmp_path / "log", FileHeads(()), BareScreen(), Sizes(5000, 5000))
    for number in range(20_000):
        log.files.add(f"web.{number % 3}", b"%d\n" % number)
    log.close()
    for process in range(3):
        files = kept(log.folder / f"web.{process}.log")
        assert len(files) > 20
        lines = [line[20:] for path in files for line in path.read_text().splitlines()]
        assert lines == [str(number) for number in range(process, 20_000, 3)]


def test_more_files_than_may_be_open_are_all_written(log: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OPEN", 10)
    before = len(os.listdir("/dev/fd"))
    for turn in range(2):
        for number in range(50):
            log.files.add(f"web.{number}", b"%d\n" % turn)
    log.settle()
    assert len(os.listdir("/dev/fd")) - before <= 10
    assert [*log.texts().values()] == [["0", "1"]] * 50


def test_after_reopening_nothing_is_written_to_what_was_there(log: Kept) -> None:
    log.files.add("web.1", b"one\n")
    log.settle()
    (log.folder / "web.1.log").rename(log.folder / "away")
    log.files.add("web.1", b"two\n")  # at the same moment
    done: list[str] = []
    log.files.reopen(lambda: done.append(log.texts().get("away", [""])[-1]))
    log.files.add("web.1", b"three\n")
    log.settle()
    log.wait_until(lambda: done)
    assert log.texts()["web.1.log"][-1] == "three"
    assert log.texts()["away"][-1] == done[0]


def test_a_file_that_cannot_be_written_is_said_and_the_others_are_written(log: Kept) -> None:
    (log.folder / "web.1.log").mkdir(parents=True)
    log.files.add("web.1", b"one\n")
    log.files.add("mail.1", b"two\n")
    log.wait_until(lambda: log.said)
    log.settle()
    assert "cannot be written" in log.said[0]
    assert "web.1.log" in log.said[0]
    assert (log.folder / "mail.1.log").read_text()[20:] == "two\n"


def test_when_it_can_be_written_again_what_is_missing_is_said(
    log: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("procman.logs.files.time.monotonic", lambda: now)
    blocked = log.folder / "web.1.log"
    blocked.mkdir(parents=True)
    log.files.add("web.1", b"1\n2\n")
    log.settle()
    log.files.add("web.1", b"3\n")  # too early to try again
    log.settle()
    blocked.rmdir()
    for text in (b"4\n", b"5\n"):
        now += 2.0
        log.files.add("web.1", text)
        log.settle()
    log.wait_until(lambda: len(log.said) == 2)
    assert log.said[1] == "log files are written again, 3 lines are missing in them"
    assert log.texts() == {"web.1.log": ["4", "5"]}


def test_own_words_on_a_disk_that_stands_still_are_left_out_and_counted(
    log: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 15)
    for number in range(5):
        log.files.add("system", b"word %d too much\n" % number, Notice("word"))
    log.files.add("web.1", b"line\n")
    log.settle()
    log.files.add("system", b"now\n", Notice("now"))
    log.settle()
    assert log.texts() == {
        "system.log": ["word 0 too much", "4 lines of procman's own are left out here", "now"],
        "web.1.log": ["line"],
    }


def test_a_disk_that_stands_still_is_seen_to_and_makes_it_full(
    log: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go = threading.Event(), threading.Event()
    real = os.writev

    def slow(fd: int, buffers: list[bytes]) -> int:
        entered.set()
        assert go.wait(SECONDS)
        return real(fd, buffers)

    monkeypatch.setattr("procman.logs.logfile.os.writev", slow)
    log.files.add("web.1", b"x" * 99_999 + b"\n")
    assert entered.wait(SECONDS)
    assert log.files.stuck_since is not None
    assert not log.files.full()
    log.files.add("web.1", (b"x" * 99 + b"\n") * (module.FULL // 100))
    assert log.files.full()
    go.set()
    log.wait_until(lambda: not log.files.full())
    log.settle()
    assert log.files.stuck_since is None


def test_a_bug_in_the_thread_has_nobody_wait_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def lines(self, name: str, prefix: bytes, lines: bytes) -> Any:
            raise ZeroDivisionError

    told = threading.Event()
    monkeypatch.setattr(sys, "unraisablehook", lambda what: told.set())
    log = Kept(tmp_path, FileHeads(()), Broken())
    log.files.add("web.1", b"x" * (2 * module.FULL))
    log.wait_until(lambda: log.files.done)
    assert log.files.lost
    assert not log.files.full()
    assert told.wait(SECONDS)
