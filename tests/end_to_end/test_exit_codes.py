"""The exit code of `procman start`."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

IGNORING = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
OBEYING = "trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done"
OBEYING_WITH_7 = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("exit 0", 0, "web.1 exited with code 0"),
        ("exit 1", 1, "web.1 exited with code 1"),
        ("exit 3", 3, "web.1 exited with code 3"),
        ("exit 255", 255, "web.1 exited with code 255"),
        ("kill -HUP $$", 129, "web.1 terminated by SIGHUP"),
        ("kill -INT $$", 130, "web.1 terminated by SIGINT"),
        ("kill -KILL $$", 137, "web.1 terminated by SIGKILL"),
        ("kill -SEGV $$", 139, "web.1 terminated by SIGSEGV"),
        ("kill -TERM $$", 143, "web.1 terminated by SIGTERM"),
    ],
)
def test_it_is_that_of_the_process_that_ended_first_and_128_plus_n_for_signal_n(
    app: App, command: str, code: int, words: str
) -> None:
    app.procfile(web=command, worker=OBEYING)
    ended = app.do("start")
    assert ended.code == code
    assert words in ended.out


def test_what_the_others_exit_with_when_they_are_stopped_does_not_count(app: App) -> None:
    app.procfile(
        web="while [ ! -e up ]; do sleep 0.02; done; exit 3",
        worker="trap 'exit 9' TERM; touch up; while :; do sleep 0.02; done",
    )
    ended = app.do("start")
    assert ended.code == 3
    assert "worker.1 exited with code 9" in ended.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", ["echo ready; exec sleep 1000", OBEYING, OBEYING_WITH_7])
def test_it_is_0_when_stopped_by_a_signal_and_all_obeyed(
    app: App, number: signal.Signals, command: str
) -> None:
    app.procfile(web=command)
    running = app.start()
    running.wait_for("ready$")
    assert running.stop(number) == 0


def test_it_is_137_when_stopped_by_a_signal_and_one_had_to_be_killed(app: App) -> None:
    app.procfile(web=IGNORING, worker=OBEYING)
    running = app.start("-t", "0.2")
    running.wait_for("web.1 .*ready$")
    running.wait_for("worker.1 .*ready$")
    assert running.stop() == 137
    assert "web.1 terminated by SIGKILL" in running.out.text


@pytest.mark.parametrize("chosen", ["worker", "worker.1"])
def test_exit_code_from_picks_a_process_by_type_or_name(app: App, chosen: str) -> None:
    app.procfile(
        web="while [ ! -e up ]; do sleep 0.02; done; exit 3",
        worker="trap 'exit 9' TERM; touch up; while :; do sleep 0.02; done",
    )
    assert app.do("start", "--exit-code-from", chosen).code == 9


def test_exit_code_from_a_process_that_a_signal_ended_is_128_plus_n(app: App) -> None:
    app.procfile(
        web="while [ ! -e up ]; do sleep 0.02; done; exit 3", worker="exec sh -c 'touch up; exec sleep 1000'"
    )
    assert app.do("start", "--exit-code-from", "worker").code == 143


def test_exit_code_from_counts_when_stopped_by_a_signal_too(app: App) -> None:
    app.procfile(web=OBEYING_WITH_7)
    running = app.start("--exit-code-from", "web")
    running.wait_for("ready$")
    assert running.stop() == 7


def test_exit_code_from_an_unknown_process_is_a_mistake(app: App) -> None:
    app.procfile(web="sleep 1000")
    ended = app.do("start", "--exit-code-from", "wbe")
    assert ended.code == 2
    assert "--exit-code-from" in ended.err
    assert "did you mean 'web" in ended.err


def test_command_not_found_is_127_with_the_words_of_the_shell(app: App) -> None:
    app.procfile(web="no-such-command --flag")
    ended = app.do("start")
    assert ended.code == 127
    assert re.search("no-such-command.* not found", ended.out)


def test_not_executable_is_126_with_the_words_of_the_shell(app: App) -> None:
    app.write("script", "#!/bin/sh\n", mode=0o644)
    app.procfile(web="./script")
    ended = app.do("start")
    assert ended.code == 126
    assert "ermission denied" in ended.out


def test_a_killed_supervisor_is_137(app: App) -> None:
    app.procfile(web="echo ready; exec sleep 1000")
    running = app.start()
    running.wait_for("ready$")
    os.kill(running.supervisor().pid, signal.SIGKILL)
    assert running.end() == 137
