"""procman in the background: what who starts it hears, and that it goes on, and ends with nothing left."""

from __future__ import annotations

import json
import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.attached import Attached
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.harness import App

STAY = "echo up; exec sleep 1000"
STUBBORN = "trap 'echo no; sleep 2; exit' TERM; echo up; while :; do sleep 0.05; done"


@pytest.fixture
def behind(app: App) -> Iterator[App]:
    """An app of which whatever runs in the background is stopped."""
    yield app
    app.do("stop")


def log(app: App) -> Path:
    return app.root / ".procman" / "procman.log"


def started(app: App, *words: str, **processes: str) -> int:
    """The pid of the app in the background."""
    app.procfile(**(processes or {"web": STAY, "worker": STAY}))
    told = app.do("start", "--detach", *words)
    assert (told.code, told.err) == (0, "")
    found = re.match(
        r"procman runs in the background \(pid (\d+)\), its log is .procman/procman.log\n", told.out
    )
    assert found, told.out
    return int(found[1])


def test_it_runs_and_can_be_talked_to_and_leaves_nothing(behind: App) -> None:
    pid = started(behind)
    assert [(row["name"], row["phase"]) for row in behind.listed("ps")] == [
        ("web.1", "running"),
        ("worker.1", "running"),
    ]
    wait_until(lambda: behind.do("logs", "--no-prefix", "web", "worker").out == "up\nup\n")
    lines = log(behind).read_text().splitlines()
    assert all(
        re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (web|worker|system)[.1 ]*\| ", each) for each in lines
    )
    assert len([line for line in lines if line.endswith("| up")]) == 2
    assert log(behind).stat().st_mode & 0o777 == 0o600
    assert behind.do("stop").out == f"procman has ended (pid {pid})\n"
    assert behind.processes() == []
    assert behind.do("ps").code == 3


@pytest.mark.parametrize(("ends", "code"), [("exit 7", 7), ("kill -9 $$", 137), ("exec nosuchcommand", 127)])
def test_who_fails_is_shown_and_its_code_told(behind: App, ends: str, code: int) -> None:
    behind.procfile(web=f"echo last words; {ends}", worker=STAY)
    told = behind.do("start", "--detach")
    assert (told.code, told.out) == (code, "")
    assert "last words\n" in told.err
    assert behind.processes() == []
    again = behind.do("start", "--detach")
    assert again.err.count("last words") == 1


def test_who_fails_before_a_second_is_told_though_others_stop_slowly(behind: App) -> None:
    behind.procfile(web="sleep 0.3; echo last words; exit 7", slow=STUBBORN)
    told = behind.do("start", "--detach")
    assert (told.code, told.out) == (7, "")
    assert "last words\n" in told.err


def test_mistakes_are_told_all_and_nothing_runs(behind: App) -> None:
    behind.write("Procfile", "web sleep 1000\n")
    behind.write(".env", 'A="never closed\n')
    told = behind.do("start", "--detach")
    assert (told.code, told.out) == (2, "")
    assert "Procfile:1" in told.err
    assert ".env" in told.err
    assert behind.do("start", "--detach", "--nosuch").code == 2


def test_a_second_one_says_who_runs_and_since_when(behind: App) -> None:
    pid = started(behind)
    for words in ((), ("--detach",)):
        told = behind.do("start", *words)
        assert (told.code, told.out) == (3, "")
        assert f"procman runs this app already (pid {pid}, since " in told.err


def test_names_in_a_running_app_are_started_there(behind: App) -> None:
    started(behind, "web", web=STAY, worker=STAY)
    told = behind.do("start", "--detach", "worker")
    assert told.code == 0
    assert "worker.1 is running" in told.out + told.err
    assert {row["name"] for row in behind.listed("ps")} == {"web.1", "worker.1"}
    unknown = behind.do("start", "--detach", "wrker")
    assert unknown.code == 4
    assert "did you mean 'worker'" in unknown.err


def test_what_a_running_app_answers_to_names_is_on_stdout(behind: App) -> None:
    started(behind, "web", web=STAY, worker=STAY)
    told = behind.do("start", "--detach", "worker")
    assert told.err == ""
    assert "worker.1 is running" in told.out


def test_the_release_command_is_waited_for(behind: App) -> None:
    behind.write("go.sh", "mkfifo go; echo asks; read answer < go; exit $answer\n")
    behind.procfile(web="test -e go && echo after && exec sleep 1000", release="sh go.sh")
    waiting = behind.start("--detach", "--release")
    wait_until((behind.root / "go").exists)
    assert waiting.process.poll() is None
    (behind.root / "go").write_text("0\n")
    assert waiting.end() == 0
    assert "| after\n" in log(behind).read_text()


