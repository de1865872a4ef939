"""`enqueue(…, connection=…)`: the run is there if, and only if, the app's own transaction is committed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import orm

from procman import enqueue, enqueue_async
from procman.errors import RefusedError, StoreError
from procman.store.postgres.sharing import SHARING
from procman.store.postgres.store import PostgresStore
from tests.control import transactions
from tests.control.transactions import SERVED
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.control.transactions import Transaction
    from tests.postgres import Server

    Begin = Callable[[], AbstractContextManager[Transaction]]

TASKS = "tasks: {show: 'echo \"$@\"', other: 'true'}\n"


@pytest.fixture
def store(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[PostgresStore]:
    """The store of the app, seen by others."""
    name = json.dumps(request.node.name)
    (tmp_path / "procman.yml").write_text(f"{TASKS}store: {server.url}\napp: {name}\n")
    monkeypatch.setenv("PROCMAN_ROOT", str(tmp_path))
    with closing(PostgresStore(server.url, request.node.name)) as store:
        yield store
    SHARING.close()


@pytest.fixture(params=SERVED)
def begin(request: pytest.FixtureRequest, server: Server) -> Begin:
    """Begins a transaction of the app, with each library."""
    return partial(SERVED[request.param], server.url)


@pytest.fixture
def opened(begin: Begin, store: PostgresStore) -> Iterator[Transaction]:
    """A transaction of the app."""
    with begin() as opened:
        yield opened


@pytest.fixture
def orders(server: Server) -> Iterator[psycopg.Connection[Any]]:
    """A table of the app, and somebody else who looks at it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (id integer)")
        yield connection
        connection.execute("DROP TABLE orders")


def kept(orders: psycopg.Connection[Any]) -> list[int]:
    return [number for (number,) in orders.execute("SELECT id FROM orders")]


def waiting(orders: psycopg.Connection[Any]) -> int:
    """How many wait for the end of a transaction."""
    return len(orders.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall())


def words(store: PostgresStore) -> list[tuple[str, ...]]:
    """The arguments of all that wait."""
    return [job.args for job in store.jobs()]


def test_a_rollback_leaves_no_job(store: PostgresStore, opened: Transaction) -> None:
    enqueue("show", "a", connection=opened.connection)
    enqueue("show", "b", key="k", connection=opened.connection)
    assert store.jobs() == []
    opened.rollback()
    assert store.jobs() == []
    number = enqueue("show", "c", key="k", connection=opened.connection)
    assert store.jobs() == []
    opened.commit()
    assert [(job.id, job.args, job.key) for job in store.jobs()] == [(number, ("c",), "k")]


@pytest.mark.parametrize("committed", [True, False])
def test_what_the_app_has_written_before_has_the_same_end(
    store: PostgresStore, opened: Transaction, orders: psycopg.Connection[Any], committed: bool
) -> None:
    opened.run("INSERT INTO orders VALUES (1)")
    enqueue("show", connection=opened.connection)
    opened.run("INSERT INTO orders VALUES (2)")
    assert (kept(orders), words(store)) == ([], [])
    (opened.commit if committed else opened.rollback)()
    assert (kept(orders), words(store)) == (([1, 2], [()]) if committed else ([], []))


def test_words_keys_and_times_are_kept_as_they_are(store: PostgresStore, opened: Transaction) -> None:
    odd = ("%s %(v1)s :v1 ? ?1", "'; DROP TABLE procman.runs; --", "caf\udcff\u00e9\n\\", "")
    for key in ("%s", ":v1", "'; --", "caf\udcff", "nul\0"):
        enqueue("show", *odd, 1.5, delay="1h", key=key, connection=opened.connection)
    opened.commit()
    for job, key in zip(store.jobs(), ("%s", ":v1", "'; --", "caf\udcff", "nul\0"), strict=True):
        assert job.args == (*odd, "1.5")
        assert enqueue("show", delay="1h", key=key) == job.id
        assert (job.due or 0) - job.created_at == pytest.approx(3600)
    assert len(store.jobs()) == 5


def test_one_key_is_one_run_also_in_the_same_transaction(store: PostgresStore, opened: Transaction) -> None:
    first = enqueue("show", "a", key="k", connection=opened.connection)
    assert enqueue("show", "b", key="k", connection=opened.connection) == first
    assert enqueue("other", key="k", connection=opened.connection) != first
    opened.commit()
    assert enqueue("show", "c", key="k") == first
    assert enqueue("show", "d", key="k", connection=opened.connection) == first
    assert len(store.jobs()) == 2


