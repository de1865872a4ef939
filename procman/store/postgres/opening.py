"""Connecting, and the schema: made, and brought up to date, by one of those who connect at the same time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import psycopg

from procman.errors import RefusedError
from procman.store.postgres import address
from procman.store.postgres.failures import failure

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPTS = ("schema1.sql",)
"""The n-th makes version n of the one before. There is no way back."""
OF_SCHEMA = 0x70726F63
"""The advisory lock of those who change the schema; that of an app has its own number in the low half."""
IS_MADE = (
    "SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'procman' AND c.relname = 'version'"
)
"""Asked of the tables: `to_regclass` would remember its answer of before, while we waited for the lock."""
MAKE_KNOWN = "INSERT INTO procman.apps (app) VALUES (%s) ON CONFLICT (number) DO NOTHING RETURNING number"
SETTINGS = "SET lock_timeout = '10s'; SET default_transaction_isolation = 'read committed'"
"""As in `Database.together`, for what is asked outside of it. A pool would have it set for others, too."""
CONNECT_SECONDS = 10
OPTIONS = {
    "application_name": "procman",
    "connect_timeout": str(CONNECT_SECONDS),
    "keepalives_idle": "20",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}


def connector(url: str, shown: str) -> Callable[[], psycopg.Connection[Any]]:
    """What connects. Raises `StoreError`."""

    def connect() -> psycopg.Connection[Any]:
        try:
            options: dict[str, Any] = {**OPTIONS, **address.parameters(url)}
            connection: psycopg.Connection[Any] = psycopg.connect(**options, autocommit=True)
            if _is_pooled(connection):
                connection.prepare_threshold = None  # what one server has prepared, another does not know
            return connection
        except psycopg.Error as error:
            raise failure(error, shown) from None

    return connect


def _is_pooled(connection: psycopg.Connection[Any]) -> bool:
    """Whether somebody stands between us and the server, as pgbouncer does."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row is None or row[0] != connection.info.backend_pid


def prepare(connection: psycopg.Connection[Any], app: str, shown: str, last: int = 0) -> int:
    """Make the schema if need be, and the app known, whose runs get numbers above `last`; the number of the
    app. Raises `StoreError`, and closes the connection then."""
    try:
        if _version(connection) != len(SCRIPTS):
            _migrate(connection, shown)
        number = _number(connection, app)
        if last:
            sequence = f"procman.runs_{number}"
            go_on = f"SELECT setval('{sequence}', %s) FROM {sequence} WHERE last_value < %s OR NOT is_called"
            connection.execute(go_on, [last, last])
        if connection.prepare_threshold is not None:
            connection.execute(SETTINGS)
        return number
    except psycopg.Error as error:
        connection.close()
        raise failure(error, shown) from None
    except BaseException:
        connection.close()
        raise


def _version(connection: psycopg.Connection[Any]) -> int:
    if not connection.execute(IS_MADE).fetchone():
        return 0
    row = connection.execute("SELECT max(version) FROM procman.version").fetchone()
    return int(row[0] or 0) if row else 0


def _migrate(connection: psycopg.Connection[Any], shown: str) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [OF_SCHEMA])
        version = _version(connection)
        if version > len(SCRIPTS):
            raise RefusedError(
                f"{shown} was made by a newer procman (schema {version}, this one knows {len(SCRIPTS)}):"
                " upgrade procman"
            )
        if not version:
            connection.execute("CREATE SCHEMA IF NOT EXISTS procman")
            connection.execute("CREATE TABLE procman.version (version integer PRIMARY KEY)")
        for number, name in enumerate(SCRIPTS[version:], version + 1):
            with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as script:
                connection.execute(script.read())
            connection.execute("INSERT INTO procman.version VALUES (%s)", [number])


def _number(connection: psycopg.Connection[Any], app: str) -> int:
    """The number of the app, with a sequence for its runs."""
    known = "SELECT number FROM procman.apps WHERE app = %s"
    if row := connection.execute(known, [app]).fetchone():
        return int(row[0])
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [OF_SCHEMA])
        if row := connection.execute(known, [app]).fetchone():
            return int(row[0])
        while not (row := connection.execute(MAKE_KNOWN, [app]).fetchone()):
            pass  # another app has the number
        connection.execute(f"CREATE SEQUENCE procman.runs_{int(row[0])}")
        return int(row[0])
