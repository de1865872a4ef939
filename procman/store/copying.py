"""All of an app copied from one store into another, of whatever kinds: runs keep their numbers.

Nothing of the source is changed. The target has all of it or nothing: it is one transaction there.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.tasks.past import Past
from procman.core.tasks.run import Run, TaskState
from procman.errors import RefusedError, StoreError
from procman.store.statements import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from procman.store.needs import Row
    from procman.store.postgres.store import PostgresStore
    from procman.store.sqlite import SqliteStore

    Store = PostgresStore | SqliteStore

AT_ONCE = 1000
"""Rows that are read, and then written."""
OUTPUTS_AT_ONCE = 50
"""Of these, each of which may have a megabyte: the target waits meanwhile, for ten seconds at most."""
COMPARED = 1000
"""So many of the newest rows are compared when all are copied."""
EVER = 1 << 62
SWITCHES = ("truncated", "last_ran")
"""Columns that are 0 or 1 in SQLite, and a boolean in PostgreSQL."""
CHANGED = "it changed while it was copied: stop procman and the app, and try again. Nothing was copied"
NOT_EMPTY = (
    "the target knows this app already, with {} runs: name a store without it, or call it otherwise ('app:')"
)


class Table(NamedTuple):
    """A table that both kinds have, and its primary key. `run`: the column with the number of a run."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    run: str | None = None

    @property
    def at_once(self) -> int:
        """How many rows are read, and then written."""
        return OUTPUTS_AT_ONCE if self.name == "outputs" else AT_ONCE


RUNS = Table("runs", ("id",), (*Run._fields, "at"), "id")
TABLES = (
    RUNS,
    Table("outputs", ("run",), ("run", "output"), "run"),
    Table("keys", ("task", "key"), ("task", "key", "run", "since"), "run"),
    Table("tasks", ("name",), TaskState._fields),
    Table("pasts", ("task",), Past._fields),
    Table("retentions", ("task",), ("task", "keep", "keep_for", "keep_keys")),
)


class Side:
    """One of the two stores, read and written row by row; of runs those up to the number `last`."""

    def __init__(self, store: Store) -> None:
        self._db = store.database
        self._app: str | None = getattr(store, "app", None)
        self._schema = "" if self._app is None else "procman."
        self.last = EVER

    def count(self, table: Table) -> int:
        """How many rows there are."""
        where, values = self._where(table)
        return int(self._db.rows(f"SELECT count(*) FROM {where}", *values)[0][0])

    def rows(self, table: Table, order: str = "") -> Iterator[Row]:
        """All rows in the order of their keys, or the other way round (`DESC`)."""
        where, values = self._where(table)
        columns, key, at_once = ", ".join(table.columns), ", ".join(table.key), table.at_once
        behind = f"({key}) {'<' if order else '>'} ({', '.join('?' * len(table.key))})"
        by = ", ".join(f"{each} {order}" for each in table.key)
        found = self._db.rows(f"SELECT {columns} FROM {where} ORDER BY {by} LIMIT ?", *values, at_once)
        query = f"SELECT {columns} FROM {where} AND {behind} ORDER BY {by} LIMIT ?"
        while found:
            yield from (_plain(table, row) for row in found)
            found = self._db.rows(query, *values, *found[-1][: len(table.key)], at_once)

    def open_runs(self) -> list[str]:
        """The names of the runs that somebody has now."""
        where, values = self._where(RUNS)
        rows = self._db.rows(f"SELECT task, id FROM {where} AND {OPEN} ORDER BY id", *values)
        return [f"{task}.{number}" for task, number in rows]

    def put(self, table: Table, rows: Sequence[Row]) -> None:
        """Write new rows. Keys of runs come last: SQLite's trigger would take each for one that is asked for
        now, and it may have been canceled."""
        keyed: list[Row] = []
        if self._app is None and table is RUNS:
            at = table.columns.index("key")
            keyed = [(row[at], row[0]) for row in rows if row[at] is not None]
            rows = [(*row[:at], None, *row[at + 1 :]) for row in rows]
        mine = () if self._app is None else (self._app,)
        columns = (*(("app",) if mine else ()), *table.columns)
        values = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {self._schema}{table.name} ({', '.join(columns)}) VALUES ({values})"
        self._db.change_each(sql, [(*mine, *row) for row in rows])
        if keyed:
            self._db.change_each("UPDATE runs SET key = ? WHERE id = ?", keyed)

    def learn(self) -> None:
        """Have a server learn how much there is now. Until it has, it may look for each run among all."""
        if self._app is not None:
            for table in TABLES:
                self._db.change(f"ANALYZE {self._schema}{table.name}")

    def _where(self, table: Table) -> tuple[str, tuple[Any, ...]]:
        mine, values = ("TRUE", ()) if self._app is None else ("app = ?", (self._app,))
        if table.run is None:
            return f"{self._schema}{table.name} WHERE {mine}", values
        return f"{self._schema}{table.name} WHERE {mine} AND {table.run} <= ?", (*values, self.last)


def open_runs(store: Store) -> list[str]:
    """The names of the runs that somebody has now."""
    return Side(store).open_runs()


def copy(source: Store, target: Store, states: Mapping[str, TaskState]) -> dict[str, int]:
    """Copy all, the tasks with these `states`; how many rows of each table. Raises `StoreError`."""
    from_, to = Side(source), Side(target)
    from_.last = source.last_id()
    with target.together():
        if any(map(to.count, TABLES)):
            raise RefusedError(NOT_EMPTY.format(to.count(RUNS)))
        target.continue_after(from_.last)
        for table in TABLES:
            rows = iter(states.values()) if table.name == "tasks" else from_.rows(table)
            while some := [*islice(rows, table.at_once)]:
                to.put(table, some)
        counts = _verified(from_, to)
    with suppress(StoreError):  # all is there; a server learns it by itself
        to.learn()
    return counts


def _verified(source: Side, target: Side) -> dict[str, int]:
    """How many rows there are of each, when both have as many, and the newest are the same."""
    counts = {table.name: target.count(table) for table in TABLES}
    if any(source.count(table) != counts[table.name] for table in TABLES if table.name != "tasks"):
        raise StoreError(CHANGED)
    for table in TABLES[:2]:
        pairs = zip(source.rows(table, "DESC"), target.rows(table, "DESC"), strict=False)
        if any(_storable(one) != _storable(other) for one, other in islice(pairs, COMPARED)):
            raise StoreError(CHANGED)
    return counts


def _storable(row: Row) -> Row:
    r"""A row as every kind of store can have it: PostgreSQL keeps a NUL in a text as `\u0000`."""
    return tuple(each.replace("\0", "\\u0000") if isinstance(each, str) else each for each in row)


def _plain(table: Table, row: Row) -> Row:
    switches = [number for number, column in enumerate(table.columns) if column in SWITCHES]
    if not switches:
        return row
    return tuple(bool(value) if number in switches else value for number, value in enumerate(row))