@pytest.mark.parametrize("committed", [True, False])
def test_two_transactions_with_one_key_wait_for_each_other(
    store: PostgresStore,
    opened: Transaction,
    begin: Begin,
    orders: psycopg.Connection[Any],
    committed: bool,
) -> None:
    first = enqueue("show", "first", key="k", connection=opened.connection)
    numbers: list[int] = []

    def ask() -> None:
        with begin() as other:
            numbers.append(enqueue("show", "second", key="k", connection=other.connection))
            other.commit()

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: waiting(orders) == 1)
    (opened.commit if committed else opened.rollback)()
    thread.join()
    assert (numbers == [first]) is committed
    assert words(store) == [("first" if committed else "second",)]


def test_one_that_commits_by_itself_has_the_job_there_at_once(store: PostgresStore, server: Server) -> None:
    with transactions.of_psycopg(server.url, autocommit=True) as opened:
        number = enqueue("show", key="k", connection=opened.connection)
        assert [job.id for job in store.jobs()] == [number]
        assert enqueue("show", key="k", connection=opened.connection) == number
        with opened.connection.transaction():
            enqueue("show", "inner", connection=opened.connection)
            assert words(store) == [()]
        assert words(store) == [(), ("inner",)]
    with transactions.of_django(server.url, autocommit=True) as opened:
        enqueue("show", "django", connection=opened.connection)
        assert words(store)[-1] == ("django",)
    with transactions.engine(server.url) as engine, engine.connect() as connection:
        enqueue("show", "alchemy", connection=connection.execution_options(isolation_level="AUTOCOMMIT"))
        assert words(store)[-1] == ("alchemy",)


def test_a_savepoint_that_is_rolled_back_takes_the_job_with_it(
    store: PostgresStore, opened: Transaction
) -> None:
    enqueue("show", "outer", connection=opened.connection)
    opened.run("SAVEPOINT inside")
    enqueue("show", "inner", key="k", connection=opened.connection)
    opened.run("ROLLBACK TO SAVEPOINT inside")
    opened.commit()
    assert words(store) == [("outer",)]


def test_a_transaction_that_has_failed_already_is_told_so(store: PostgresStore, opened: Transaction) -> None:
    with pytest.raises(Exception, match="division by zero"):
        opened.run("SELECT 1 / 0")
    with pytest.raises(
        StoreError, match=r"^connection: its transaction has failed already: roll it back, and"
    ):
        enqueue("show", "secret", connection=opened.connection)
    opened.rollback()
    enqueue("show", "after", connection=opened.connection)
    opened.commit()
    assert words(store) == [("after",)]


def test_a_session_that_has_failed_already_is_told_so(store: PostgresStore, server: Server) -> None:
    """SQLAlchemy itself refuses, after an error of its own making."""
    registry = orm.registry()
    number = sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True)
    nowhere = type("Nowhere", (), {})
    registry.map_imperatively(nowhere, sqlalchemy.Table("nowhere", registry.metadata, number))
    with transactions.of_session(server.url) as opened:
        opened.connection.add(nowhere())
        with pytest.raises(sqlalchemy.exc.ProgrammingError):
            opened.connection.flush()
        with pytest.raises(StoreError, match=r"^connection: its transaction has failed already: roll it"):
            enqueue("show", connection=opened.connection)
        opened.rollback()
    assert store.jobs() == []


def test_what_has_failed_in_a_block_of_django_is_told_so(store: PostgresStore, server: Server) -> None:
    """Django itself refuses."""
    with transactions.of_django(server.url, autocommit=True) as opened:
        opened.connection.set_autocommit(False)
        opened.connection.in_atomic_block = opened.connection.needs_rollback = True
        with pytest.raises(StoreError, match=r"^connection: its transaction has failed already: roll it"):
            enqueue("show", connection=opened.connection)
        opened.connection.in_atomic_block = False
    assert store.jobs() == []


@pytest.mark.parametrize("path", ["''", "nowhere", "shadow, pg_catalog"])
def test_the_search_path_does_not_matter(store: PostgresStore, opened: Transaction, path: str) -> None:
    opened.run("CREATE SCHEMA IF NOT EXISTS shadow")
    opened.run("CREATE TABLE IF NOT EXISTS shadow.runs (id integer)")
    opened.run(f"SET search_path TO {path}")
    enqueue("show", key="k", connection=opened.connection)
    opened.commit()
    assert words(store) == [()]


READ_ONLY = "SET TRANSACTION READ ONLY"
STRANGER = "SET LOCAL ROLE stranger"


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (READ_ONLY, "its transaction is read-only: begin one that may write"),
        (
            STRANGER,
            "its user may not write in the store: let the owner of the schema 'procman' GRANT it USAGE",
        ),
    ],
)
def test_one_that_may_not_write_is_told_what_it_needs(
    store: PostgresStore, opened: Transaction, orders: psycopg.Connection[Any], before: str, told: str
) -> None:
    orders.execute("DROP ROLE IF EXISTS stranger")
    orders.execute("CREATE ROLE stranger")
    opened.run(before)
    with pytest.raises(StoreError, match=f"^connection: {told}"):
        enqueue("show", connection=opened.connection)
    opened.rollback()
    assert store.jobs() == []


