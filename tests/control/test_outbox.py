"""Whose turn it is to be sent something, and who is left out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from procman.control.outbox import Outbox
from procman.testing.fakes import FakeClock
from tests.control.test_server import House

if TYPE_CHECKING:
    from pathlib import Path

    from procman.control.connection import Connection


class Client:
    """Has so much to be sent, a piece a second."""

    def __init__(self, clock: FakeClock, pieces: int) -> None:
        self.clock = clock
        self.pieces = pieces
        self.sent = 0
        self.idle = False

    def send_some(self) -> bool:
        self.idle = not self.pieces
        if self.pieces:
            self.pieces -= 1
            self.sent += 1
            self.clock.now += 1
        return not self.idle


def made(*pieces: int) -> tuple[Outbox, list[Client]]:
    clock = FakeClock()
    outbox, clients = Outbox(clock), [Client(clock, number) for number in pieces]
    for client in clients:
        outbox.add(cast("Connection", client))
    return outbox, clients


def test_each_has_its_turn_and_no_more_is_sent_than_there_is_time_for() -> None:
    outbox, clients = made(9, 9, 9)
    assert outbox.send(6)
    assert [client.sent for client in clients] == [2, 2, 2]
    assert not outbox.send(100)
    assert [client.sent for client in clients] == [9, 9, 9]


def test_who_has_got_all_is_asked_again_when_there_is_more() -> None:
    outbox, (client,) = made(1)
    assert not outbox.send(9)
    client.pieces = 2
    assert not outbox.send(9)
    assert client.sent == 1
    outbox.more()
    outbox.send(9)
    assert client.sent == 3
    outbox.more()
    outbox.more()  # once is enough
    assert len(outbox._ready) == 1


def test_followers_that_come_and_go_where_nothing_is_written_leave_nothing(tmp_path: Path) -> None:
    house = House(tmp_path / ".procman")
    for _ in range(20):
        house.ask("logs", follow=True).close()
        house.turn()
        house.turn()
    assert not house.desk.outbox._idle
    assert not house.desk.outbox._ready
    assert not house.ring.listeners
    house.close()
