"""What is due at the same moment, and how hosts that share a store divide it."""

from __future__ import annotations

from itertools import count

from procman.core.tasks.run import TaskState
from procman.engine.ticks import AGAIN_SECONDS, Ticks

from .timetable import Options, Timetable

NAMES = [f"task{number:02}" for number in range(40)]
TASKS = "\n".join(f"{name}: {{command: run, schedule: every minute}}" for name in NAMES)
SLICE = 10
"""So many are planned in a turn, by the clock of these tests."""


def planned(owner: str, leased: bool = True) -> tuple[Ticks, float]:
    """Of a host with all tasks, and when they are due."""
    table = Timetable(TASKS, owner=owner, options=Options(leased=leased))
    turns = count()
    ticks = Ticks(table.tasks, table.world._replace(clock=lambda: next(turns) / 1000))
    ticks.begin({name: TaskState(name, accounted=int(table.begun)) for name in NAMES}, {}, table.begun)
    while not (ticks.next_at or 0):
        assert ticks.rows(table.begun) == []
    return ticks, table.begun + 60


def turn(ticks: Ticks, due: float) -> list[str]:
    return [row.task for row in ticks.rows(due)]


def write(ticks: Ticks, tasks: list[str], due: float) -> None:
    ticks.written(dict.fromkeys(tasks, int(due)))


def test_alone_a_procman_claims_all_that_is_due_without_waiting_in_the_order_of_names() -> None:
    ticks, due = planned("one", leased=False)
    turns = [turn(ticks, due) for _ in range(5)]
    assert [task for each in turns for task in each] == NAMES
    assert max(map(len, turns)) <= SLICE


def test_hosts_that_share_a_store_take_turns_and_each_begins_with_other_tasks() -> None:
    firsts = set()
    for owner in ("one@h1", "two@h2", "three@h3"):
        ticks, due = planned(owner)
        first = turn(ticks, due)
        assert 0 < len(first) <= SLICE
        assert (turn(ticks, due), ticks.next_at) == ([], None)  # the store has not answered yet
        write(ticks, first, due)
        second = turn(ticks, due)
        assert second
        assert not {*first} & {*second}
        firsts.add(tuple(first))
    assert len(firsts) == 3


def test_a_host_goes_on_when_the_store_would_not_take_what_it_claimed() -> None:
    ticks, due = planned("one@h1")
    first = turn(ticks, due)
    ticks.put_off(first, due)
    assert ticks.next_at == 0
    while some := turn(ticks, due):
        write(ticks, some, due)
    assert ticks.next_at == due + AGAIN_SECONDS
    assert sorted(turn(ticks, due + AGAIN_SECONDS)) == sorted(first)


def test_an_order_stays_the_same_from_one_minute_to_the_next() -> None:
    ticks, due = planned("one@h1")
    orders = []
    for minute in (0, 60):
        order: list[str] = []
        while some := turn(ticks, due + minute):
            write(ticks, some, due + minute)
            order += some
        orders.append(order)
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == NAMES
