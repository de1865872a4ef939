"""A store in the file of the app's own database."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from procman.errors import RefusedError
from procman.store.open import open_store

from .rows import asked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return str(tmp_path / "shop.db")


def write(path: str, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def test_both_are_in_one_file(shop: str) -> None:
    write(shop, "CREATE TABLE orders (id INTEGER); INSERT INTO orders VALUES (7)")
    with closing(open_store(shop)) as store:
        assert store.moved_aside is None
        assert store.request(asked()) == (1, True)
    write(shop, "INSERT INTO orders VALUES (8)")
    with closing(open_store(shop)) as store, closing(sqlite3.connect(shop)) as app:
        assert len(store.jobs()) == 1
        assert app.execute("SELECT id FROM orders").fetchall() == [(7,), (8,)]


def test_the_app_may_have_the_empty_file_open_already(shop: str) -> None:
    """As `sqlite3.connect` leaves it until the app has made its tables."""
    with closing(sqlite3.connect(shop)) as app:
        assert os.path.getsize(shop) == 0
        with closing(open_store(shop)) as store:
            app.execute("CREATE TABLE orders (id INTEGER)")
            assert store.request(asked()) == (1, True)
        assert app.execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_a_file_of_our_own_elsewhere_is_made_as_ever(shop: str) -> None:
    with closing(open_store(shop)) as store:
        assert store.request(asked()) == (1, True)
    assert os.stat(shop).st_mode & 0o777 == 0o600


REFUSED = {
    "a table": (
        "CREATE TABLE Tasks (id INTEGER); CREATE VIEW keys AS SELECT * FROM Tasks",
        "it has what procman makes there, 'keys', 'tasks', of its own: give procman a file of its own",
    ),
    "a version": (
        "CREATE TABLE orders (id INTEGER); PRAGMA user_version = 1",
        "it has a PRAGMA user_version (1) of its own, where procman keeps that of its tables: give procman",
    ),
    "a later version": (
        "CREATE TABLE orders (id INTEGER); PRAGMA user_version = 700",
        "it has a PRAGMA user_version (700) of its own",
    ),
}


@pytest.mark.parametrize(("script", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_in_the_way_is_told_and_the_file_stays_as_it_is(shop: str, script: str, told: str) -> None:
    write(shop, script)
    with open(shop, "rb") as file:
        before = file.read()
    for _ in range(2):
        with pytest.raises(RefusedError) as caught:
            open_store(shop)
        assert str(caught.value).startswith(f"{shop}: {told}")
    with open(shop, "rb") as file:
        assert file.read() == before


@pytest.mark.parametrize("data", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_stays_where_it_is(shop: str, data: bytes) -> None:
    with open(shop, "wb") as file:
        file.write(data)
    with pytest.raises(RefusedError, match="may have more in it than jobs: bring it back from a backup"):
        open_store(shop)
    with open(shop, "rb") as file:
        assert file.read() == data
    assert {*os.listdir(os.path.dirname(shop))} <= {"shop.db", "shop.db.lock"}
