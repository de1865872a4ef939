"""Leases of procmans that share a store."""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.instance import LEASE_SECONDS, Instance
from procman.core.tasks.run import Ending, Outcome, Request, State, TickRow, Trigger
from procman.core.tasks.transitions import Event
from procman.store.postgres.bell import Bell
from procman.store.postgres.instances import DUE
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
    clock, silent, *_ = store.instances.renew(ME, 1_700_000_000.0)
    assert silent == inf
    later, silent, *_ = store.instances.renew(ME._replace(running=3), clock + 45)
    assert 0 < silent <= later - clock + 0.1
    silence(store, ME.name, 100.0)
    assert 100 <= store.instances.renew(ME._replace(running=3), later + 45)[1] < 120
    assert store.instances.living() == {ME.name}
    (found,) = store.instances.all()
    assert found._replace(silent=0.0, clock_ahead=0.0) == ME._replace(running=3)
    assert found.lives
    assert 40 < found.clock_ahead < 50


def test_a_host_whose_clock_is_ahead_hears_of_what_is_due_by_that(store: PostgresStore) -> None:
    """What it has asked for itself, or tries again."""
    ahead = time.time() + 3600
    store.request(Request("mail", (), Trigger.DELAYED, ahead + 100, ahead))
    assert store.instances.renew(ME, ahead)[2:] == (False, False)
    assert store.instances.renew(ME, ahead + 70)[2:] == (True, False)
    assert store.instances.renew(OTHER, time.time())[2:] == (False, False)


def test_what_is_due_is_found_by_an_index_however_much_is_due_later(store: PostgresStore) -> None:
    with store.together():
        for due in range(200):
            store.request(Request("mail", (), Trigger.DELAYED, 5e9 + due, 1.0))
    store._server.change("ANALYZE procman.runs")
    store._server.change("SET enable_seqscan = off")  # few rows are read at once, whatever index there is
    values = (ME.name, store.app, *[None] * 5, time.time())
    bell = Bell(store.app, 1, ME.name).if_somebody_waits("mail")
    for plan in (store._server.rows(f"EXPLAIN SELECT {DUE}", *values), store._server.rows(f"EXPLAIN {bell}")):
        assert [line for (line,) in plan if "Index Cond" in line and "due <=" in line], plan


def test_who_renews_its_lease_hears_whether_there_is_anything_to_do(store: PostgresStore) -> None:
    def told(*runs: int) -> tuple[bool, bool]:
        return store.instances.renew(ME._replace(runs=runs), time.time())[2:]

    assert told() == (False, False)
    now = time.time()
    store.request(Request("mail", (), Trigger.DELAYED, now + 100, now))
    assert told() == (False, False)
    store.request(Request("mail", (), Trigger.DELAYED, now + 10, now))
    assert told() == (True, False)
    for run in store.jobs():
        store.cancel(run.id, now)
    store.instances.renew(OTHER, now)
    ticks = [TickRow(task, 60, due=60.0) for task in ("a", "b", "c")]
    mine, others, line = store.claim(ticks[:1], ME.name, now) + store.claim(ticks[1:], OTHER.name, now)
    assert told() == (False, True), "one that is claimed and does not start may not be known here"
    for run in (mine, others):
        store.started(run, "run", 1, None, now)
    store.move(line, Event.QUEUE)
    assert told(mine.id) == (False, False)
    for here in ((), (others.id,), (others.id, line.id)):
        assert told(*here) == (False, True), "the store was set back, and does not know that one has ended"
    assert told(others.id, mine.id) == (False, False)
    store.ask_to_stop([mine.id], "replaced")
    assert told(mine.id) == (True, False)
    store.finish(mine, Ending(Outcome.OK, now))
    silence(store, OTHER.name, LEASE_SECONDS)
    assert told() == (False, True)
    (taken,) = [run for run in store.history() if run.id == line.id]
    store.recover(lambda run: run.owner == OTHER.name, (), now)
    assert taken.state is State.QUEUED
    assert told() == (True, False), "what waited there is pending now"
    (again,) = store.take_due(now, ME.name, now, (1, 1))
    store.move(again, Event.QUEUE)
    assert told() == (True, False), "what waits here for others may go on"


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
