"""How large the terminal of a process is for those who are attached, and that nothing of them is left."""

from __future__ import annotations

import gc
import os
import random
import socket
from typing import TYPE_CHECKING

import pytest

from procman.control import protocol
from procman.core import facts
from procman.host.spawn import WindowSize
from tests.control.test_attaching import Client, is_alone, speak
from tests.control.test_server import SECONDS, House

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / ".procman")
    yield made
    made.close()


def window(house: House, name: str = "web.1") -> WindowSize | None:
    return house.play.children.windows[name]


def test_a_terminal_is_as_large_as_the_window_of_who_is_attached(house: House) -> None:
    client = Client(house, columns=120, rows=40)
    assert window(house) == WindowSize(120, 40)
    client.send(window=[1, 10_000])
    assert window(house) == WindowSize(1, 10_000)


def test_who_says_nothing_of_a_window_has_the_usual_one(house: House) -> None:
    Client(house)
    assert window(house) == WindowSize(80, 24)


def test_of_two_windows_the_smallest_columns_and_rows_count(house: House) -> None:
    first = Client(house, columns=120, rows=20)
    second = Client(house, columns=70, rows=50)
    assert window(house) == WindowSize(70, 20)
    second.send(window=[200, 10])
    assert window(house) == WindowSize(120, 10)
    second.leave()
    assert window(house) == WindowSize(120, 20)
    first.leave()
    assert window(house) is None


def test_windows_at_one_process_are_nothing_to_another(house: House) -> None:
    first = Client(house, "web.1", columns=120, rows=40)
    Client(house, "web.2", columns=50, rows=10)
    assert (window(house), window(house, "web.2")) == (WindowSize(120, 40), WindowSize(50, 10))
    first.leave()
    assert (window(house), window(house, "web.2")) == (None, WindowSize(50, 10))


def test_the_end_of_a_process_gives_its_window_back(house: House) -> None:
    Client(house, columns=120, rows=40)
    Client(house, columns=70, rows=50)
    house.desk.hear(facts.ProcessEnded("web.1", 0, 101))
    assert is_alone(house)


def test_the_end_of_the_process_is_told_last_with_its_code(house: House) -> None:
    first, second, other = Client(house), Client(house), Client(house, "web.2")
    for client in (first, second, other):
        client.next()
    speak(house, "web.1", b"bye\n")
    house.desk.hear(facts.ProcessEnded("web.1", -9, 101))
    for client in (first, second):
        assert client.rest() == [{"output": "bye\r\n"}, {"ended": {"exit_code": 137}}]
    assert other.is_quiet
    assert house.play.children.windows["web.1"] is None
    other.leave()
    assert is_alone(house)


def test_one_that_is_started_again_has_no_clients_of_the_one_before(house: House) -> None:
    old = Client(house)
    old.next()
    house.desk.hear(facts.ProcessEnded("web.1", 0, 101))
    new = Client(house)
    assert "attached" in new.next()
    speak(house, "web.1", b"new\n")
    assert old.rest() == [{"ended": {"exit_code": 0}}]
    assert new.next() == {"output": "new\r\n"}


def test_what_is_sent_behind_the_end_is_typed_nowhere(house: House) -> None:
    client = Client(house)
    client.socket.sendall(protocol.encode({"input": "rm -rf\r"}))
    house.desk.hear(facts.ProcessEnded("web.1", 0, 101))
    for _ in range(3):
        house.turn()
    assert house.play.children.typed == []


def test_a_client_that_goes_away_leaves_no_tap(house: House) -> None:
    first, second, other = Client(house), Client(house), Client(house, "web.2")
    assert len(house.taps) == 1
    for client in (first, other):
        client.leave()
        assert len(house.taps) == 1
    second.leave()
    assert is_alone(house)
    speak(house, "web.1", b"to nobody")


def test_one_that_only_sends_no_more_has_detached_too(house: House) -> None:
    client = Client(house)
    client.socket.shutdown(socket.SHUT_WR)
    house.turn(SECONDS)
    assert is_alone(house)
    assert "attached" in client.rest()[0]


def test_one_that_has_gone_is_noticed_by_what_it_is_told(house: House) -> None:
    client, other = Client(house), Client(house)
    client.socket.close()
    speak(house, "web.1", b"hello\n")
    other.leave()
    house.turn()
    assert is_alone(house)


def test_when_procman_hangs_up_on_all_nothing_is_left(house: House) -> None:
    client, other = Client(house), Client(house, "web.2")
    house.server.close()
    assert is_alone(house)
    assert client.rest()
    assert other.rest()


# A bug once: `Attaching.begin` tells the client before it notes that it is there. When the telling finds
# that the client has gone, `_leave` has nothing to do yet, and then the client is noted for ever: its window
# holds the terminal, and up to 4 MiB of output wait for it.
def test_a_client_that_goes_before_it_is_told_anything_leaves_no_tap(house: House) -> None:
    connection = house.connect()
    connection.sendall(protocol.request("attach", names=["web.1"], columns=5, rows=2))
    connection.close()
    for _ in range(5):
        house.turn(0.01)
    assert is_alone(house)


# The same bug: see above.
def test_many_come_and_go_in_any_order_and_nothing_is_left(house: House) -> None:
    chance = random.Random(9)
    Client(house).leave()
    gc.collect()  # of the tests before
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(500):
        connection = house.connect()
        data = protocol.request("attach", names=[chance.choice(["web.1", "web.2", "worker"])])
        data += chance.choice([b"", b"x\n", b'{"input":"x"}\n', b'{"window":[5,5]}\n', b'{"input":'])
        connection.sendall(data[: chance.choice([10, len(data)])])
        for _ in range(chance.randrange(4)):
            house.turn()
            speak(house, "web.1", b"x" * chance.choice([1, 100_000]))
        if chance.random() < 0.1:
            house.desk.hear(facts.ProcessEnded("web.1", 1, 101))
        if chance.random() < 0.3:
            house.play.children.typed[:] = []
        connection.close()
    for _ in range(10):
        house.turn()
    assert len(os.listdir("/proc/self/fd")) == before
    assert is_alone(house)
