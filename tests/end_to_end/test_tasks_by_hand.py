"""`procman run task NAME` in the foreground: run at once, with its arguments, and recorded."""

from __future__ import annotations

import re
import signal
import stat
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.run import Outcome, State, Trigger
from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

NASTY = (
    *("a b", "$(touch hurt)", "`touch hurt`", "; touch hurt", "| touch hurt", "& touch hurt"),
    *("it's", '"', "\\", "*", "~", "", "two\nlines", "tab\t", "-n", "--", "--json", "#", "$HOME", "é☃"),
)


@pytest.mark.parametrize(
    ("command", "code", "outcome"),
    [
        ("exit 0", 0, Outcome.OK),
        ("exit 3", 3, Outcome.FAILED),
        ("kill -KILL $$", -9, Outcome.FAILED),
        ("kill -TERM $$", -15, Outcome.STOPPED),
    ],
)
def test_the_exit_code_is_the_tasks_and_its_end_is_recorded(
    app: App, command: str, code: int, outcome: Outcome
) -> None:
    app.tasks(f"report: {command}")
    assert app.do("run", "task", "report").code == code
    (run,) = app.runs
    assert (run.task, run.trigger, run.state, run.outcome) == (
        "report",
        Trigger.MANUAL,
        State.FINISHED,
        outcome,
    )
    assert run.command == command
    assert run.code == (code if code < 128 else 128 - code)
    assert run.pid
    assert run.duration is not None


def test_a_word_that_is_a_tasks_name_runs_the_task(app: App) -> None:
    app.procfile(web="true")
    app.tasks("report: echo $PROCMAN_TASK $PROCMAN_RUN_ID $PROCMAN_ATTEMPT $PS")
    assert app.do("run", "report").out == "report 1 1 report.1\n"
    assert app.do("run", "task", "report").out == "report 2 1 report.2\n"


@pytest.mark.parametrize("words", [("task", "show", "--"), ("show", "--")], ids=["task NAME", "NAME"])
def test_arguments_reach_the_command_as_separate_words_whatever_is_in_them(
    app: App, words: tuple[str, ...]
) -> None:
    app.tasks("show: printf '<%s>'")
    assert app.do("run", *words, *NASTY).out == "".join(f"<{word}>" for word in NASTY)
    assert not (app.root / "hurt").exists()
    (run,) = app.runs
    assert run.args == NASTY
    assert app.listed("history")[0]["args"] == list(NASTY)


def test_arguments_go_behind_the_last_line_of_a_command_with_several(app: App) -> None:
    app.tasks("show: |\n  cd /\n  printf '<%s>'")
    assert app.do("run", "task", "show", "--", "a b").out == "<a b>"


@pytest.mark.parametrize("words", [("run", "task", "reprot"), ("run", "task", "reprot", "--detach")])
def test_a_task_that_does_not_exist_is_4_with_a_suggestion(app: App, words: tuple[str, ...]) -> None:
    app.tasks("report: true")
    ended = app.do(*words)
    assert ended.code == 4
    assert "no task 'reprot', did you mean 'report'?" in ended.err
    assert "Traceback" not in ended.err
    assert app.runs == []


@pytest.mark.parametrize("option", ["--in=10m", "--at=10:00", "--detach", "--key=k"])
def test_an_option_behind_the_bare_name_is_no_argument_by_accident(app: App, option: str) -> None:
    app.tasks("report: echo hello")
    ended = app.do("run", "report", option)
    assert (ended.code, ended.out) == (2, "")
    assert f"say 'procman run task report {option}', or '-- {option}'" in ended.err
    assert app.do("run", "report", "--", option).out == f"hello {option}\n"


def test_ctrl_c_stops_it_and_the_history_says_so(app: App) -> None:
    app.tasks("long: echo ready; exec sleep 1000")
    running = app.on_terminal("run", "task", "long")
    running.wait_for("ready")
    wait_until(lambda: app.runs[0].state is State.RUNNING)  # written after the start
    running.type("\x03")
    assert running.end() == -signal.SIGINT
    (run,) = app.runs
    assert (run.outcome, run.code, run.reason) == (Outcome.STOPPED, -signal.SIGINT, "SIGINT received")


def test_it_has_the_terminal_like_any_command(app: App) -> None:
    app.tasks("ask: 'test -t 0 && test -t 1 && read name && echo \"hello $name\"'")
    running = app.on_terminal("run", "task", "ask")
    running.type("ann\r")
    assert running.end() == 0
    assert "hello ann" in running.out.text


def test_one_that_is_killed_in_the_middle_is_closed_as_lost_by_the_next_start(app: App) -> None:
    app.tasks("long: echo ready; exec sleep 1000")
    running = app.launch(*PROCMAN, "run", "task", "long")
    running.wait_for("ready")
    running.supervisor().kill()
    running.end()
    scheduler = app.launch(*PROCMAN, "scheduler")
    scheduler.wait_for(r"long\.1 lost: procman was killed")
    assert scheduler.stop() == 0
    (run,) = app.runs
    assert run.outcome is Outcome.LOST


def test_one_that_runs_is_left_alone_by_a_scheduler_that_starts(app: App) -> None:
    app.tasks("long: {command: \"exec sh -c 'echo ready; exec sleep 1000'\", overlap: skip}\nother: true")
    running = app.launch(*PROCMAN, "run", "task", "long")
    running.wait_for("ready")
    scheduler = app.launch(*PROCMAN, "scheduler")
    app.do("run", "task", "other", "--detach")
    scheduler.wait_for(r"other\.2 exited")
    assert app.runs[0].state is State.RUNNING
    assert (scheduler.stop(), running.stop()) == (0, -signal.SIGTERM)
    assert app.runs[0].outcome is Outcome.STOPPED


def test_a_store_that_cannot_be_made_keeps_nobody_from_running_a_task(app: App) -> None:
    app.tasks("report: echo done; exit 3")
    app.write(".procman", "a file where the folder should be")
    ended = app.do("run", "task", "report")
    assert (ended.code, ended.out) == (3, "done\n")
    assert "this run will not be in the history: " in ended.err
    assert "Traceback" not in ended.err


def test_the_store_is_for_its_owners_eyes_only(app: App) -> None:
    app.tasks("report: true")
    app.do("run", "task", "report")
    folder = app.root / ".procman"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes["procman.db"] == 0o600
    assert modes.pop("owners") == 0o700
    assert {mode for name, mode in modes.items() if name != ".gitignore"} == {0o600}


def test_help_of_run_task_tells_its_options(app: App) -> None:
    app.tasks("report: true")
    ended = app.do("run", "task", "report", "--help")
    assert ended.code == 0
    assert re.search(r"--detach.*--in.*--at.*--key", ended.out, re.DOTALL)
