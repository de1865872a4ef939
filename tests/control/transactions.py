"""Connections of an app to its database, made with the libraries that apps use."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import sqlalchemy
from psycopg import conninfo, rows
from sqlalchemy import orm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Transaction(NamedTuple):
    """What is given to `enqueue`, and how the app ends its transaction. `run` has a statement made in it."""

    connection: Any
    run: Callable[[str], object]
    commit: Callable[[], object]
    rollback: Callable[[], object]


@contextmanager
def of_psycopg(url: str, **options: Any) -> Iterator[Transaction]:
    with psycopg.connect(url, **options) as found:
        yield Transaction(found, lambda sql: found.execute(sql.encode()), found.commit, found.rollback)


@contextmanager
def of_psycopg_with_dicts(url: str) -> Iterator[Transaction]:
    """Whatever the app has its own cursors do."""
    cursors: Any = {"row_factory": rows.dict_row, "cursor_factory": psycopg.RawCursor}
    with of_psycopg(url, **cursors) as found:
        yield found


@contextmanager
def of_psycopg2(url: str) -> Iterator[Transaction]:
    connect, extras = import_module("psycopg2").connect, import_module("psycopg2.extras")
    found = connect(url, cursor_factory=extras.RealDictCursor)
    yield Transaction(found, lambda sql: found.cursor().execute(sql), found.commit, found.rollback)
    found.close()


@contextmanager
def of_sqlite3(url: str) -> Iterator[Transaction]:
    found = sqlite3.connect(url.removeprefix("sqlite://"))
    yield Transaction(found, found.execute, found.commit, found.rollback)
    found.close()


@contextmanager
def engine(url: str, driver: str = "psycopg") -> Iterator[sqlalchemy.Engine]:
    url = url.replace("sqlite://", "sqlite:///").replace("postgresql:", f"postgresql+{driver}:")
    made = sqlalchemy.create_engine(url)
    yield made
    made.dispose()


@contextmanager
def of_sqlalchemy(url: str, driver: str = "psycopg") -> Iterator[Transaction]:
    with engine(url, driver) as made, made.connect() as found:
        yield Transaction(
            found, lambda sql: found.execute(sqlalchemy.text(sql)), found.commit, found.rollback
        )


@contextmanager
def of_sqlalchemy_on_psycopg2(url: str) -> Iterator[Transaction]:
    with of_sqlalchemy(url, "psycopg2") as found:
        yield found


@contextmanager
def of_session(url: str) -> Iterator[Transaction]:
    with engine(url) as made, orm.Session(made) as found:
        yield Transaction(
            found, lambda sql: found.execute(sqlalchemy.text(sql)), found.commit, found.rollback
        )


@contextmanager
def of_scoped_session(url: str) -> Iterator[Transaction]:
    with engine(url) as made:
        found = orm.scoped_session(orm.sessionmaker(made))
        yield Transaction(
            found, lambda sql: found.execute(sqlalchemy.text(sql)), found.commit, found.rollback
        )
        found.remove()


@contextmanager
def of_django(url: str, autocommit: bool = False) -> Iterator[Transaction]:
    """A connection as `django.db.connections` has it."""
    if url.startswith("sqlite"):
        said: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3"}
        said["NAME"] = url.removeprefix("sqlite://")
    else:
        parts = conninfo.conninfo_to_dict(url)
        said = {"ENGINE": "django.db.backends.postgresql", "NAME": parts["dbname"], "USER": parts["user"]}
        said["HOST"] = parts["host"]
    settings = import_module("django.conf").settings
    if not settings.configured:
        settings.configure()
        import_module("django").setup()
    found = import_module("django.db").connections.__class__({"default": said})["default"]
    found.ensure_connection()
    found.set_autocommit(autocommit)

    def run(sql: str) -> None:
        with found.cursor() as cursor:
            cursor.execute(sql)

    yield Transaction(found, run, found.commit, found.rollback)
    found.close()


SERVED = {
    "psycopg": of_psycopg,
    "psycopg with cursors of its own": of_psycopg_with_dicts,
    "psycopg2": of_psycopg2,
    "SQLAlchemy": of_sqlalchemy,
    "SQLAlchemy on psycopg2": of_sqlalchemy_on_psycopg2,
    "a session of SQLAlchemy": of_session,
    "a scoped session": of_scoped_session,
    "Django": of_django,
}
"""For a store on a server."""
IN_FILE = {
    "sqlite3": of_sqlite3,
    "SQLAlchemy": of_sqlalchemy,
    "a session of SQLAlchemy": of_session,
    "a scoped session": of_scoped_session,
    "Django": of_django,
}
"""For a store in the app's own file."""