def test_a_release_command_that_fails_is_shown_and_its_code_told(behind: App) -> None:
    behind.procfile(web=STAY, release="echo no; exit 9")
    told = behind.do("start", "--detach", "--release")
    assert (told.code, told.out) == (9, "")
    assert "| no\n" in told.err
    assert "web.1" not in log(behind).read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_who_waits_stops_everything(behind: App, number: signal.Signals) -> None:
    behind.procfile(web=STAY, release="echo up; touch begun; exec sleep 1000")
    waiting = behind.start("--detach", "--release")
    wait_until((behind.root / "begun").exists)
    waiting.stop(number)
    assert behind.processes() == []
    assert "web.1" not in log(behind).read_text()


def test_ctrl_c_on_the_terminal_stops_everything(behind: App) -> None:
    behind.procfile(web=STAY, release="touch begun; exec sleep 1000")
    waiting = behind.on_terminal("start", "--detach", "--release")
    wait_until((behind.root / "begun").exists)
    waiting.type("\x03")
    waiting.end()
    assert behind.processes() == []


def test_it_goes_on_when_who_waits_is_killed(behind: App) -> None:
    behind.procfile(web=STAY, release="mkfifo go; read answer < go")
    waiting = behind.start("--detach", "--release")
    wait_until((behind.root / "go").exists)
    waiting.process.kill()
    waiting.end()
    (behind.root / "go").write_text("\n")
    wait_until(lambda: behind.do("ps").code == 0)
    assert [row["name"] for row in behind.listed("ps")] == ["web.1"]


def test_one_attaches_to_its_terminals(behind: App) -> None:
    started(behind, web="tty; stty size; read line; echo got $line; exec sleep 1000")
    there = Attached(behind, "web.1")
    there.wait_for(r"/dev/pts/\d+")
    there.wait_for("attached to web.1")
    there.type("hello\r")
    there.wait_for("got hello")
    there.detach()
    assert "web.1" in log(behind).read_text()
    wait_until(lambda: "| got hello\n" in log(behind).read_text())


def test_it_outlives_the_terminal_of_who_started_it(behind: App) -> None:
    behind.procfile(web=STAY)
    waiting = behind.on_terminal("start", "--detach")
    pid = int(waiting.wait_for(r"in the background \(pid (\d+)\)")[1])
    assert waiting.end() == 0
    behind.hang_up(waiting)
    (row,) = behind.listed("ps")
    assert row["phase"] == "running"
    assert os.getsid(pid) == pid
    assert behind.do("restart", "web").code == 0


@pytest.mark.parametrize("place", ["environment", "procman.yml", ".foreman"])
def test_it_can_only_be_typed(behind: App, place: str) -> None:
    behind.procfile(web=STAY)
    if place != "environment":
        behind.write(place, "start:\n  detach: true\n" if place == "procman.yml" else "detach: true\n")
    told = behind.do("start", env={"PROCMAN_START_DETACH": "1"} if place == "environment" else None)
    assert (told.code, told.out) == (2, "")
    assert "'procman start --detach'" in told.err
    assert behind.processes() == []


def test_check_finds_the_mistake_that_it_can_only_be_typed(behind: App) -> None:
    behind.procfile(web=STAY)
    behind.write("procman.yml", "start:\n  detach: true\n")
    assert behind.do("check").code == 2


@pytest.mark.parametrize("victim", ["guardian", "supervisor"])
def test_a_kill_leaves_no_process_and_it_starts_again(behind: App, victim: str) -> None:
    pid = started(behind)
    supervisor = next(each for each in behind.processes() if each.ppid() == pid)
    os.kill(pid if victim == "guardian" else supervisor.pid, signal.SIGKILL)
    wait_until(lambda: behind.processes() == [])
    started(behind)


def test_five_starts_and_stops_follow_each_other(behind: App) -> None:
    for _ in range(5):
        pid = started(behind)
        assert behind.do("stop").out == f"procman has ended (pid {pid})\n"
        assert behind.processes() == []
    assert log(behind).read_text().count("web.1 started") == 5


def test_a_log_that_was_moved_is_begun_anew_while_it_runs(behind: App) -> None:
    started(behind)
    log(behind).rename(behind.root / "away")
    behind.do("restart", "web")
    wait_until(log(behind).exists)
    behind.do("restart", "worker")
    wait_until(lambda: "worker.1 started" in log(behind).read_text())


def test_a_log_for_machines_is_one_object_a_line(behind: App) -> None:
    started(behind, "--log-format", "json")
    wait_until(lambda: '"up"' in log(behind).read_text())
    assert {json.loads(line)["process"] for line in log(behind).read_text().splitlines()} >= {"web.1"}
