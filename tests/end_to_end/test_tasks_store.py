"""The store in trouble: the formation runs on, people are told, and what was kept is not lost."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import textwrap
import time
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.run import Outcome, State
from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.output import wait_until
from tests.end_to_end.small_disk import SmallDisk
from tests.end_to_end.test_bad_input import WITHOUT_PRIVILEGE

if TYPE_CHECKING:
    from collections.abc import Callable
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


@pytest.mark.parametrize("command", ["start", "scheduler"])
@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_folder_that_cannot_be_written_is_told_once_and_waited_for(
    app: App, mode: int, command: str
) -> None:
    app.procfile(web="exec sleep 1000")
    app.tasks(BEAT)
    folder = app.root / ".procman"
    folder.mkdir(mode=mode)
    running = unprivileged(app, command)
    running.wait_for(r"\.procman.*; tasks wait until that is over")
    if command == "start":
        running.pid_of("web.1")
    folder.chmod(0o700)
    running.wait_for(r"beat\.\d+ exited with code 0")
    assert app.do("run", "task", "beat", "--detach").err == ""  # the bell is heard
    assert running.stop() == 0
    assert running.out.text.count("tasks wait until that is over") == 1
    assert "Traceback" not in running.out.text + running.err.text


def test_tasks_begin_when_a_full_disk_has_room_again(app: App, tmp_path: Path) -> None:
    disk = SmallDisk(tmp_path / "disk")
    try:
        disk.fill()
        app.procfile(web="exec sleep 1000")
        app.tasks(BEAT)
        running = app.start(env={"PROCMAN_STATE": str(disk.path / "state")})
        running.pid_of("web.1")
        running.wait_for(r"(No space left on device|the disk is full).*; tasks wait until that is over")
        disk.clear()
        running.wait_for(r"beat\.\d+ exited with code 0")
        assert running.stop() == 0
    finally:
        disk.close()


def test_what_lies_in_the_place_of_the_folder_is_waited_for(app: App) -> None:
    app.procfile(web="exec sleep 1000")
    app.tasks(BEAT)
    (app.root / ".procman").write_text("")
    running = app.start()
    running.wait_for(r"\.procman is not a folder: move it away, or .*; tasks wait until that is over")
    (app.root / ".procman").unlink()
    running.wait_for(r"beat\.\d+ exited with code 0")
    assert (app.root / ".procman" / "procman.pid").exists()
    assert running.stop() == 0


@pytest.mark.parametrize("words", [("scheduler",), ("history",), ("run", "task", "beat", "--in", "1h")])
def test_a_folder_that_others_can_write_is_refused_with_what_to_do(app: App, words: tuple[str, ...]) -> None:
    with_past(app)
    folder = app.root / ".procman"
    folder.chmod(0o777)
    running = app.start()
    running.wait_for(r"no task will run: .*\.procman can be written by other users: .*chmod 700")
    running.pid_of("web.1")
    assert running.stop() == 0
    ended = app.do(*words)
    assert (ended.code, ended.out) == (1, "")
    assert "can be written by other users" in ended.err
    assert "Traceback" not in ended.err
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


BEATS = "beat: {command: 'echo \"$PROCMAN_SCHEDULED_AT\" >> ran', schedule: every second}"


def remove(app: App) -> None:
    shutil.rmtree(app.root / ".procman")


def move_aside(app: App) -> None:
    (app.root / ".procman").rename(app.root / "aside")


def remove_database(app: App) -> None:
    for path in (app.root / ".procman").glob("procman.db*"):
        path.unlink()


def replace_by_a_copy(app: App) -> None:
    move_aside(app)
    copy(app.root / "aside", app.root / ".procman")


def copy(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    with (
        closing(sqlite3.connect(source / "procman.db")) as before,
        closing(sqlite3.connect(target / "procman.db")) as after,
    ):
        before.backup(after)


@pytest.mark.parametrize("change", [remove, move_aside, remove_database, replace_by_a_copy])
def test_a_store_that_goes_away_while_it_is_in_use_is_opened_anew(
    app: App, change: Callable[[App], None]
) -> None:
    app.procfile(web="exec sleep 1000")
    app.tasks(f"{BEATS}\nlong: {{command: exec sleep 1000, schedule: '@reboot'}}\nhello: echo hello")
    running = app.start()
    running.wait_for(r"beat\.\d+ exited")
    before = max(run.id for run in app.runs)
    change(app)
    running.wait_for(r"\.procman or the store in it was moved or deleted: procman goes on with what is there")
    wait_until(lambda: len([run for run in app.runs if run.id > before and run.outcome is Outcome.OK]) >= 2)
    asked = app.do("run", "task", "hello", "--detach")
    assert asked.err == ""  # somebody hears the bell
    running.wait_for(rf"{asked.out.split()[0]} .*hello$")
    assert (app.root / ".procman" / "procman.pid").read_text() == f"{running.process.pid}\n"
    assert running.stop() == 0
    assert running.out.text.count("was moved or deleted") == 1
    assert "Traceback" not in running.out.text + running.err.text
    ran = (app.root / "ran").read_text().splitlines()
    assert len(ran) == len(set(ran))
    seconds = sorted(int(datetime.fromisoformat(line).timestamp()) for line in ran)
    assert seconds == list(range(seconds[0], seconds[-1] + 1))


def test_a_store_that_is_locked_when_it_is_found_is_gone_over_to_later(app: App) -> None:
    app.procfile(web="exec sleep 1000")
    app.tasks(f"{BEAT}\nhello: echo hello")
    running = app.start()
    running.wait_for(r"beat\.1 exited")
    copy(app.root / ".procman", app.root / "copy")
    with closing(sqlite3.connect(app.root / "copy" / "procman.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        move_aside(app)
        (app.root / "copy").rename(app.root / ".procman")
        running.wait_for("tasks wait until that is over")
        other.execute("ROLLBACK")
    running.wait_for(r"\.procman or the store in it was moved or deleted: procman goes on with what is there")
    asked = app.do("run", "task", "hello", "--detach")
    assert asked.err == ""  # somebody hears the bell
    running.wait_for(rf"{asked.out.split()[0]} .*hello$")
    assert "runs this app already" in app.do("start").err
    assert running.stop() == 0


def test_an_app_whose_store_goes_away_asks_in_the_one_that_is_there(app: App) -> None:
    app.tasks("hello: echo hello")
    text = """
        import shutil
        from procman import enqueue
        enqueue("hello"); enqueue("hello")
        shutil.rmtree(".procman")
        print(enqueue("hello"))
    """
    said = app.launch(PYTHON, "-c", textwrap.dedent(text))
    assert said.end() == 0
    assert [run.id for run in app.runs] == [int(said.out.text)]


def test_without_a_bell_what_is_asked_for_is_kept_and_both_sides_say_so(app: App) -> None:
    with_past(app)
    (app.root / ".procman" / "wake").unlink(missing_ok=True)
    (app.root / ".procman" / "wake").write_text("")
    running = app.start()
    running.wait_for(
        r"wake is not what procman makes there: remove it; what is asked for begins up to 30 s late"
    )
    running.wait_for(r"beat\.2 exited")
    asked = app.do("run", "task", "beat", "--detach")
    assert asked.code == 0
    assert (
        "wake is not what procman makes there: remove it. Until then a procman that runs looks" in asked.err
    )
    (run,) = [run for run in app.runs if run.id == 3]
    assert run.state is State.PENDING
    assert running.stop() == 0


@pytest.mark.parametrize("by_file", [True, False])
def test_the_state_may_be_elsewhere(app: App, tmp_path: Path, by_file: bool) -> None:
    """For the app, its children, and what they ask for; also in a folder that is a symlink of one's own."""
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o700)
    (app.root / "state").symlink_to(shared)
    app.procfile(web=f"{PYTHON} -c \"from procman import enqueue; enqueue('hello')\"; exec sleep 1000")
    app.tasks("hello: echo hello")
    env = None if by_file else {"PROCMAN_STATE": "state"}
    if by_file:
        file = app.root / "procman.yml"
        file.write_text(f"state_dir: state\n{file.read_text()}")
    running = app.start(env=env)
    running.wait_for(r"hello\.1 .*hello$")
    assert (shared / "procman.pid").exists()
    assert app.do("run", "task", "hello", "--in", "1h", env=env).err == ""
    assert running.stop() == 0
    assert not (app.root / ".procman").exists()
    assert "hello" in app.do("history", env=env).out
    assert len(app.do("jobs", env=env).out.splitlines()) == 2


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
