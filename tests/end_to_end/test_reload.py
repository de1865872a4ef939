"""The files of an app are changed while it runs, and read again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

STAY = "exec sleep 1000"


def started(app: App, *words: str) -> Running:
    running = app.start(*words)
    wait_until(lambda: os.path.exists(app.root / ".procman" / "control.sock"))
    return running


def pids(app: App) -> dict[str, int]:
    return {row["name"]: row["pid"] for row in app.listed("ps")}


def test_only_what_has_changed_is_restarted(app: App) -> None:
    app.procfile(web=f"echo one; {STAY}", worker=STAY)
    running = started(app)
    before = pids(app)
    assert app.do("reload").out == "nothing has changed\n"
    app.procfile(web=f"echo two; {STAY}", worker=STAY)
    told = app.do("reload")
    assert told.code == 0
    after = pids(app)
    assert told.out == f"web.1 is running (pid {after['web.1']}): command changed\n"
    assert (after["worker.1"], after["web.1"] == before["web.1"]) == (before["worker.1"], False)
    running.wait_for(r"web\.1 +\| two")
    assert running.stop() == 0


def test_what_comes_and_goes_and_what_env_says(app: App) -> None:
    app.write(".env", "COLOUR=red\nSECRET=hush\n")
    app.procfile(web=f"echo $COLOUR; {STAY}", old=STAY)
    running = started(app)
    running.wait_for(r"web\.1 +\| red")
    app.write(".env", "COLOUR=blue\nSECRET=other\n")
    app.procfile(web=f"echo $COLOUR; {STAY}", mail=f"echo on $PORT; {STAY}")
    told = app.do("reload").out
    assert "old.1 is down, exit code 143: removed\n" in told
    assert ": COLOUR, SECRET changed\n" in told
    assert ": new\n" in told
    running.wait_for(r"web\.1 +\| blue")
    running.wait_for(r"mail\.1 +\| on 5100")
    assert pids(app).keys() == {"web.1", "mail.1"}
    assert "hush" not in running.out.text + told
    assert "other" not in told
    assert running.stop() == 0


def test_with_any_mistake_nothing_changes(app: App) -> None:
    app.procfile(web=f"echo one; {STAY}", worker=STAY)
    running = started(app)
    before = pids(app)
    app.write("Procfile", f"web: echo two; {STAY}\nnonsense\n")
    app.write(".env", 'A="never closed\n')
    app.tasks("a: {command: x, schedule: never ever}")
    told = app.do("reload")
    assert told.code == 2
    assert [line.split(":")[1].strip() for line in told.err.splitlines()] == [
        "Procfile",
        ".env",
        "procman.yml",
    ]
    assert pids(app) == before
    app.procfile(web=f"echo one; {STAY}", worker=STAY)
    for name in (".env", "procman.yml"):
        (app.root / name).unlink()
    assert app.do("reload").out == "nothing has changed\n"
    assert running.stop() == 0


def test_tasks_come_without_a_scheduler_before_and_change_and_go(app: App) -> None:
    app.procfile(web=STAY)
    running = started(app)
    app.tasks("hello: {command: echo hello, schedule: every second}")
    assert app.do("reload").out == "task hello: new\n"
    running.wait_for(r"hello\.1 +\| hello")
    assert app.do("reload").out == "nothing has changed\n"
    app.tasks("hello: {command: echo bye, schedule: every second}")
    assert app.do("reload").out == "task hello: command changed\n"
    running.wait_for(r"hello\.\d+ +\| bye")
    (app.root / "procman.yml").unlink()
    assert app.do("reload").out == "task hello: removed\n"
    count = len(app.runs)
    assert app.do("reload").out == "nothing has changed\n"
    assert running.stop() == 0
    assert running.out.text.count("1 task, next: hello") == 2  # said when there was something to say
    ticks = [run.tick for run in app.runs]
    assert len(ticks) == len(set(ticks))
    assert len(ticks) <= count + 1


def test_scaled_processes_stay_as_many_and_paths_are_those_that_were_typed(app: App) -> None:
    (app.root / "sub").mkdir()
    app.write("sub/Procfile", f"web: {STAY}\nworker: {STAY}\n")
    app.write("my.env", "A=1\n")
    running = app.start("-f", "sub/Procfile", "-e", "my.env", "web")
    wait_until(lambda: os.path.exists(app.root / "sub" / ".procman" / "control.sock"))
    app.do("scale", "-d", "sub", "web=2")
    app.write("my.env", "A=2\n")
    app.write("sub/Procfile", f"web: {STAY}\nworker: {STAY}\nmail: {STAY}\n")
    told = app.do("reload", "-d", "sub")
    assert [line.rpartition(": ")[2] for line in told.out.splitlines()] == ["A changed", "A changed"]
    assert [row["name"] for row in app.listed("ps", "-d", "sub")] == ["web.1", "web.2"]
    app.write("sub/Procfile", "nonsense\n")
    assert app.do("reload", "-d", "sub").err.startswith("procman: Procfile:1: ")
    assert running.stop() == 0
