"""A hundred thousand requests of right and wrong values, some with bytes changed: none meets a bug."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, cast

from tests.control.test_server import House

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from procman.control.connection import Connection, Piece

MANY = 100_000
COMMANDS = "info ps start restart signal logs events scale stop attach reload runs x".split()
KEYS = "names signal lines since follow wait counts columns rows".split()
MORE = "input window x".split()
VALUES: list[Any] = [
    *("web", "web.1", "*", "[", "[z-a]", "", "HUP", "999", "\ud800", 1, -1, 0, 2**70, 1e308, None, True),
    *(
        float("inf"),
        float("nan"),
        [],
        {},
        ["web"],
        ["web"],
        ["nope"],
        [80, 24],
        {"web": 2},
        {"web": 0},
        [["web"]],
    ),
]


class Client:
    """Keeps what it is told."""

    open = True

    def __init__(self) -> None:
        self.told = ""
        self.more: Callable[[dict[str, Any]], None] | None = None
        self.gone: Callable[[], None] = lambda: None

    def send(self, data: bytes) -> None:
        self.told += data.decode("ascii")

    def refuse(self, text: str, exit_code: int) -> None:
        self.told += f"{exit_code}: {text}"

    def offer(self, piece: Piece) -> None:
        self.told += piece.data.decode("ascii")

    def end(self) -> None:
        pass

    def follow(self, pull: Callable[[], bytes | None], has_room: Callable[[Any], None]) -> None:
        while data := pull():
            self.told += data.decode("ascii")


def spoiled(request: dict[str, Any], chance: random.Random) -> bytes:
    """As it is sent, perhaps with other bytes."""
    line = bytearray(json.dumps(request).encode())
    for _ in range(chance.choice([0, 0, 0, 1, 3])):
        line[chance.randrange(len(line))] = chance.randrange(256)
    return bytes(line)


def test_no_request_meets_a_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house, chance, done = House(tmp_path / ".procman"), random.Random(9), 0
    attached = 0
    monkeypatch.setattr(house.play.supervisor, "stop", lambda *words: None)
    house.ring.add("web.1", b"caf\xe9\n")
    for _ in range(MANY):
        client = Client()
        request = {"procman": chance.choice([1, 1, 1, 2]), "command": chance.choice(COMMANDS)}
        request |= {key: chance.choice(VALUES) for key in KEYS if chance.random() < 0.3}
        if request["command"] == "attach":
            request.setdefault("names", ["worker"])
        line = spoiled(request, chance)
        house.server._asked(cast("Connection", client), line)
        while client.more and chance.random() < 0.7:
            line = spoiled({key: chance.choice(VALUES) for key in MORE if chance.random() < 0.5}, chance)
            house.server._asked(cast("Connection", client), line)
        assert "a bug in procman" not in client.told, (line, client.told)
        done += '"result"' in client.told
        attached += '"attached"' in client.told
        while house.play.children.typed:
            house.play.children.typed.pop()[2]()
        client.gone()
        house.desk._commanding._waiting.clear()
        house.desk._hear.clear()
    assert done > MANY / 20  # right ones were among them
    assert attached > MANY / 200
    assert not house.taps
    house.close()
