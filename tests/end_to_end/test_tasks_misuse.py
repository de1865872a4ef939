"""What users and their apps can do by accident or malice, and what must not come of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.end_to_end.harness import PROCMAN, PYTHON

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

ASKING = r"""
from procman import enqueue
try:
    enqueue("mail", "\ud800")
except ValueError as error:
    print(error)
"""


def test_a_sign_that_no_command_can_be_given_is_refused_where_it_is_asked_for(app: App) -> None:
    app.tasks("mail: true")
    app.write("ask.py", ASKING)
    ended = app.launch(PYTHON, "ask.py")
    assert ended.end() == 0
    assert ended.out.text == "argument 1 has signs that no command can be given: '\\ud800'\n"


def test_a_row_that_this_version_does_not_know_is_told_of_and_web_goes_on(app: App) -> None:
    app.tasks("mail: true")
    assert app.do("run", "task", "mail", "--detach").code == 0
    with closing(sqlite3.connect(app.root / ".procman" / "procman.db")) as database, database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute("UPDATE runs SET trigger = 'api'")
    app.procfile(web="echo up; exec sleep 1000")
    running = app.start()
    running.wait_for("up$")
    running.wait_for("has the word 'api', which this procman does not know: upgrade procman")
    assert running.stop() == 0


def test_escapes_in_what_an_app_asks_for_do_not_reach_the_terminal(app: App) -> None:
    app.tasks("mail: true")
    nasty = "\x1b]0;owned\x07\x1b[31mRED\nforged"
    assert app.do("run", "task", "mail", "--in", "1h", "--key", nasty, "--", nasty).code == 0
    running = app.on_terminal("jobs")
    assert running.end() == 0
    assert "owned" in running.out.text
    assert "\x1b]0;" not in running.out.text
    assert "forged" not in [line.strip() for line in running.lines]


def test_options_behind_the_name_of_a_task_are_not_taken_for_its_arguments(app: App) -> None:
    app.tasks("mail: ': > sent; true'")
    ended = app.do("run", "mail", "--in", "10m")
    assert ended.code == 2
    assert "say 'procman run task mail --in'" in ended.err
    assert not (app.root / "sent").exists()
    assert app.do("run", "mail", "--", "--in").code == 0


def test_an_empty_word_is_not_taken_for_none(app: App) -> None:
    app.tasks("mail: ': > sent'")
    assert app.do("run", "task", "mail", "--in", "").code == 2
    assert not (app.root / "sent").exists()
    for words in (["next", ""], ["history", ""], ["pause", ""], ["run", "task", ""]):
        assert app.do(*words).code == 4, words


def test_a_stop_does_not_wait_without_end_for_a_store_that_somebody_holds_locked(app: App) -> None:
    app.tasks("tick: {command: true, schedule: every second}")
    running = app.launch(*PROCMAN, "scheduler")
    running.wait_for(r"tick\.\d+ exited")
    with closing(sqlite3.connect(app.root / ".procman" / "procman.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        assert running.stop() == 0
        database.execute("ROLLBACK")
    running = app.launch(*PROCMAN, "scheduler")
    running.wait_for(r"tick\.\d+ exited")
    assert running.stop() == 0


def test_mistakes_in_procman_yml_hide_nothing_of_what_was(app: App) -> None:
    app.tasks("mail: 'true'")
    assert app.do("run", "task", "mail").code == 0
    app.write("procman.yml", "tasks: [")
    for words in (("history",), ("history", "show", "1"), ("jobs",)):
        ended = app.do(*words)
        assert (ended.code, ended.err) == (0, "")
