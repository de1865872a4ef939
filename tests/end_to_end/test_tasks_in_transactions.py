"""`enqueue(…, connection=…)` with a real procman: a commit starts the job, and nothing else does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from procman.store.postgres.store import PostgresStore
from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.harness import App
    from tests.postgres import Server

HEAD = """
import os, sys
from procman import enqueue
url = sys.argv[1].strip('"')
path = url.removeprefix("sqlite://")
def until(name):
    print(name, "?", flush=True)
    assert sys.stdin.readline()
"""
BODY = """
connection = begin()
enqueue("show", "never", connection=connection)
rollback()
connection = begin()
number = enqueue("show", "once", key="k", connection=connection)
assert enqueue("show", "twice", key="k", connection=connection) == number
until("commit")
commit()
until("end")
"""
PSYCOPG = """
import psycopg
app = psycopg.connect(url)
begin, commit, rollback = lambda: app, app.commit, app.rollback
"""
PSYCOPG2 = PSYCOPG.replace("psycopg", "psycopg2")
SQLITE3 = """
import sqlite3
app = sqlite3.connect(path)
begin, commit, rollback = lambda: app, app.commit, app.rollback
"""
SQLALCHEMY = """
from sqlalchemy import create_engine
made = create_engine(url.replace("postgresql", "postgresql+psycopg").replace("sqlite://", "sqlite:///"))
app = made.connect()
begin, commit, rollback = lambda: app, app.commit, app.rollback
"""
SESSION = "from sqlalchemy.orm import Session" + SQLALCHEMY.replace("made.connect()", "Session(made)")
DJANGO = """
import django
from django.conf import settings
from urllib.parse import parse_qs, urlsplit
said = {"ENGINE": "django.db.backends.sqlite3", "NAME": path}
if path == url:
    parts = urlsplit(url)
    said = {"ENGINE": "django.db.backends.postgresql", "NAME": parts.path[1:], "USER": parts.username}
    said["HOST"] = parse_qs(parts.query)["host"][0]
settings.configure(DATABASES={"default": said})
django.setup()
from django.db import connection as app, transaction
def begin():
    global block
    block = transaction.atomic()
    block.__enter__()
    return app
def commit():
    block.__exit__(None, None, None)
def rollback():
    block.__exit__(ValueError, ValueError(), None)
"""
SERVED = {
    "psycopg": PSYCOPG,
    "psycopg2": PSYCOPG2,
    "SQLAlchemy": SQLALCHEMY,
    "session": SESSION,
    "Django": DJANGO,
}
IN_FILE = {"sqlite3": SQLITE3, "SQLAlchemy": SQLALCHEMY, "session": SESSION, "Django": DJANGO}


def is_started_by_the_commit(app: App, code: str, url: str, listens: Callable[[], object]) -> None:
    """By the bell: the next look would come after 30 s, longer than the test's patience."""
    app.write("ask.py", HEAD + code + BODY)
    app.tasks("show: printf '<%s>'", top=f"store: {url}\napp: {app.root.name}\n")
    scheduler = app.launch(*PROCMAN, "scheduler")
    scheduler.wait_for("nothing scheduled")
    wait_until(listens)
    asking = app.launch_on_terminal(PYTHON, "ask.py", url)
    asking.wait_for(r"commit \?")
    assert app.listed("jobs") == app.listed("history") == []
    asking.type("\n")
    number = scheduler.wait_for(r"show\.(\d+) exited with code 0")[1].decode()
    asking.wait_for(r"end \?")
    asking.type("\n")
    assert (asking.end(), scheduler.stop()) == (0, 0)
    assert scheduler.said_by(f"show.{number}") == ["<once>"]
    (run,) = app.listed("history")
    assert (run["id"], run["outcome"], run["args"]) == (int(number), "ok", ["once"])


@pytest.mark.parametrize("code", SERVED.values(), ids=SERVED)
def test_a_commit_on_a_server_starts_the_job(app: App, server: Server, code: str) -> None:
    with closing(PostgresStore(server.url, app.root.name)) as store:
        is_started_by_the_commit(app, code, f'"{server.url}"', store.instances.living)


@pytest.mark.parametrize("code", IN_FILE.values(), ids=IN_FILE)
def test_a_commit_in_the_file_that_is_the_store_starts_the_job(app: App, code: str) -> None:
    """The app has had the file before procman came to it."""
    path = app.root / "shop.db"
    with closing(sqlite3.connect(path)) as shop:
        shop.execute("CREATE TABLE orders (id INTEGER)")
    is_started_by_the_commit(app, code, f"sqlite://{path}", (app.root / ".procman" / "wake").exists)
    with closing(sqlite3.connect(path)) as shop:
        assert shop.execute("SELECT * FROM orders").fetchall() == []
