"""All of an app copied from one store into another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from procman.core.tasks.run import Ending, Outcome
from procman.core.tasks.task import Retention
from procman.errors import RefusedError, StoreError
from procman.store import copying, status
from procman.store.open import open_store
from procman.store.postgres.store import PostgresStore
from tests.end_to_end.output import wait_until

from .filling import fill
from .rows import NOW, OTHER, asked, claimed, finished, running, tick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from procman.store.copying import Store
    from tests.postgres import Server

BOTH_WAYS = [(one, other) for one in ("sqlite", "postgres") for other in ("sqlite", "postgres")]


@pytest.fixture
def stores(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Iterator[tuple[Store, Store]]:
    """Two of the kinds that are asked for."""
    made: list[Store] = []
    for number, kind in enumerate(request.param):
        if kind == "sqlite":
            made.append(open_store(str(tmp_path / f"{number}.db")))
        else:
            made.append(PostgresStore(server.url, f"{number} of {tmp_path.name}"))
    yield made[0], made[1]
    for store in made:
        store.close()


def use(store: Store) -> None:
    """Have it know something of each kind: also what text and bytes can be, and what is canceled."""
    finished(store, 1, Outcome.FAILED)
    run = running(store, 2, task="é 'quoted\"")
    store.finish(run, Ending(Outcome.OK, NOW + 5, 0, None, b"\x00\xff out", 6, True, 10**9, 0.25), NOW + 9)
    store.claim([tick(3, outcome=Outcome.MISSED, reason="because \udc80")], OTHER, NOW)
    first, _ = store.request(asked(key="once", args=("a b", "\0", "\udcff", "é")))
    assert store.cancel(first, NOW)
    store.request(asked(NOW + 3600, key="once"))
    store.request(asked(NOW + 3600, task="other", key="two"))
    store.pause("mail", NOW)
    store.retain({"mail": Retention(5, 10.0, 20.5)})
    store.request(asked(task="gone"))
    store.cancel(store.last_id(), NOW)
    store.prune("gone", 0, NOW + 1, 10)
    claimed(store, 4, task="open")


def known(store: Store) -> list[object]:
    """All that can be asked."""
    runs = store.history(limit=1000) + store.jobs()
    outputs = [store.output(run.id) for run in runs]
    return [runs, outputs, store.states(), store.summaries(), store.retain({}), store.last_id()]


@pytest.mark.parametrize("stores", BOTH_WAYS, indirect=True)
def test_all_is_the_same_there(stores: tuple[Store, Store]) -> None:
    source, target = stores
    use(source)
    before = known(source)
    counts = copying.copy(source, target, source.states())
    assert known(target) == before == known(source)
    assert counts["runs"] == len(source.history(limit=1000)) + len(source.jobs())
    assert target.request(asked(key="once")) == source.request(asked(key="once"))
    assert target.request(asked(task="other", key="two"))[1] is False
    assert target.request(asked())[0] == source.last_id() + 1


@pytest.mark.parametrize("stores", [("sqlite", "postgres")], indirect=True)
def test_a_sign_that_only_one_kind_can_have_is_no_difference(stores: tuple[Store, Store]) -> None:
    source, target = stores
    source.claim([tick(3, outcome=Outcome.MISSED, reason="because\0")], OTHER, NOW)
    copying.copy(source, target, source.states())
    assert [run.reason for run in target.history()] == ["because\\u0000"]


@pytest.mark.parametrize("stores", [("sqlite", "postgres")], indirect=True)
def test_a_server_knows_how_much_has_come(stores: tuple[Store, Any]) -> None:
    """Else it would look for each run among all of the app, until it has counted them by itself."""
    source, target = stores
    ((before,),) = target.database.rows("SELECT clock_timestamp()::text")
    copying.copy(source, target, source.states())
    counted = "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'procman' AND last_analyze >= ?"
    wait_until(lambda: len(target.database.rows(counted, before)) == len(copying.TABLES))


@pytest.mark.parametrize("stores", BOTH_WAYS, indirect=True)
def test_each_column_is_copied(stores: tuple[Store, Store]) -> None:
    for store in stores:
        for table in copying.TABLES:
            columns = (
                "SELECT name FROM pragma_table_info(?)"
                if not hasattr(store, "app")
                else "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = 'procman' AND table_name = ?"
            )
            there = {name for (name,) in store.database.rows(columns, table.name)} - {"app"}
            assert there == {*table.columns}, table.name


@pytest.mark.parametrize("stores", [("sqlite", "postgres"), ("postgres", "sqlite")], indirect=True)
def test_many_are_copied_a_page_at_a_time(
    stores: tuple[Store, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "AT_ONCE", 7)
    source, target = stores
    for number in range(50):
        source.request(asked(key=str(number)))
    assert copying.copy(source, target, {})["keys"] == 50
    assert [run.id for run in target.jobs()] == [*range(1, 51)]


@pytest.mark.parametrize("stores", BOTH_WAYS, indirect=True)
def test_outputs_may_be_large_and_are_never_all_in_memory(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = stores
    for number in range(150):
        run = running(source, number)
        source.finish(run, Ending(Outcome.OK, NOW + number, output=b"x"))
    pages: list[int] = []
    read = type(source.database).rows

    def counted(database: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        found = read(database, sql, *values)
        if "outputs WHERE" in sql:
            pages.append(len(found))
        return found

    monkeypatch.setattr(type(source.database), "rows", counted)
    assert copying.copy(source, target, {})["outputs"] == 150
    assert max(pages) <= 50


@pytest.mark.parametrize("stores", BOTH_WAYS, indirect=True)
def test_a_store_that_knows_the_app_is_left_as_it_is(stores: tuple[Store, Store]) -> None:
    source, target = stores
    use(source)
    target.pause("mail", NOW)
    before = known(target)
    with pytest.raises(RefusedError, match="the target knows this app already, with 0 runs"):
        copying.copy(source, target, {})
    assert known(target) == before


@pytest.mark.parametrize("stores", BOTH_WAYS, indirect=True)
def test_what_comes_while_it_is_copied_stays_and_what_changes_is_an_error(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = stores
    use(source)
    count, verify = len(source.history(limit=99)) + len(source.jobs()), copying._verified

    def meanwhile(*sides: copying.Side) -> dict[str, int]:
        source.request(asked(key="late"))
        return verify(*sides)

    def changed(*sides: copying.Side) -> dict[str, int]:
        source.cancel(source.jobs()[0].id, NOW)
        return verify(*sides)

    monkeypatch.setattr(copying, "_verified", changed)
    with pytest.raises(StoreError, match="it changed while it was copied"):
        copying.copy(source, target, source.states())
    assert (target.jobs(), target.history()) == ([], [])
    monkeypatch.setattr(copying, "_verified", meanwhile)
    assert copying.copy(source, target, source.states())["runs"] == count


@pytest.mark.parametrize("stores", [("sqlite", "postgres")], indirect=True)
def test_the_status_of_a_store_counts_what_is_in_it(stores: tuple[Store, Store]) -> None:
    for store in stores:
        use(store)
        found = status.of(store)
        waiting, all_ = len(store.jobs()), len(store.history(limit=99)) + len(store.jobs())
        assert (found.runs, found.waiting, found.open) == (all_, waiting, 1)
        assert found.size > 8192
        assert found.latency > 0
        assert found.schema >= 1
    assert (status.of(stores[0]).instances, status.of(stores[0]).rings) == (None, None)
    assert (found.instances, found.rings) == (0, True)


def test_thousands_of_runs_are_copied(tmp_path: Path, server: Server) -> None:
    fill(tmp_path / "full.db", 2000)
    source, target = open_store(str(tmp_path / "full.db")), PostgresStore(server.url, tmp_path.name)
    counts = copying.copy(source, target, source.states())
    assert counts == {"runs": 2000, "outputs": 2000, "keys": 0, "tasks": 20, "pasts": 20, "retentions": 0}
    for store in (source, target):
        store.close()
