"""`enqueue(…, connection=…)` where the store is a SQLite file: that of the app's own database, or another."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from procman import enqueue, enqueue_async
from procman.control.announcing import ANNOUNCER
from procman.errors import RefusedError, StoreBusyError, StoreError
from procman.store.open import open_store
from procman.store.sharing import SHARING
from tests.control import transactions
from tests.control.transactions import IN_FILE
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from procman.store.sqlite import SqliteStore
    from tests.control.transactions import Transaction
    from tests.postgres import Server

    Begin = Callable[[], AbstractContextManager[Transaction]]

TASKS = "tasks: {show: 'echo \"$@\"', other: 'true'}\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of the app's own database, which is the store, too."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE orders (id INTEGER)")
    (tmp_path / "procman.yml").write_text(f"{TASKS}store: sqlite://{path}\n")
    monkeypatch.setenv("PROCMAN_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield f"sqlite://{path}"
    SHARING.close()


@pytest.fixture
def store(shop: str) -> Iterator[SqliteStore]:
    """The store, seen by others."""
    with closing(open_store(shop)) as store:
        yield store


@pytest.fixture
def bell(store: SqliteStore, tmp_path: Path) -> Iterator[int]:
    """What a scheduler listens at."""
    (tmp_path / ".procman").mkdir(mode=0o700)
    os.mkfifo(tmp_path / ".procman" / "wake", 0o600)
    fd = os.open(tmp_path / ".procman" / "wake", os.O_RDONLY | os.O_NONBLOCK)
    yield fd
    os.close(fd)


@pytest.fixture(params=IN_FILE)
def begin(request: pytest.FixtureRequest, shop: str) -> Begin:
    """Begins a transaction of the app, with each library."""
    return partial(IN_FILE[request.param], shop)


@pytest.fixture
def opened(begin: Begin, store: SqliteStore) -> Iterator[Transaction]:
    with begin() as opened:
        yield opened


def words(store: SqliteStore) -> list[tuple[str, ...]]:
    return [job.args for job in store.jobs()]


def rung(bell: int) -> bool:
    try:
        return bool(os.read(bell, 1000))
    except BlockingIOError:
        return False


def test_without_one_it_is_kept_where_the_url_says(shop: str, store: SqliteStore, tmp_path: Path) -> None:
    assert enqueue("show", "plain") == 1
    assert words(store) == [("plain",)]
    assert {*os.listdir(tmp_path)} == {".procman", "procman.yml", "shop.db", "shop.db-shm", "shop.db-wal"}


def test_a_rollback_leaves_no_job_and_a_commit_does(store: SqliteStore, opened: Transaction) -> None:
    opened.run("INSERT INTO orders VALUES (1)")
    enqueue("show", "a", connection=opened.connection)
    enqueue("show", "b", key="k", connection=opened.connection)
    assert store.jobs() == []
    opened.rollback()
    opened.run("INSERT INTO orders VALUES (2)")
    first = enqueue("show", "c", key="k", connection=opened.connection)
    assert enqueue("show", "d", key="k", connection=opened.connection) == first
    assert store.jobs() == []
    opened.commit()
    assert [(job.id, job.args, job.key) for job in store.jobs()] == [(first, ("c",), "k")]
    assert enqueue("show", "e", key="k") == first


def test_words_and_keys_are_kept_as_they_are(store: SqliteStore, opened: Transaction) -> None:
    odd = ("%s %(v1)s :v1 ? ?1", "'; DROP TABLE runs; --", "caf\udcff\u00e9\n\\", "")
    for key in ("%s", ":v1", "'; --", "caf\udcff"):
        number = enqueue("show", *odd, 1.5, delay="1h", key=key, connection=opened.connection)
        opened.commit()
        assert enqueue("show", delay="1h", key=key) == number
    assert words(store) == [(*odd, "1.5")] * 4


def test_the_bell_is_rung_by_the_commit_and_not_before(bell: int, opened: Transaction) -> None:
    for _ in range(3):
        enqueue("show", connection=opened.connection)
    assert not rung(bell)
    opened.commit()
    wait_until(lambda: rung(bell))


def test_the_bell_is_rung_in_a_fork_too(bell: int, shop: str, store: SqliteStore) -> None:
    with closing(sqlite3.connect(shop.removeprefix("sqlite://"))) as before:
        enqueue("show", connection=before)
        before.commit()
    wait_until(lambda: rung(bell))
    if not (child := os.fork()):
        with closing(sqlite3.connect(shop.removeprefix("sqlite://"))) as within:
            enqueue("show", connection=within)
            within.commit()
            wait_until(lambda: rung(bell))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert len(store.jobs()) == 2


def test_a_process_that_ends_at_once_rings_on_its_way_out(bell: int, shop: str) -> None:
    with closing(sqlite3.connect(shop.removeprefix("sqlite://"))) as app:
        enqueue("show", connection=app)
        app.rollback()
    assert not rung(bell)
    ANNOUNCER.close()
    assert rung(bell)


def test_one_that_commits_by_itself_rings_at_once(bell: int, store: SqliteStore, shop: str) -> None:
    with closing(sqlite3.connect(shop.removeprefix("sqlite://"), isolation_level=None)) as app:
        enqueue("show", connection=app)
        assert words(store) == [()]
        wait_until(lambda: rung(bell))
    with transactions.of_django(shop, autocommit=True) as opened:
        enqueue("show", connection=opened.connection)
        assert len(store.jobs()) == 2
        wait_until(lambda: rung(bell))


def test_whatever_rows_the_app_likes(store: SqliteStore, shop: str) -> None:
    with closing(sqlite3.connect(shop.removeprefix("sqlite://"))) as app:
        app.row_factory = lambda cursor, row: {"row": row}
        app.text_factory = bytes
        number = enqueue("show", key="k", connection=app)
        assert enqueue("show", key="k", connection=app) == number
        app.commit()
    assert len(store.jobs()) == 1


def test_while_another_transaction_writes_it_is_told_so(store: SqliteStore, shop: str) -> None:
    with (
        closing(sqlite3.connect(shop.removeprefix("sqlite://"), timeout=0)) as app,
        store.together(),
        pytest.raises(
            StoreBusyError, match=r"^connection: its database is locked: another transaction writes"
        ),
    ):
        enqueue("show", "secret", connection=app)
    assert store.jobs() == []


@pytest.mark.parametrize("place", [":memory:", "other.db"])
def test_another_file_is_told_and_what_to_do(store: SqliteStore, shop: str, place: str) -> None:
    with closing(sqlite3.connect(place)) as other, pytest.raises(RefusedError) as caught:
        enqueue("show", connection=other)
    path = shop.removeprefix("sqlite://")
    its, url = ("no file", "sqlite:///…")
    if place == "other.db":
        its = path.replace("shop", "other")
        url = f"sqlite://{its}"
    assert str(caught.value) == (
        f"connection: its database is {its}, and the store is {path}: write 'store: {url}' in procman.yml to"
        " have both in one, or leave 'connection' out, and the job can begin before your transaction ends"
    )
    assert store.jobs() == []


def test_a_connection_to_a_server_is_told_too(store: SqliteStore, shop: str, server: Server) -> None:
    with transactions.of_psycopg(server.url) as opened, pytest.raises(RefusedError) as caught:
        enqueue("show", connection=opened.connection)
    assert "connection: it is one to postgresql, and the store is /" in str(caught.value)
    assert "write 'store: postgresql://…' in procman.yml to have both in one" in str(caught.value)


def test_a_closed_connection_is_told(store: SqliteStore, shop: str) -> None:
    app = sqlite3.connect(shop.removeprefix("sqlite://"))
    app.close()
    with pytest.raises(StoreError, match="Cannot operate on a closed database"):
        enqueue("show", connection=app)


async def ask_in_all_ways(url: str) -> None:
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

    engine = create_async_engine(url.replace("sqlite://", "sqlite+aiosqlite:///"))
    async with AsyncSession(engine) as session:
        await enqueue_async("show", "no", connection=session)
        await session.rollback()
        await enqueue_async("show", "session", connection=session)
        await session.commit()
    await engine.dispose()
    with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as plain:
        await enqueue_async("show", "plain", connection=plain)
        plain.commit()


def test_from_an_asyncio_loop(store: SqliteStore, shop: str) -> None:
    asyncio.run(ask_in_all_ways(shop))
    assert words(store) == [("session",), ("plain",)]
