"""The store in trouble: the formation runs on, people are told, and what was kept is not lost."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.run import Outcome
from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.output import wait_until
from tests.end_to_end.test_bad_input import WITHOUT_PRIVILEGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.harness import App, Running

BEAT = "beat: {command: 'true', schedule: every second}"
BOOT = "beat: {command: 'true', schedule: '@reboot'}"


def store_of(app: App) -> Path:
    return app.root / ".procman" / "procman.db"


def with_past(app: App) -> App:
    """An app with a formation, a task, and one run of it."""
    app.procfile(web="exec sleep 1000")
    app.tasks(BOOT)
    assert app.do("run", "task", "beat").code == 0
    return app


def unprivileged(app: App, *words: str) -> Running:
    return app.launch(PYTHON, "-c", WITHOUT_PRIVILEGE, *PROCMAN, *words)


def test_a_garbage_file_is_put_aside_and_told_and_all_runs_on(app: App) -> None:
    with_past(app)
    store_of(app).write_bytes(b"this is no database" * 1000)
    running = app.start()
    told = running.wait_for(r"the store was damaged: begun anew, the old one is (\S+)")
    running.wait_for(r"beat\.1 exited with code 0")
    running.pid_of("web.1")
    assert running.stop() == 0
    with open(told[1], "rb") as file:
        assert file.read() == b"this is no database" * 1000
    assert {run.outcome for run in app.runs} == {Outcome.OK}


def test_a_listing_may_be_the_one_that_finds_it(app: App) -> None:
    with_past(app)
    store_of(app).write_bytes(b"this is no database" * 1000)
    ended = app.do("history")
    assert (ended.code, ended.out) == (0, "no runs yet\n")
    assert "the store was damaged: begun anew, the old one is " in ended.err


@pytest.mark.parametrize(
    "words", [("history",), ("jobs",), ("pause", "beat"), ("run", "task", "beat", "--in", "1h")]
)
def test_a_store_of_a_newer_procman_is_left_as_it_is_and_said_so(app: App, words: tuple[str, ...]) -> None:
    with_past(app)
    with closing(sqlite3.connect(store_of(app))) as store:
        store.execute("PRAGMA user_version = 99")
    before = store_of(app).read_bytes()
    ended = app.do(*words)
    assert (ended.code, ended.out) == (1, "")
    assert "was written by a newer procman (schema 99, this one knows 2): upgrade procman" in ended.err
    assert "Traceback" not in ended.err
    assert store_of(app).read_bytes() == before


def test_with_a_store_of_a_newer_procman_the_formation_runs_without_tasks(app: App) -> None:
    with_past(app)
    with closing(sqlite3.connect(store_of(app))) as store:
        store.execute("PRAGMA user_version = 99")
    running = app.start()
    running.wait_for(r"no task will run: .*newer procman \(schema 99, this one knows 2\): upgrade procman")
    running.pid_of("web.1")
    assert running.stop() == 0
    alone = app.do("scheduler")
    assert alone.code == 1
    assert "newer procman" in alone.err
    assert "Traceback" not in alone.err


@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_with_a_folder_that_cannot_be_written_the_formation_runs_without_tasks(app: App, mode: int) -> None:
    app.procfile(web="exec sleep 1000")
    app.tasks(BEAT)
    folder = app.root / ".procman"
    folder.mkdir(mode=mode)
    running = unprivileged(app, "start")
    running.wait_for(r"no task will run: .*\.procman")
    running.pid_of("web.1")
    assert running.stop() == 0
    alone = unprivileged(app, "scheduler")
    assert alone.end() == 1
    assert ".procman" in alone.err.text
    assert "Traceback" not in alone.err.text
    folder.chmod(0o700)


def test_a_store_that_may_only_be_read_is_told_of(app: App) -> None:
    with_past(app)
    store_of(app).chmod(0o400)
    (app.root / ".procman").chmod(0o500)
    running = unprivileged(app, "start")
    running.wait_for("procman.db")
    running.pid_of("web.1")
    assert running.stop() == 0
    listed = unprivileged(app, "history")
    listed.end()
    assert "Traceback" not in listed.err.text
    (app.root / ".procman").chmod(0o700)


@pytest.mark.parametrize(
    "words", [("history",), ("history", "show", "1"), ("schedule",), ("jobs",), ("cancel", "1")]
)
def test_a_folder_that_cannot_be_looked_into_is_no_empty_history(app: App, words: tuple[str, ...]) -> None:
    with_past(app)
    (app.root / ".procman").chmod(0)
    listed = unprivileged(app, *words)
    assert (listed.end(), listed.out.text) == (1, "")
    assert "procman.db: permission denied: " in listed.err.text
    assert "Traceback" not in listed.err.text
    (app.root / ".procman").chmod(0o700)


def test_modes_and_a_sound_file_afterwards(app: App) -> None:
    app.tasks(BOOT)
    running = app.launch(*PROCMAN, "scheduler", umask=0)
    running.wait_for(r"beat\.1 exited with code 0")
    folder = app.root / ".procman"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    modes.pop(".gitignore")
    assert modes.pop("owners") == 0o700
    modes |= {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder / "owners").iterdir()}
    assert {"procman.db", "procman.db-wal", "procman.db-shm", "wake"} <= set(modes)
    assert set(modes.values()) == {0o600}
    assert stat.S_ISFIFO((folder / "wake").stat().st_mode)
    assert running.stop() == 0
    assert not (folder / "procman.db-wal").exists()
    with closing(sqlite3.connect(f"file:{store_of(app)}?mode=ro", uri=True)) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_after_a_kill_the_file_is_sound(app: App) -> None:
    app.tasks("\n".join(f"t{n}: {{command: 'true', schedule: '@reboot'}}" for n in range(10)))
    running = app.launch(*PROCMAN, "scheduler")
    wait_until(lambda: app.runs)
    running.supervisor().kill()
    running.end()
    with closing(sqlite3.connect(store_of(app))) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_what_has_the_store_locked_delays_ticks_and_loses_none(app: App) -> None:
    app.procfile(web="exec sleep 1000")
    app.tasks(BEAT)
    running = app.start()
    running.wait_for(r"beat\.1 exited")
    wait_until(lambda: app.runs[0].outcome)
    with closing(sqlite3.connect(store_of(app), isolation_level=None)) as store:
        store.execute("BEGIN IMMEDIATE")
        until = time.time() + 1.2
        wait_until(lambda: time.time() > until)
        store.execute("ROLLBACK")
    wait_until(lambda: len([run for run in app.runs if run.outcome]) >= 3)
    assert running.stop() == 0
    ticks = [run.tick or 0 for run in app.runs]
    assert ticks == list(range(ticks[0], ticks[-1] + 1))
    assert {run.outcome for run in app.runs} <= {Outcome.OK, Outcome.SKIPPED, None}


def test_a_store_that_is_deleted_while_it_is_in_use_stops_no_process_and_is_told(app: App) -> None:
    app.procfile(web="exec sleep 1000")
    app.tasks(BEAT)
    running = app.start()
    running.wait_for(r"beat\.1 exited")
    shutil.rmtree(app.root / ".procman")
    running.wait_for(r"moved or deleted while it was in use: start procman again")
    assert running.stop() == 0
    assert "Traceback" not in running.out.text + running.err.text
    app.tasks(BOOT)
    again = app.start()
    again.wait_for(r"beat\.1 exited")
    assert again.stop() == 0


def test_processes_do_not_wait_for_a_store_that_somebody_holds_locked(app: App) -> None:
    app.procfile(web="echo up; exec sleep 1000")
    app.tasks("hello: {command: echo hello, schedule: '@reboot'}")
    app.do("run", "task", "hello")
    with closing(sqlite3.connect(app.root / ".procman" / "procman.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE others (a)")
        running = app.start()
        running.wait_for("web.1 .*up$")
        assert "hello" not in running.out.text
        other.execute("ROLLBACK")
    running.wait_for(r"hello\.2 .*hello$")
    assert running.stop() == 0
