"""Clients at the terminal of a process, as the control socket has them, with a formation of fakes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from procman.control import protocol
from procman.control.attaching import MOST_TYPED, SHOWN_LINES
from procman.host.spawn import WindowSize
from tests.control.test_server import SECONDS, House

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Client:
    """One that is attached: what it is told, object by object."""

    def __init__(self, house: House, name: str = "web.1", **window: int) -> None:
        self.house = house
        self.socket = house.ask("attach", names=[name], **window)
        self._rest = b""
        self._told: list[dict[str, Any]] = []

    def next(self) -> dict[str, Any]:
        while not self._told:
            data = self.socket.recv(1 << 16)
            assert data, "hung up"
            *lines, self._rest = (self._rest + data).split(b"\n")
            self._told += map(json.loads, lines)
        return self._told.pop(0)

    def send(self, **values: Any) -> None:
        self.send_bytes(protocol.encode(values))

    def send_bytes(self, data: bytes) -> None:
        self.socket.sendall(data)
        self.house.turn(SECONDS)

    @property
    def is_quiet(self) -> bool:
        """Whether it is told nothing more, and not hung up on."""
        for _ in range(3):
            self.house.turn()
        self.socket.setblocking(False)
        try:
            return not self._told and self.socket.recv(1) == b"never"
        except BlockingIOError:
            return not self._told
        finally:
            self.socket.settimeout(SECONDS)

    def rest(self) -> list[dict[str, Any]]:
        """All until the server hangs up."""
        found = [*self._told]
        data = self._rest
        while more := self.socket.recv(1 << 16):
            data += more
            self.house.turn()
        return [*found, *map(json.loads, data.splitlines())]

    def leave(self) -> None:
        self.socket.close()
        self.house.turn(SECONDS)


def speak(house: House, name: str, data: bytes) -> None:
    """A process writes this."""
    for tap in [*house.taps]:
        tap(name, data)


def is_alone(house: House) -> bool:
    """Whether nobody is attached any more."""
    return not house.taps and not any(house.play.children.windows.values())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / ".procman")
    yield made
    made.close()


def test_it_is_told_first_whose_terminal_it_is(house: House) -> None:
    house.unfinished["web.1"] = b"(Pdb) "
    client = Client(house)
    assert client.next() == {"attached": {"name": "web.1", "pid": 101}}
    assert client.next() == {"output": "(Pdb) "}
    assert client.is_quiet


def test_who_has_written_nothing_shows_nothing(house: House) -> None:
    house.ring.add("web.2", b"of another\n")
    client = Client(house)
    assert "attached" in client.next()
    assert client.is_quiet


def test_then_come_the_last_lines_and_the_one_that_is_not_ended(house: House) -> None:
    for number in range(30):
        house.ring.add("web.1", b"line %d\nand caf\xe9 %d\n" % (number, number))
        house.ring.add("web.2", b"no\n")
    house.unfinished["web.1"] = b"> "
    client = Client(house)
    client.next()
    lines = client.next()["output"].encode(errors="surrogateescape").split(b"\r\n")
    assert len(lines) == SHOWN_LINES + 1
    assert (lines[0], lines[-2], lines[-1]) == (b"line 20", b"and caf\xe9 29", b"> ")


def test_a_long_line_in_pieces_stays_one_line(house: House) -> None:
    house.ring.add("web.1", b"one\nbegin")
    house.ring.add("web.1", b" middle")
    house.unfinished["web.1"] = b" end"
    client = Client(house)
    client.next()
    assert client.next() == {"output": "one\r\nbegin middle end"}


def test_output_comes_as_it_is_written_not_only_whole_lines(house: House) -> None:
    client = Client(house)
    client.next()
    for data, text in [(b"a", "a"), (b"b\n", "b\r\n"), (b"caf\xe9\0\x1b[2J", "caf\udce9\0\x1b[2J")]:
        speak(house, "web.1", data)
        assert client.next() == {"output": text}


def test_output_of_others_does_not_come(house: House) -> None:
    client = Client(house)
    client.next()
    speak(house, "web.2", b"no")
    speak(house, "worker.1", b"no")
    assert client.is_quiet


def test_a_type_of_which_there_is_one_is_a_name_too(house: House) -> None:
    assert Client(house, "worker").next()["attached"]["name"] == "worker.1"
    assert Client(house, "w*r.1").next()["attached"]["name"] == "worker.1"


def test_input_is_typed_and_told_when_it_is_taken(house: House) -> None:
    client = Client(house)
    client.next()
    client.send(input="p x\r")
    client.send(input="é\udcff\0")
    (name, data, taken), (_, other, other_taken) = house.play.children.typed
    assert (name, data, other) == ("web.1", b"p x\r", b"\xc3\xa9\xff\0")
    assert client.is_quiet
    taken()
    assert client.next() == {"taken": 4}
    other_taken()
    assert client.next() == {"taken": 4}


def test_input_may_come_in_the_same_breath_as_the_request(house: House) -> None:
    connection = house.connect()
    request = protocol.request("attach", names=["web.1"]) + protocol.encode({"input": "n\r"})
    connection.sendall(request + protocol.encode({"window": [50, 10]}))
    house.turn(SECONDS)
    house.turn(SECONDS)
    assert [typed[:2] for typed in house.play.children.typed] == [("web.1", b"n\r")]
    assert house.play.children.windows["web.1"] == WindowSize(50, 10)


def test_an_object_may_come_in_pieces(house: House) -> None:
    client = Client(house)
    line = protocol.encode({"input": "n\r"})
    client.send_bytes(line[:7])
    assert house.play.children.typed == []
    client.send_bytes(line[7:])
    assert house.play.children.typed[0][:2] == ("web.1", b"n\r")


def typed_much(client: Client, size: int) -> None:
    """In pieces as a client sends them."""
    for begin in range(0, size, 4096):
        client.send(input="x" * min(4096, size - begin))


def test_as_much_may_wait_as_is_promised_and_no_byte_more(house: House) -> None:
    client = Client(house)
    client.next()
    typed_much(client, MOST_TYPED)
    assert client.is_quiet
    client.send(input="y")
    (told,) = client.rest()
    assert told["exit_code"] == 1
    assert "wait for 'taken'" in told["error"]
    assert sum(len(data) for _, data, _ in house.play.children.typed) == MOST_TYPED
    assert is_alone(house)


def test_what_was_taken_makes_room(house: House) -> None:
    client = Client(house)
    client.next()
    for _ in range(3):
        typed_much(client, MOST_TYPED)
        for _, _, taken in house.play.children.typed:
            taken()
            assert "taken" in client.next()
        house.play.children.typed.clear()
    assert client.is_quiet


def test_what_one_client_has_typed_is_not_counted_for_another(house: House) -> None:
    first, second = Client(house), Client(house)
    first.next()
    second.next()
    typed_much(first, MOST_TYPED)
    second.send(input="x")
    house.play.children.typed[-1][2]()
    assert second.next() == {"taken": 1}
    assert first.is_quiet


def test_what_is_taken_when_its_client_has_gone_harms_nobody(house: House) -> None:
    client = Client(house)
    client.send(input="x")
    client.leave()
    house.play.children.typed[0][2]()
    assert house.result("info")["pid"] == 4711


def test_two_clients_get_the_same_and_both_can_type(house: House) -> None:
    first, second = Client(house), Client(house)
    first.next()
    second.next()
    speak(house, "web.1", b"hello\n")
    assert first.next() == second.next() == {"output": "hello\r\n"}
    first.send(input="a")
    second.send(input="b")
    assert [data for _, data, _ in house.play.children.typed] == [b"a", b"b"]
    first.leave()
    speak(house, "web.1", b"on\n")
    assert second.next() == {"output": "on\r\n"}


def test_who_does_not_read_is_told_how_much_is_left_out_and_slows_nobody(house: House) -> None:
    lazy, keen = Client(house), Client(house)
    lazy.next()
    keen.next()
    for number in range(800):
        speak(house, "web.1", b"%07d" % number + b"x" * 9_993)
        assert keen.next()["output"].startswith(f"{number:07}")
    got: list[dict[str, Any]] = []
    while not got or not got[-1].get("output", "").startswith("0000799"):
        house.turn()
        got.append(lazy.next())
    lost = sum(each.get("lost", 0) for each in got)
    assert lost > 0
    assert lost + sum("output" in each for each in got) == 800
    assert lazy.is_quiet
