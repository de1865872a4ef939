"""What cannot be attached to, and what nobody may send behind the request: an error that says why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from procman.control import protocol
from procman.core.life.service import Event
from tests.control.test_attaching import Client, is_alone, speak
from tests.control.test_server import House

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / ".procman")
    yield made
    made.close()


def refused(house: House, **arguments: Any) -> tuple[int, str]:
    """Exit code and words."""
    answer = house.result("attach", **arguments)
    assert is_alone(house)
    return answer["exit_code"], answer["error"]


def test_one_that_is_unknown(house: House) -> None:
    code, text = refused(house, names=["wbe"])
    assert code == 4
    assert "did you mean 'web'" in text


def test_several_are_too_many_and_told_by_name(house: House) -> None:
    assert refused(house, names=["web"]) == (2, "attach to one process: web.1, web.2")
    assert refused(house, names=["web.1", "worker"]) == (2, "attach to one process: web.1, worker.1")
    assert refused(house, names=["*"])[0] == 2


@pytest.mark.parametrize("arguments", [{}, {"names": []}])
def test_none_is_too_few(house: House, arguments: dict[str, Any]) -> None:
    assert refused(house, **arguments) == (2, "attach to one process")


@pytest.mark.parametrize("names", ["web.1", [1], {"web.1": 1}, None, 7])
def test_names_that_are_no_list_of_strings(house: House, names: object) -> None:
    assert refused(house, names=names)[0] == 2


def test_one_that_is_down(house: House) -> None:
    house.play.supervisor.services.command("worker.1", Event.STOP, 0.0)
    house.play.exit("worker.1")
    assert refused(house, names=["worker"]) == (
        1,
        "worker.1 is down: 'procman start worker.1' starts it",
    )


def test_one_without_a_terminal(house: House) -> None:
    house.play.children.closed.add("web.1")
    code, text = refused(house, names=["web.1"])
    assert code == 1
    assert text.startswith("web.1 has no terminal: ")
    assert "--pty always" in text


BAD = [0, -1, 10_001, 1.5, True, "80", None, [80], 2**70]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("which", ["columns", "rows"])
def test_a_window_that_is_none(house: House, which: str, value: object) -> None:
    code, text = refused(house, names=["web.1"], **{which: value})
    assert code == 2
    assert "from 1 to 10000" in text


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"x\n",
        b"{}\n",
        b"[1]\n",
        b'"input"\n',
        b"null\n",
        b'{"input":1}\n',
        b'{"input":null}\n',
        b'{"input":["x"]}\n',
        b'{"output":"x"}\n',
        b'{"procman":1,"command":"stop"}\n',
        b'{"procman":1,"command":"attach","names":["web.2"]}\n',
        b'{"input":"\\ud800"}\n',
        b'{"input":"\\ud83d\\u0041"}\n',
        b'{"input":"\\udc00"}\n',
        b'{"window":80}\n',
        b'{"window":null}\n',
        b'{"window":{}}\n',
        b'{"window":"80x24"}\n',
        b'{"window":[80]}\n',
        b'{"window":[80,24,1]}\n',
        b'{"window":[80,NaN]}\n',
        b'{"window":[Infinity,24]}\n',
        b'{"window":[80.0,24]}\n',
        b"\xff\0\xfe\n",
        b"[" * 60_000 + b"\n",
        b'{"a":' * 10_000 + b"\n",
        *(b'{"window":[%s,24]}\n' % json.dumps(value).encode() for value in BAD),
    ],
)
def test_garbage_behind_the_request_ends_it_with_an_error_and_types_nothing(
    house: House, line: bytes
) -> None:
    other, client = Client(house), Client(house)
    other.next()
    client.next()
    client.socket.sendall(line)
    for _ in range(20):
        house.turn(0.005)
    (told,) = client.rest()
    assert told["exit_code"] == 2
    assert told["error"]
    assert "a bug in procman" not in told["error"]
    assert house.play.children.typed == []
    assert house.play.supervisor.services.names == ["web.1", "web.2", "worker.1"]
    assert other.is_quiet
    other.leave()
    assert is_alone(house)


def test_a_line_without_end_is_refused(house: House) -> None:
    client = Client(house)
    client.next()
    sent = 0
    client.socket.setblocking(False)
    try:
        while sent < 10_000_000:
            sent += client.socket.send(b'{"input":"' if not sent else b"x" * 10_000)
            house.turn()
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert sent < 2_000_000
    assert house.play.children.typed == []
    assert is_alone(house)


def test_what_is_typed_before_garbage_is_typed_and_what_is_behind_it_is_not(house: House) -> None:
    client = Client(house)
    client.next()
    client.send_bytes(protocol.encode({"input": "a"}) + b"x\n" + protocol.encode({"input": "b"}))
    (told,) = client.rest()
    assert told["exit_code"] == 2
    assert [data for _, data, _ in house.play.children.typed] == [b"a"]


def test_one_that_was_refused_is_told_no_more_output(house: House) -> None:
    client = Client(house)
    client.next()
    client.send(window=[0, 0])
    speak(house, "web.1", b"more")
    assert [*client.rest()[0]] == ["error", "exit_code"]


def test_a_window_is_noted_though_input_comes_with_it(house: House) -> None:
    client = Client(house)
    client.send(window=[0, 0], input="x")
    assert client.rest()[-1]["exit_code"] == 2
    assert house.play.children.typed == []
    assert is_alone(house)


def test_a_process_that_is_to_stop_can_be_attached_to_until_it_has(house: House) -> None:
    house.ask("stop", names=["worker"])
    client = Client(house, "worker")
    assert client.next()["attached"]["name"] == "worker.1"
    assert client.is_quiet
