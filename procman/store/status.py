"""What there is to say of a store as a whole."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

from procman.store.statements import OPEN

if TYPE_CHECKING:
    from procman.store.needs import Database
    from procman.store.postgres.store import PostgresStore
    from procman.store.sqlite import SqliteStore

ASKED = 5
"""How often it is asked for nothing, to see how long that takes."""
SIZE_OF_FILE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
SIZE_ON_SERVER = (
    "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class AS c"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = 'procman' AND c.relkind = 'r'"
)
"""Of all apps."""


class Status(NamedTuple):
    """`schema`: the version of its tables. `size` in bytes; `runs`, and how many of them wait and are open;
    `latency`: seconds there and back. Of a server: how many procmans live, and whether they can be rung."""

    kind: str
    schema: int
    size: int
    runs: int
    waiting: int
    open: int
    latency: float
    instances: int | None = None
    rings: bool | None = None


def of(store: PostgresStore | SqliteStore) -> Status:
    """The store as it is now. Raises `StoreError`."""
    from procman.store.sqlite import SqliteStore

    if isinstance(store, SqliteStore):
        return _status(store.database, "sqlite", "runs WHERE TRUE", "PRAGMA user_version", SIZE_OF_FILE)
    version = "SELECT max(version) FROM procman.version"
    found = _status(
        store.database, "postgresql", "procman.runs WHERE app = ?", version, SIZE_ON_SERVER, store.app
    )
    return found._replace(instances=len(store.instances.living()), rings=store.rings)


def _status(database: Database, kind: str, runs: str, version: str, size: str, *values: str) -> Status:
    def number(sql: str, *values: str) -> int:
        return int(database.rows(sql, *values)[0][0] or 0)

    count = f"SELECT count(*) FROM {runs}"
    return Status(
        kind,
        number(version),
        number(size),
        number(count, *values),
        number(f"{count} AND state = 'pending'", *values),
        number(f"{count} AND {OPEN}", *values),
        _latency(database),
    )


def _latency(database: Database) -> float:
    times = []
    for _ in range(ASKED):
        before = time.perf_counter()
        database.rows("SELECT 1")
        times.append(time.perf_counter() - before)
    return statistics.median(times)
