"""Leases of procmans that share a store."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.instance import LEASE_SECONDS, Instance
from procman.store.postgres.store import PostgresStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Server

ME = Instance("a1@one", "one", 4711, "2.0", 1_700_000_000.5, ("gpu", "é"))
OTHER = Instance("b2@two", "two", 4712, "2.1", 1_700_000_001.5)


@pytest.fixture
def store(server: Server, request: pytest.FixtureRequest) -> Iterator[PostgresStore]:
    store = PostgresStore(server.url, request.node.name)
    yield store
    store.close()


def silence(store: PostgresStore, name: str, seconds: float) -> None:
    """Make a lease older."""
    older = f"heartbeat - interval '{seconds} seconds'"
    store._server.change(
        f"UPDATE procman.instances SET heartbeat = {older} WHERE app = ? AND id = ?", store.app, name
    )


def test_who_renews_its_lease_lives(store: PostgresStore) -> None:
    assert store.instances.living() == set()
    clock, silent = store.instances.renew(ME, 1_700_000_000.0)
    assert silent == inf
    later, silent = store.instances.renew(ME._replace(running=3), clock + 45)
    assert 0 < silent <= later - clock + 0.1
    silence(store, ME.name, 100.0)
    assert 100 <= store.instances.renew(ME._replace(running=3), later + 45)[1] < 120
    assert store.instances.living() == {ME.name}
    (found,) = store.instances.all()
    assert found._replace(silent=0.0, clock_ahead=0.0) == ME._replace(running=3)
    assert found.lives
    assert 40 < found.clock_ahead < 50


def test_who_is_silent_for_too_long_is_dead_until_it_is_heard_again(store: PostgresStore) -> None:
    for each in (ME, OTHER):
        store.instances.renew(each, 0.0)
    silence(store, ME.name, LEASE_SECONDS - 5)
    assert store.instances.living() == {ME.name, OTHER.name}
    silence(store, ME.name, 5)
    assert store.instances.living() == {OTHER.name}
    assert [each.lives for each in store.instances.all()] == [False, True]
    store.instances.renew(ME, 0.0)
    assert store.instances.living() == {ME.name, OTHER.name}


def test_who_leaves_is_forgotten_and_so_is_who_died_long_ago(store: PostgresStore) -> None:
    for each in (ME, OTHER, ME._replace(name="c3@one")):
        store.instances.renew(each, 0.0)
    silence(store, "c3@one", 100_000)
    store.instances.leave(ME.name)
    assert [each.name for each in store.instances.all()] == [OTHER.name]


def test_who_died_long_ago_is_forgotten_when_another_comes(store: PostgresStore) -> None:
    """Also where none ever leaves, as all are killed."""
    store.instances.renew(OTHER, 0.0)
    silence(store, OTHER.name, 100_000)
    store.instances.renew(ME, 0.0)
    assert [each.name for each in store.instances.all()] == [ME.name]


def test_another_app_in_the_same_database_is_not_seen(store: PostgresStore, server: Server) -> None:
    other = PostgresStore(server.url, "it's another?")
    other.instances.renew(OTHER, 0.0)
    assert store.instances.all() == []
    other.close()
