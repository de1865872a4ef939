"""`store:` and `app:` of procman.yml, PROCMAN_STORE and PROCMAN_APP, with a real server."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON, App
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Server

STAY = "exec sleep 1000"
SECRET = "hunter2"


def with_server(app: App, url: str, name: str = "", tasks: str = "hi: echo hi") -> None:
    said = f"app: {name}\n" if name else ""
    app.tasks(tasks, top=f'store: "{url}"\n{said}')


def test_check_shows_the_store_without_its_password(app: App) -> None:
    app.procfile(web="true")
    with_server(app, f"postgresql://me:{SECRET}@db.internal:6543/shop?sslmode=require", "shop")
    ended = app.do("check")
    shown = "postgresql (user=me, host=db.internal, port=6543, dbname=shop)"
    assert f"the store is {shown}, the app is called 'shop' there" in ended.out
    found = json.loads(app.do("check", "--json").out)
    assert (found["store"], found["app"], found["warnings"]) == (shown, "shop", [])
    assert SECRET not in f"{ended}{found}"


def test_a_name_that_is_only_the_folders_is_doubted_where_others_share_the_store(app: App) -> None:
    app.procfile(web="true")
    with_server(app, "postgresql://db/shop")
    (warning,) = json.loads(app.do("check", "--json").out)["warnings"]
    assert f"'{app.root.name}'" in warning
    assert json.loads(app.do("check", "--json", env={"PROCMAN_APP": "shop"}).out)["app"] == "shop"
    app.tasks("hi: echo")
    found = json.loads(app.do("check", "--json").out)
    assert (found["store"], found["app"]) == (str(app.root / ".procman" / "procman.db"), None)


@pytest.mark.parametrize("store", [f"mysql://me:{SECRET}@db/shop", f"me:{SECRET}@db", "sqlite://shop.db"])
def test_a_mistake_is_told_with_its_line_and_never_repeated(app: App, store: str) -> None:
    app.procfile(web="true")
    app.write("procman.yml", f"tasks: {{hi: echo}}\nstore: {store}\n")
    for command in ("check", "start", "jobs", "schedule"):
        ended = app.do(command)
        assert (ended.code, "procman.yml:2: store: " in ended.err) == (2, True)
        assert SECRET not in ended.err
    app.tasks("hi: echo")
    ended = app.do("jobs", env={"PROCMAN_STORE": store})
    assert (ended.code, ended.err.startswith("procman: PROCMAN_STORE: ")) == (2, True)
    assert SECRET not in ended.err


def test_without_the_driver_it_is_said_what_to_install(app: App) -> None:
    app.procfile(web=STAY)
    with_server(app, f"postgresql://me:{SECRET}@db/shop", "shop")
    (app.root / "none").mkdir()
    app.write("none/psycopg.py", "raise ImportError('there is none')\n")
    path = {"PYTHONPATH": str(app.root / "none")}
    told = "a store in PostgreSQL needs psycopg: pip install 'procman-cli[postgres]'"
    ended = app.do("jobs", env=path)
    assert (ended.code, told in ended.err) == (1, True)
    assert told in json.loads(app.do("check", "--json", env=path).out)["warnings"][0]
    ended = app.do("scheduler", env=path)
    assert (ended.code, told in ended.err) == (1, True)
    running = app.start(env=path)
    running.wait_for(rf"no task will run: {told[:40]}")
    assert running.stop() == 0


def test_start_says_who_the_app_is_in_a_store_that_others_share(app: App, server: Server) -> None:
    app.procfile(web=STAY)
    with_server(app, server.url, "says who")
    running = app.start()
    running.wait_for(r"the app is 'says who' in postgresql \(user=procman, host=")
    assert running.stop() == 0


@pytest.mark.parametrize("how", ["file", "variable"])
def test_children_find_the_store_by_themselves(app: App, server: Server, how: str) -> None:
    """What stands in procman.yml is in no environment: it may have a password in it."""
    python = "from procman import enqueue; enqueue('hi', 'there')"
    app.procfile(web=f"""{{ env | grep -c PROCMAN_STORE; cd /; {PYTHON} -c "{python}"; }} ; {STAY}""")
    name = f"found by {how} in {app.root.name}"
    if how == "variable":
        app.tasks("hi: echo run", top=f"app: {name}\n")
    else:
        with_server(app, server.url, name, "hi: echo run")
    running = app.start(env={"PROCMAN_STORE": server.url} if how == "variable" else {})
    running.wait_for(rf"web\.1 +\| {int(how == 'variable')}\n")
    running.wait_for(r"hi\.1 +\| run there")
    assert running.stop() == 0
    assert app.runs == []


def test_an_environment_file_says_nothing_of_the_store_but_is_told(app: App, server: Server) -> None:
    """No other command reads it, so the app would leave its jobs where nobody looks."""
    app.procfile(web=f"env | grep PROCMAN_ST; {STAY}")
    app.tasks("hi: echo run")
    app.write(".env", f"PROCMAN_STORE={server.url}\n")
    running = app.start()
    running.wait_for(r"\.env: PROCMAN_STORE means nothing there: ")
    running.wait_for(r"web\.1 +\| PROCMAN_STATE=")
    assert running.stop() == 0
    assert "PROCMAN_STORE=" not in "\n".join(running.said_by("web.1"))


def test_the_store_of_an_outer_procman_is_none_of_an_inner_one(app: App, server: Server) -> None:
    inner = app.root / "inner"
    inner.mkdir()
    (inner / "Procfile").write_text("web: env | grep PROCMAN_\n")
    app.procfile(web=shlex.join([*PROCMAN, "run", "-d", "inner", "web"]))
    running = app.start(env={"PROCMAN_STORE": server.url, "PROCMAN_APP": "outer"})
    running.wait_for(r"PROCMAN_STATE=\S+/inner/\.procman")
    running.end()
    assert "PROCMAN_STORE" not in running.out.text


def test_the_store_stays_while_procman_runs(app: App, server: Server) -> None:
    app.procfile(web=STAY)
    app.tasks("hi: echo")
    running = app.start()
    running.wait_for("web.1 started")
    wait_until((app.root / ".procman" / "control.sock").exists)
    with_server(app, server.url, "late")
    ended = app.do("reload")
    assert (ended.code, "the store cannot change while procman runs" in ended.err) == (2, True)
    assert running.stop() == 0


def test_a_folder_with_another_name_is_another_app_unless_the_app_has_a_name(
    tmp_path: Path, server: Server
) -> None:
    before, after = tmp_path / "release-1", tmp_path / "release-2"
    before.mkdir()
    old = App(before)
    with_server(old, server.url, tasks="hi: echo hi")
    old.do("run", "task", "hi")
    assert len(old.listed("history")) == 1
    before.rename(after)
    new = App(after)
    assert new.listed("history") == []
    with_server(new, server.url, "release-1")
    assert [row["task"] for row in new.listed("history")] == ["hi"]
