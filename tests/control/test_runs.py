"""What a procman that runs tells of its tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.control.test_server import House

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class FakeScheduler:
    """One run waits for another."""

    crowded = True

    def __init__(self) -> None:
        self.to_tell: list[Callable[[], None]] = []

    def waiting(self) -> dict[int, str]:
        return {7: "a.3 is still running"}

    def write_down(self, then: Callable[[], None]) -> None:
        self.to_tell.append(then)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / ".procman")
    yield made
    made.close()


def test_without_tasks_nothing_waits(house: House) -> None:
    assert house.result("runs") == {"waiting": {}, "crowded": False}


def test_it_is_told_when_the_store_knows_all_else(house: House) -> None:
    house.scheduler = FakeScheduler()
    connection = house.ask("runs")
    connection.setblocking(False)
    with pytest.raises(BlockingIOError):
        connection.recv(1)
    house.scheduler.to_tell.pop()()
    connection.settimeout(10)
    (answer,) = house.answers(connection)
    assert answer["result"] == {"waiting": {"7": "a.3 is still running"}, "crowded": True}


def test_who_does_not_wait_for_the_answer_harms_nobody(house: House) -> None:
    house.scheduler = FakeScheduler()
    house.ask("runs").close()
    house.turn()
    house.scheduler.to_tell.pop()()
    assert house.result("info")["pid"] == 4711
