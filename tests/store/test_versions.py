"""Stores of earlier versions of procman, with rows as that procman wrote them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.query import Query
from procman.core.tasks.run import Outcome, Run, State, Summary, TaskState, Trigger
from procman.store import opening
from procman.store.open import open_store

from .rows import ME, NOW, TICK, asked, ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.store.sqlite import SqliteStore

SCHEMA = Path(opening.__file__).parent / "schema.sql"
ROWS = Path(__file__).parent / "version1.sql"
ARGS = ("42", "a b", "", "caf\udcff\n", "\u00e9\\", '"')


@pytest.fixture
def of_version_1(path: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SCHEMA.read_text())
        connection.executescript(ROWS.read_text())
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    return path


@pytest.fixture
def store(of_version_1: str) -> Iterator[SqliteStore]:
    store = open_store(of_version_1)
    assert store.moved_aside is None
    yield store
    store.close()


def test_the_runs_of_version_1_are_all_there(store: SqliteStore) -> None:
    assert ids(store.history()) == [8, 2, 3, 5, 4, 6]
    assert store.jobs() == [
        Run(7, "mail", "", ("first",), Trigger.RETRY, None, NOW + 90, 2, None, NOW + 70),
        Run(1, "mail", "", ARGS, Trigger.DELAYED, None, NOW + 1000, 1, "welcome", NOW - 100),
    ]
    assert store.run(3) == Run(
        3,
        "mail",
        "run mail",
        tick=TICK + 1,
        due=TICK + 1.25,
        created_at=NOW + 20,
        state=State.FINISHED,
        outcome=Outcome.OK,
        code=0,
        owner=ME,
        pid=4711,
        identity="4711:5:boot",
        started_at=NOW + 21,
        ended_at=NOW + 30,
        output_bytes=5,
        max_rss_bytes=1 << 20,
        cpu_s=0.5,
    )
    assert (store.output(2), store.output(3), store.output(4)) == (b"x", b"caf\xe9\n", None)


def test_what_was_known_of_the_tasks_is_told_by_the_order_of_today(store: SqliteStore) -> None:
    """Run 2 was asked for before run 3, and ended after it."""
    assert store.summaries() == {
        "mail": Summary("mail", TICK + 3, Outcome.FAILED, NOW + 30),
        "other": Summary("other", None, Outcome.CANCELED, None),
    }
    assert store.states() == {
        "mail": TaskState("mail", "hourly [UTC]", TICK + 3),
        "other": TaskState("other", paused_at=NOW + 5),
    }


def test_the_arguments_of_version_1_are_json_now(store: SqliteStore) -> None:
    rows: dict[int, str] = dict(store._db.rows("SELECT id, args FROM runs"))
    assert rows[1] == '["42", "a b", "", "caf\\udcff\\n", "\u00e9\\\\", "\\""]'
    assert rows[3] == "[]"


def test_the_keys_of_version_1_are_known_but_those_of_canceled_jobs(store: SqliteStore) -> None:
    assert store.request(asked(task="mail", key="welcome")) == (1, False)
    assert store.request(asked(task="other", key="k")) == (6, False)
    store._db.change("DELETE FROM runs")
    assert store.request(asked(task="mail", key="welcome")) == (1, False)
    assert store.request(asked(task="other", key="canceled")) == (9, True)


def test_a_key_of_an_app_that_still_has_version_1_counts(store: SqliteStore) -> None:
    store._db.change(
        "INSERT INTO runs (task, command, args, trigger, due, attempt, key, created_at, state, truncated)"
        " VALUES ('mail', '', '', 'manual', ?, 1, 'new', ?, 'pending', 0)",
        NOW,
        NOW,
    )
    assert store.request(asked(task="mail", key="new")) == (9, False)
    store._db.change(
        "UPDATE runs SET state = 'finished', outcome = 'canceled', ended_at = ? WHERE key = 'new'", NOW
    )
    assert store.request(asked(task="mail", key="new")) == (10, True)


def test_what_an_app_that_still_has_version_1_writes_is_read(store: SqliteStore) -> None:
    """It was not started again since procman was upgraded."""
    insert = (
        "INSERT INTO runs (task, command, args, trigger, due, attempt, created_at, state, truncated)"
        " VALUES ('mail', '', ?, 'manual', ?, 1, ?, 'pending', 0)"
    )
    for args in ("", "a\\n\nb\n"):
        store._db.change(insert, args, NOW, NOW)
    assert [run.args for run in store.take_due(NOW, ME, NOW, (9, 9))] == [(), ("a\n", "b")]
    assert ids(store.history(Query(text="run mail"), 2)) == [2, 3]


def test_version_1_with_nothing_in_it_is_brought_up_to_date(path: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA.read_text())
        connection.execute("PRAGMA user_version = 1")
    with closing(open_store(path)) as store:
        assert (store.history(), store.jobs(), store.last_id()) == ([], [], 0)
