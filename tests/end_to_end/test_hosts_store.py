"""`procman store`: how the store is, moving it to a server and back, deleting what is old."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.harness import PROCMAN
from tests.store.filling import fill

if TYPE_CHECKING:
    from tests.end_to_end.harness import App
    from tests.postgres import Server

PROCMAN_SCHEDULER = (*PROCMAN, "scheduler")
SECRET = "hunter2"
TASKS = """
    often: {command: echo often, schedule: every second}
    later: echo later
"""


def with_store(app: App, url: str) -> None:
    app.tasks(TASKS, top=f'store: "{url}"\napp: {app.root.name}\n')


def status(app: App) -> dict[str, Any]:
    ended = app.do("store", "status", "--json")
    assert ended.code == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_an_app_moves_to_a_server_with_all_its_runs_and_back(app: App, server: Server) -> None:
    app.tasks(TASKS)
    running = app.launch(*PROCMAN_SCHEDULER)
    running.wait_for(r"often\.2 exited with code 0")
    assert app.do("run", "task", "later", "--in", "1h", "--key", "once").code == 0
    assert app.do("pause", "later").code == 0
    assert running.stop() == 0
    before = app.listed("history"), app.listed("jobs")
    ended = app.do("store", "migrate", "--to", server.url, env={"PROCMAN_APP": app.root.name})
    assert ended.code == 0, ended.err
    assert "other rows copied and verified, with the same numbers" in ended.out
    assert "Paused there, too, as they were before: later." in ended.out
    assert (app.listed("history"), app.listed("jobs")) == before
    assert all(task["paused"] for task in app.listed("schedule"))

    with_store(app, server.url)
    assert (app.listed("history"), app.listed("jobs")) == before
    last = max(run["id"] for run in before[0] + before[1])
    running = app.launch(*PROCMAN_SCHEDULER)
    running.wait_for(rf"often\.({last + 1}|{last + 2}) exited with code 0")  # the numbers go on there
    assert status(app)["instances"] == 1
    assert running.stop() == 0

    there = app.listed("history"), app.listed("jobs")
    file = f"sqlite://{app.root}/back.db"
    ended = app.do("store", "migrate", "--to", file, "--json")
    assert json.loads(ended.out)["copied"]["runs"] == len(there[0]) + len(there[1])
    with_store(app, file)
    assert (app.listed("history"), app.listed("jobs")) == there


def test_nothing_is_copied_while_something_runs(app: App, server: Server) -> None:
    app.tasks("slow: {command: exec sleep 1000, schedule: '@reboot'}")
    running = app.launch(*PROCMAN_SCHEDULER)
    running.wait_for(r"slow\.1 started")
    name = {"PROCMAN_APP": app.root.name}
    ended = app.do("store", "migrate", "--to", server.url, env=name)
    assert (ended.code, "but slow.1 has not ended" in ended.err) == (1, True)
    assert [task["paused"] for task in app.listed("schedule")] == [False]
    assert running.stop() == 0
    moved = app.do("store", "migrate", "--to", server.url, env=name)
    assert (moved.code, "Paused there, too" in moved.out) == (0, False)
    again = app.do("store", "migrate", "--to", server.url, env=name)
    assert (again.code, "the target knows this app already, with 1 runs" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("migrate", "--to: say where to"),
        (f"migrate --to mysql://me:{SECRET}@db/shop", "--to: write the URL of a store"),
        ("migrate --to sqlite:shop.db", "--to: the path must be absolute"),
        ("migrate --from sqlite:///none.db --to sqlite:///other.db", "--from: there is no store: /none.db"),
        ("migrate --from sqlite:///none.db --to sqlite:///none.db", "--to: this is the store that is to"),
        ("status --to sqlite:///x.db", "--to: only 'procman store migrate' knows it"),
        ("mend", "'mend' is none of status, migrate, prune"),
    ],
)
def test_a_mistake_is_told(app: App, words: str, told: str) -> None:
    app.tasks(TASKS)
    ended = app.do("store", *words.split())
    assert (ended.code, told in ended.err) == (2, True), ended.err
    assert SECRET not in ended.err


def test_the_status_is_told_in_words_without_a_password(app: App, server: Server) -> None:
    app.tasks(TASKS)
    assert app.do("store", "status").out.startswith("no store yet")
    assert status(app)["runs"] is None
    with_store(app, server.url.replace("procman@", f"procman:{SECRET}@"))
    ended = app.do("store", "status")
    lines = dict(line.split(maxsplit=1) for line in ended.out.splitlines())
    assert lines["app"] == app.root.name
    assert lines["runs"] == "0, of which 0 wait and 0 are there now"
    assert lines["procmans"] == "0"
    assert SECRET not in f"{ended}{status(app)}"


def test_what_is_old_is_deleted_when_it_is_said(app: App) -> None:
    app.tasks("task0: {command: echo, keep: 3}")
    (app.root / ".procman").mkdir(mode=0o700)
    fill(app.root / ".procman" / "procman.db", 2000, tasks=2, start=1_600_000_000)
    ended = app.do("store", "prune", "--json")
    assert json.loads(ended.out) == {"runs": 2000, "keys": 0}
    assert app.do("store", "prune").out == "0 runs and 0 keys deleted\n"
