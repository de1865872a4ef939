"""What an app gives as the connection to write with: of five libraries, each of which says it differently.

None of them is imported before somebody gives what it has made. Nothing is committed here, or rolled back.
"""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.store.joined import by_name, named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.store.joined import Steps
    from procman.store.needs import Row, Value

    Within = Callable[[str], Steps]
    """The steps to be taken in a database that speaks this."""

POSTGRESQL, SQLITE = "postgresql", "sqlite"
WANTED = (
    "give a connection of psycopg, psycopg2 or sqlite3, a connection or session of SQLAlchemy, or Django's"
    " django.db.connection"
)
LATER = "asynchronous: await enqueue_async(…) with it"
PERCENT, COLON = "%(v{})s", ":v{} "
"""How values are named; the blank keeps `:v1::text` from being misread."""


class Given(NamedTuple):
    """What the database speaks, and how it is asked."""

    speaks: str
    ask: Callable[[str, Sequence[Value]], list[Row]]


def take(connection: Any, within: Within) -> int:
    """Take steps, with a connection or whatever has one; what they give in the end.

    Raises `TypeError` for what has none, and what its library does.
    """
    given = KINDS.get(_library(connection), _nothing)(connection)
    steps = within(given.speaks)
    try:
        step = next(steps)
        while True:
            step = steps.send(given.ask(*step))
    except StopIteration as end:
        return int(end.value)


async def take_async(connection: Any, within: Within) -> int:
    """`take`, also with an asynchronous connection of psycopg, and one or a session of SQLAlchemy."""
    library = _library(connection)
    if library == "sqlalchemy" and hasattr(connection, "run_sync"):
        return int(await connection.run_sync(take, within))
    if library != "psycopg" or "AsyncConnection" not in [kind.__name__ for kind in type(connection).__mro__]:
        return take(connection, within)  # the loop waits, as for all else that is done with it
    steps = within(POSTGRESQL)
    try:
        step = next(steps)
        while True:
            step = steps.send(await _ask_async(connection, *step))
    except StopIteration as end:
        return int(end.value)


def _library(connection: Any) -> str:
    """Whose it is, or that of which it is a kind."""
    roots = [kind.__module__.partition(".")[0] for kind in type(connection).__mro__]
    return next((root for root in roots if root in KINDS), "")


def _nothing(connection: Any) -> Given:
    kind = f"{type(connection).__module__}.{type(connection).__qualname__}"
    raise TypeError(f"connection is a {kind}: {WANTED}")


def _psycopg(connection: Any) -> Given:
    from psycopg import AsyncConnection, Connection, Cursor, rows

    if isinstance(connection, AsyncConnection):
        raise TypeError(f"connection is {LATER}")
    if not isinstance(connection, Connection):
        return _nothing(connection)

    def ask(sql: str, values: Sequence[Value]) -> list[Row]:
        with Cursor(connection, row_factory=rows.tuple_row) as cursor:  # whatever the app's own cursors are
            text: Any = named(sql, PERCENT)
            return cursor.execute(text, by_name(values), prepare=False).fetchall()

    return Given(POSTGRESQL, ask)


async def _ask_async(connection: Any, sql: str, values: Sequence[Value]) -> list[Row]:
    from psycopg import AsyncCursor, rows

    async with AsyncCursor(connection, row_factory=rows.tuple_row) as cursor:
        text: Any = named(sql, PERCENT)
        await cursor.execute(text, by_name(values), prepare=False)
        return await cursor.fetchall()


def _psycopg2(connection: Any) -> Given:
    if not hasattr(connection, "cursor"):
        return _nothing(connection)
    extensions: Any = sys.modules["psycopg2.extensions"]

    def ask(sql: str, values: Sequence[Value]) -> list[Row]:
        with closing(connection.cursor(cursor_factory=extensions.cursor)) as cursor:
            cursor.execute(named(sql, PERCENT), by_name(values))
            rows: list[Row] = cursor.fetchall()
            return rows

    return Given(POSTGRESQL, ask)


def _sqlite3(connection: Any) -> Given:
    if not hasattr(connection, "cursor"):
        return _nothing(connection)

    def ask(sql: str, values: Sequence[Value]) -> list[Row]:
        with closing(connection.cursor()) as cursor:
            cursor.row_factory = None
            rows: list[Row] = cursor.execute(named(sql, COLON), by_name(values)).fetchall()
            return rows

    return Given(SQLITE, ask)


def _sqlalchemy(connection: Any) -> Given:
    from sqlalchemy import Connection, text

    if hasattr(connection, "run_sync"):
        raise TypeError(f"connection is {LATER}")
    if not isinstance(connection, Connection):
        if not callable(getattr(connection, "connection", None)):
            return _nothing(connection)
        return _sqlalchemy(connection.connection())  # of a session

    def ask(sql: str, values: Sequence[Value]) -> list[Row]:
        """By SQLAlchemy itself, for which the transaction begins with it."""
        found = connection.execute(text(named(sql, COLON)), by_name(values))
        return [tuple(row) for row in found]

    return Given(connection.dialect.name, ask)


def _django(connection: Any) -> Given:
    if not hasattr(connection, "vendor"):
        return _nothing(connection)

    def ask(sql: str, values: Sequence[Value]) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(named(sql, PERCENT), by_name(values))
            rows: list[Row] = cursor.fetchall()
            return rows

    return Given(connection.vendor, ask)


KINDS: dict[str, Callable[[Any], Given]] = {
    "psycopg": _psycopg,
    "psycopg2": _psycopg2,
    "sqlite3": _sqlite3,
    "sqlalchemy": _sqlalchemy,
    "django": _django,
}
