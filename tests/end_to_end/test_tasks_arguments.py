"""Arguments of tasks and types: they arrive as they were given, or are refused where they are given."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PYTHON

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

NASTY = ["a  b", "$(exit 9)", "it's", "; exit 9", "", "-c", "\n", '"$@"']
SHOW = "import sys; print(sys.argv[1:])"
WRONG = (
    "procman: procman.yml:{}: task '{}' takes no arguments: its command does not say where arguments belong:"
    ' write "$@" there, outside of single quotes\n'
)


@pytest.fixture
def shows(app: App) -> App:
    show = f"{PYTHON} -c {shlex.quote(SHOW)}"
    app.tasks(f"""
        simple: |
          {show} # the last
        ended: |
          A=1 {show};
        piped: |
          {show} "$@" | cat
        first: |
          : $1; {show} one &
          wait
        background: |
          {show} &
        lost: |
          {show} | cat
    """)
    return app


@pytest.mark.parametrize("task", ["simple", "ended", "piped"])
def test_they_arrive_as_they_were_given(shows: App, task: str) -> None:
    ended = shows.do("run", "task", task, "--", *NASTY)
    assert (ended.code, ended.out, ended.err) == (0, f"{NASTY}\n", "")
    (row,) = shows.listed("history")
    assert (row["args"], SHOW in row["command"]) == (NASTY, True)


def test_those_that_no_command_would_get_are_refused_at_once(shows: App) -> None:
    for line, task in ((12, "background"), (14, "lost")):
        for words in ((), ("--in", "10m"), ("--detach",)):
            ended = shows.do("run", "task", task, *words, "--", "x")
            assert (ended.code, ended.err) == (2, WRONG.format(line, task))
        assert shows.do("run", "task", task).code == 0
    shows.procfile(web=f"{PYTHON} -c 'print(1)' | cat")
    assert "Procfile:1: process type 'web' takes no arguments" in shows.do("run", "web", "--", "x").err


def test_more_than_the_system_takes_is_refused_when_it_is_asked_for(shows: App) -> None:
    most = 131071
    assert shows.do("run", "task", "first", "--", "x" * most).code == 0
    shows.write("ask.py", f"from procman import enqueue\nenqueue('first', 'x' * {most + 1})\n")
    ended = shows.launch(PYTHON, "ask.py")
    assert ended.end() == 1
    assert (
        f"ValueError: argument 1 has {most + 1} bytes, and the system takes {most} at most" in ended.err.text
    )
    assert [row["task"] for row in shows.listed("history")] == ["first"]
    assert shows.listed("jobs") == []


@pytest.mark.parametrize("pty", ["always", "never"])
def test_they_arrive_in_runs_of_the_scheduler(shows: App, pty: str) -> None:
    shows.write(
        "ask.py", f"from procman import enqueue\nfor word in {NASTY!r}: enqueue('simple', word, 'x')\n"
    )
    assert shows.launch(PYTHON, "ask.py").end() == 0
    shows.procfile(web="exec sleep 1000")
    running = shows.start("--pty", pty)
    for number, word in enumerate(NASTY, start=1):
        running.wait_for(rf"simple\.{number} exited with code 0")
        assert f"{[word, 'x']}" in running.out.text
    assert running.stop() == 0