def test_a_connection_that_is_lost_is_told(
    store: PostgresStore, opened: Transaction, orders: psycopg.Connection[Any]
) -> None:
    opened.run("SELECT 1")
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    orders.execute(others)
    with pytest.raises(StoreError, match=r"^connection: \w+"):
        enqueue("show", connection=opened.connection)
    assert store.jobs() == []


@pytest.mark.parametrize("known", [True, False], ids=["which has a store, too", "which has none"])
def test_another_database_than_the_stores_is_told_and_nothing_is_written_there(
    store: PostgresStore, server: Server, orders: psycopg.Connection[Any], known: bool
) -> None:
    """Also an app of the same name may be there: in a copy of the server for trying out, say."""
    name = f"other_{known}".lower()
    orders.execute(f"CREATE DATABASE {name}".encode())
    url = server.url.replace("/postgres?", f"/{name}?")
    if known:
        PostgresStore(url, store.app).close()
    with transactions.of_psycopg(url, autocommit=True) as opened:
        with pytest.raises(StoreError) as caught:
            enqueue("show", connection=opened.connection)
        assert "connection: its database is not the one of the store, postgresql (user=procman" in str(
            caught.value
        )
        assert "give a connection to that one, or write the address of this one as 'store'" in str(
            caught.value
        )
        if known:
            assert opened.connection.execute("SELECT count(*) FROM procman.runs").fetchone() == (0,)


def test_a_store_that_was_made_anew_is_learned_again(
    store: PostgresStore, server: Server, orders: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(server.url) as connection:
        enqueue("show", "a", connection=connection)
    orders.execute(f"DELETE FROM procman.apps WHERE number = {store._number}")
    orders.execute(f"DROP SEQUENCE procman.runs_{store._number}")
    with pytest.raises(StoreError), psycopg.connect(server.url) as connection:
        enqueue("show", "b", connection=connection)
    orders.execute("DELETE FROM procman.runs WHERE app = %s", [store.app])
    with psycopg.connect(server.url) as connection:
        enqueue("show", "c", connection=connection)
    assert words(store) == [("c",)]


def test_what_is_no_connection_is_told_with_what_can_be_given(store: PostgresStore, server: Server) -> None:
    with transactions.engine(server.url) as engine, transactions.of_psycopg(server.url) as opened:
        for wrong in (server.url, 1, engine, orm.sessionmaker(engine), opened.connection.cursor(), object()):
            with pytest.raises(TypeError, match="give a connection of psycopg, psycopg2 or sqlite3, a"):
                enqueue("show", connection=wrong)
    with pytest.raises(ValueError, match="no task 'sho'"):
        enqueue("sho", connection=opened.connection)
    with closing(sqlite3.connect(":memory:")) as memory, pytest.raises(RefusedError) as caught:
        enqueue("show", connection=memory)
    assert str(caught.value) == (
        f"connection: it is one to sqlite, and the store is postgresql (user=procman, host={server.folder},"
        " dbname=postgres): leave 'connection' out, and the job can begin before your transaction ends"
    )


class Traced(psycopg.AsyncConnection[Any]):
    """As those are who watch what an app asks."""


async def ask_in_all_ways(url: str) -> None:
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

    async with await Traced.connect(url) as connection:
        await enqueue_async("show", "traced", connection=connection)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await enqueue_async("show", "no", connection=connection)
        await connection.rollback()
        number = await enqueue_async("show", "psycopg", key="k", connection=connection)
        assert await enqueue_async("show", "psycopg", key="k", connection=connection) == number
        with pytest.raises(TypeError, match="connection is asynchronous: await enqueue_async"):
            enqueue("show", connection=connection)
    engine = create_async_engine(url.replace("postgresql", "postgresql+psycopg"))
    async with engine.begin() as within:
        await enqueue_async("show", "alchemy", connection=within)
        with pytest.raises(TypeError, match="connection is asynchronous: await enqueue_async"):
            enqueue("show", connection=within)
    async with AsyncSession(engine) as session:
        await enqueue_async("show", "no", connection=session)
        await session.rollback()
        await enqueue_async("show", "session", connection=session)
        await session.commit()
        await session.execute(sqlalchemy.text("SELECT 1"))
    await engine.dispose()
    with transactions.of_psycopg(url) as plain:
        await enqueue_async("show", "plain", connection=plain.connection)
        plain.commit()


def test_from_an_asyncio_loop(store: PostgresStore, server: Server) -> None:
    asyncio.run(ask_in_all_ways(server.url))
    assert words(store) == [("traced",), ("psycopg",), ("alchemy",), ("session",), ("plain",)]
