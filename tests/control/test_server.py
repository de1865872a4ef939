"""The control socket with real clients, whatever they send, and a procman that is played."""

from __future__ import annotations

import gc
import json
import os
import random
import socket
import stat
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from procman.control import address, client, protocol, server
from procman.control.attaching import Attaching
from procman.control.connection import MOST_QUEUED
from procman.control.desk import Desk, Outside
from procman.control.reloading import Loaded
from procman.control.server import Server
from procman.core import facts
from procman.core.life.service import State
from procman.core.tasks.facts import RunFinished
from procman.core.tasks.run import Outcome
from procman.errors import NotRunningError, Problem, UnsafeError, UserError
from procman.host.poller import Poller
from procman.logs.ring import Ring
from tests.engine.play import Play, process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from procman.core.plan.plan import ProcessPlan
    from procman.core.tasks.task import Task

SECONDS = 10.0


def planned(counts: Mapping[str, int] | None) -> list[ProcessPlan]:
    wanted = {"web": 1, "clock": 1} if counts is None else counts
    return [process(f"{name}.{n}") for name, count in wanted.items() for n in range(1, count + 1)]


class FakeApp:
    """What is on disk is what the test says; of types that run as many as run."""

    def __init__(self) -> None:
        self.shared: Mapping[str, str] = {}
        self.tasks: Mapping[str, Task] = {}
        self.types = {"web": "run", "clock": "run"}
        self.environment: dict[str, str] = {}
        self.taken = 0
        self.wrong: list[Problem] = []
        self.tasks_on_disk: Mapping[str, Task] = {}
        self.asked: list[Mapping[str, int]] = []

    def plan(self, counts: Mapping[str, int] | None) -> list[ProcessPlan]:
        return planned(counts)

    def load(self, counts: Mapping[str, int]) -> Loaded:
        if self.wrong:
            raise UserError(self.wrong)
        self.asked.append(counts)
        numbers = {name: counts.get(name, 1) for name in self.types}
        plans = [plan._replace(command=self.types[plan.type]) for plan in planned(numbers)]
        return Loaded(plans, self.environment, self.tasks_on_disk, ["a warning"], self._take)

    def _take(self) -> None:
        self.shared, self.tasks = self.environment, self.tasks_on_disk
        self.taken += 1


class House:
    """A server in a folder, behind it a formation of fakes."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.play = Play("web.1 web.2 worker.1").start()
        self.poller = Poller()
        self.ring = Ring(lambda: 7.0)
        self.published: list[Any] = []
        self.app = FakeApp()
        self.scheduler: Any = None
        self.taps: list[Callable[[str, bytes], None]] = []
        self.unfinished: defaultdict[str, bytes] = defaultdict(bytes)
        self.desk = Desk(
            self.play.supervisor,
            self.ring,
            self.published.append,
            Outside(
                pid=4711,
                clock=lambda: self.play.clock.now,
                wall=lambda: 1000.0,
                app=self.app,
                attaching=Attaching(self.ring, self.play.children, self.taps, self.unfinished.__getitem__),
                scheduler=lambda: self.scheduler,
            ),
        )
        self.server = Server(self.folder, self.poller, self.desk.answer)
        self.connections: list[socket.socket] = []

    def close(self) -> None:
        self.server.close()
        for connection in self.connections:
            connection.close()

    def turn(self, seconds: float = 0.0) -> None:
        list(self.poller.wait(seconds))
        self.desk.after_turn(self.play.clock.now)
        self.desk.outbox.send(SECONDS)

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        self.connections.append(connection)
        connection.settimeout(SECONDS)
        with address.of(self.folder) as path:
            connection.connect(path)
        return connection

    def ask(self, command: str, **arguments: Any) -> socket.socket:
        connection = self.connect()
        connection.sendall(protocol.request(command, **arguments))
        self.turn(SECONDS)
        self.turn(SECONDS)
        return connection

    def answers(self, connection: socket.socket) -> list[dict[str, Any]]:
        """All until the server closes."""
        data = b""
        while more := connection.recv(1 << 16):
            data += more
            self.turn()
        connection.close()
        return [json.loads(line) for line in data.splitlines()]

    def result(self, command: str, **arguments: Any) -> Any:
        (answer,) = self.answers(self.ask(command, **arguments))
        return answer.get("result", answer)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / ".procman")
    yield made
    made.close()


def test_the_socket_is_private_and_goes_when_procman_does(house: House) -> None:
    path = os.path.join(house.folder, "control.sock")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(house.folder).st_mode) == 0o700
    house.server.close()
    assert not os.path.exists(path)
    with pytest.raises(NotRunningError):
        client.ask(house.folder, "ps")
    house.server = Server(house.folder, house.poller, house.desk.answer)


def test_one_that_a_killed_procman_left_is_replaced(house: House) -> None:
    other = Server(house.folder, house.poller, house.desk.answer)  # who has the pid file may
    house.server.close()  # and the old one takes nothing away that is not its own
    house.server = other
    assert house.result("info")["pid"] == 4711


def test_a_socket_that_was_removed_is_made_anew_and_who_follows_goes_on(house: House) -> None:
    following = house.ask("logs", follow=True)
    house.server.renew()  # nothing is to be done
    os.unlink(os.path.join(house.folder, "control.sock"))
    house.server.renew()
    assert house.result("info")["pid"] == 4711
    house.ring.add("web.1", b"still\n")
    house.turn()
    assert b"still" in following.recv(1000)


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".procman").mkdir()
    (tmp_path / ".procman").chmod(0o777)
    with pytest.raises(UnsafeError):
        House(tmp_path / ".procman")


def test_another_user_gets_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.connect() as connection:
        assert server._user_of(connection) == os.geteuid()
    house.turn(SECONDS)
    house.turn()
    for user, answers in ((os.geteuid(), 1), (0, 1), (os.geteuid() + 12345, 0)):
        monkeypatch.setattr(server, "_user_of", lambda client, user=user: user)
        connection = house.ask("info")
        try:
            assert len(house.answers(connection)) == answers
        except ConnectionResetError:
            assert not answers


def test_a_path_that_is_too_long_for_a_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    house = House(deep / ".procman")
    assert house.result("info")["pid"] == 4711
    house.close()
    assert not os.listdir(deep / ".procman") or "control.sock" not in os.listdir(deep / ".procman")


def test_ps_tells_all_there_is_to_know(house: House) -> None:
    house.play.clock.now = 2.5
    first, *_ = house.result("ps")
    assert first == {
        "name": "web.1",
        "type": "web",
        "instance": 1,
        "phase": "running",
        "wanted": "up",
        "ready": True,
        "pid": 101,
        "leader": 101,
        "port": None,
        "started_at": 997.5,
        "uptime_s": 2.5,
        "restarts": 0,
        "exit_code": None,
        "failures": 0,
        "note": None,
        "command": "run web.1",
    }


def test_a_stop_is_told_when_it_has_happened(house: House) -> None:
    connection = house.ask("stop", names=["web.1"])
    connection.setblocking(False)
    with pytest.raises(BlockingIOError):
        connection.recv(1)
    house.play.exit("web.1", -15)
    connection.settimeout(SECONDS)
    house.turn()
    (answer,) = house.answers(connection)
    assert [(row["name"], row["phase"], row["wanted"], row["exit_code"]) for row in answer["result"]] == [
        ("web.1", "down", "down", 143)
    ]
    assert house.published == [facts.CommandGiven("stop", ("web.1",))]


def test_who_does_not_wait_is_told_at_once(house: House) -> None:
    (row,) = house.result("restart", names=["web.1"], wait=False)
    assert (row["phase"], row["wanted"]) == ("restarting", "up")


def test_a_restart_is_acknowledged_once_for_each_that_asked(house: House) -> None:
    asked = [house.ask("restart", names=["web"]) for _ in range(3)]
    house.play.exit("web.1", -15).exit("web.2", -15)
    while house.play.supervisor.start_next(0.0):
        pass
    house.turn()
    for connection in asked:
        (answer,) = house.answers(connection)
        assert [(row["phase"], row["restarts"]) for row in answer["result"]] == [("running", 1)] * 2


def test_what_was_not_started_with_the_others_can_be_started(house: House) -> None:
    (row,) = house.result("start", names=["clock"], wait=False)
    assert (row["type"], row["phase"], row["command"]) == ("clock", "starting", "run clock.1")
    assert house.play.supervisor.services["clock.1"].state is State.STARTING
    assert house.play.supervisor.services.names.count("web.1") == 1


def test_a_type_that_is_there_is_started_as_it_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.result("scale", counts={"web": 1}, wait=False)
    house.play.exit("web.2", -15)
    two = [process("web.1"), process("web.2")]
    monkeypatch.setattr(house.desk._app, "plan", lambda counts: two)
    assert [row["name"] for row in house.result("start", names=["web"], wait=False)] == ["web.1"]
    assert [row["name"] for row in house.result("start", names=["web.2"], wait=False)] == ["web.2"]


def test_scale_starts_and_stops_as_many_as_that_takes(house: House) -> None:
    connection = house.ask("scale", counts={"web": 3, "worker": 0})
    assert house.play.supervisor.services.names == ["web.1", "web.2", "worker.1", "web.3"]
    house.play.start().exit("worker.1", -15)
    house.turn()
    (answer,) = house.answers(connection)
    assert [(row["name"], row["phase"]) for row in answer["result"]] == [
        ("web.1", "running"),
        ("web.2", "running"),
        ("worker.1", "down"),
        ("web.3", "running"),
    ]
    assert house.play.supervisor.services.names == ["web.1", "web.2", "web.3"]  # what is gone is forgotten
    assert [row["restarts"] for row in answer["result"]] == [0, 0, 0, 0]
    house.ask("scale", counts={"web": 1})
    house.ask("scale", counts={"web": 2})  # before it has gone
    house.play.exit("web.2", -15).exit("web.3", -15).start()
    assert house.play.supervisor.services.names == ["web.1", "web.2"]
    assert house.play.supervisor.services["web.2"].settled


def test_stop_alone_ends_all(house: House) -> None:
    assert house.result("stop") == {"pid": 4711}
    assert house.play.supervisor.stopping
    assert house.result("restart", names=["web"]) == {"error": "procman is stopping", "exit_code": 1}


@pytest.mark.parametrize("given", ["HUP", "SIGHUP", "hup", "1", 1])
def test_a_signal_goes_to_who_is_named(house: House, given: str | int) -> None:
    rows = house.result("signal", names=["web.*"], signal=given)
    assert [row["name"] for row in rows] == ["web.1", "web.2"]
    assert house.play.children.signalled == {"web.1": 1, "web.2": 1}


@pytest.mark.parametrize(
    ("request_", "exit_code"),
    [
        ({"command": "nope"}, 2),
        ({"command": "stop", "names": "web"}, 2),
        ({"command": "stop", "names": [1]}, 2),
        ({"command": "restart"}, 2),
        ({"command": "restart", "names": ["wbe"]}, 4),
        ({"command": "signal", "names": ["web"], "signal": "NOPE"}, 2),
        ({"command": "signal", "names": ["web"], "signal": True}, 2),
        ({"command": "signal", "names": ["web"]}, 2),
        ({"command": "signal", "names": ["web"], "signal": "999"}, 2),
        ({"command": "signal", "names": ["web"], "signal": 0}, 2),
        ({"command": "logs", "lines": -1}, 2),
        ({"command": "logs", "lines": float("inf")}, 2),
        ({"command": "logs", "lines": float("nan")}, 2),
        ({"command": "logs", "since": float("inf")}, 2),
        ({"command": "restart", "names": ["x"] * 10_000}, 4),
        ({"command": "logs", "since": "x"}, 2),
        ({"command": "scale"}, 2),
        ({"command": "scale", "counts": {}}, 2),
        ({"command": "scale", "counts": {"web": -1}}, 2),
        ({"command": "scale", "counts": {"web": True}}, 2),
        ({"command": "scale", "counts": {"web": "2"}}, 2),
        ({"command": 1}, 2),
        ({}, 2),
    ],
)
def test_what_cannot_be_done_is_an_error_that_says_why(
    house: House, request_: dict[str, Any], exit_code: int
) -> None:
    connection = house.connect()
    connection.sendall(json.dumps({"procman": 1, **request_}).encode() + b"\n")
    for _ in range(10):
        house.turn(0.05)
    (answer,) = house.answers(connection)
    assert answer["exit_code"] == exit_code
    assert answer["error"]


@pytest.mark.parametrize(
    "line",
    [b"\n", b"{}\n", b"[1]\n", b"x\n", b'{"procman":2,"command":"ps"}\n', b"\xff\0\n", b"[" * 60_000 + b"\n"],
)
def test_garbage_is_answered_with_an_error(house: House, line: bytes) -> None:
    connection = house.connect()
    connection.sendall(line)
    for _ in range(10):
        house.turn(0.05)
    (answer,) = house.answers(connection)
    assert answer["exit_code"] == 2


def test_a_bug_is_told_to_who_met_it_and_ends_nobody_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(house.desk._handlers, "info", lambda client, request: 1 // 0)
    answer = house.result("info")
    assert answer["exit_code"] == 1
    assert "a bug in procman (ZeroDivisionError" in answer["error"]


def test_a_request_without_end_is_refused(house: House) -> None:
    connection = house.connect()
    connection.setblocking(False)
    sent = 0
    try:
        while sent < 10_000_000:
            sent += connection.send(b"x" * 10_000)
            house.turn()
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert sent < 2_000_000
    assert house.result("info")


def test_the_log_is_told_from_what_is_kept(house: House) -> None:
    house.ring.add("web.1", b"one\ntwo\n")
    house.ring.add("worker.1", b"caf\xe9\n")
    house.ring.add("web.1", b"three\n")
    found = house.answers(house.ask("logs", names=["web"], lines=2))
    assert [(each["log"]["name"], each["log"]["text"]) for each in found] == [
        ("web.1", "two\n"),
        ("web.1", "three\n"),
    ]
    (latin,) = house.answers(house.ask("logs", names=["worker.1"]))
    assert latin["log"]["text"].encode(errors="surrogateescape") == b"caf\xe9\n"
    assert house.answers(house.ask("logs", since=7.5)) == []
    assert len(house.answers(house.ask("logs", lines=0))) == 0


def test_pieces_of_a_long_line_count_as_lines(house: House) -> None:
    house.ring.add("web.1", b"a piece without end")
    house.ring.add("web.1", b" and the next\n")
    (found,) = house.answers(house.ask("logs", lines=1))
    assert found["log"]["text"] == " and the next\n"


def test_who_has_gone_is_waited_for_no_longer(house: House) -> None:
    house.ask("restart", names=["web.1"]).close()
    house.turn(SECONDS)
    house.turn()
    assert house.desk._commanding._waiting == []
    house.play.exit("web.1", -15)
    assert house.result("info")["pid"] == 4711


def test_who_follows_hears_what_comes(house: House) -> None:
    connection = house.ask("logs", names=["web.1"], follow=True)
    house.ring.add("worker.1", b"no\n")
    house.ring.add("web.1", b"yes\n")
    house.turn()
    assert json.loads(connection.recv(1000))["log"]["text"] == "yes\n"
    connection.close()
    house.turn()
    house.ring.add("web.1", b"to nobody\n")
    assert house.ring.listeners == []


def test_who_does_not_read_is_told_how_much_is_left_out_and_slows_nobody(house: House) -> None:
    lazy, keen = house.ask("logs", follow=True), house.ask("logs", follow=True)
    lines = b"x" * 9_999 + b"\n"
    heard = b""
    for _ in range(800):
        house.ring.add("web.1", lines)
        house.turn()
        heard += keen.recv(1 << 20)
    assert heard.count(b'"log"') + heard.count(b'"lost"') >= 799
    got: list[dict[str, Any]] = []
    rest = b""
    lazy.settimeout(0.2)
    try:
        while data := lazy.recv(1 << 16):
            house.turn()
            *whole, rest = (rest + data).split(b"\n")
            got += map(json.loads, whole)
    except TimeoutError:
        pass
    lost = sum(each.get("lost", 0) for each in got)
    assert lost > 0
    assert lost + sum("log" in each for each in got) == 800
    assert sum("log" in each for each in got) * len(lines) <= 2 * MOST_QUEUED


def test_who_follows_gets_all_that_was_kept_before_what_comes(house: House) -> None:
    for number in range(900):
        house.ring.add("web.1", b"%d " % number + b"x" * 900 + b"\n")
    kept = len([*house.ring])
    connection = house.ask("logs", follow=True)
    house.ring.add("web.1", b"the newest\n")
    got: list[dict[str, Any]] = []
    rest = b""
    while b"newest" not in rest and not (got and "newest" in str(got[-1])):
        *whole, rest = (rest + connection.recv(1 << 16)).split(b"\n")
        got += map(json.loads, whole)
        house.turn()
    assert [each for each in got if "lost" in each] == []
    assert len(got) == kept + 1


def test_facts_are_told_by_type_with_what_is_known_of_them(house: House) -> None:
    connection = house.ask("events")
    house.desk.hear(facts.ProcessEnded("web.1", -9, 101))
    found = json.loads(connection.recv(1000))["fact"]
    assert found == {
        "at": 1000.0,
        "type": "ProcessEnded",
        "name": "web.1",
        "code": -9,
        "pid": 101,
        "text": "web.1 terminated by SIGKILL",
    }


def test_facts_that_are_for_programs_only_are_told_too(house: House) -> None:
    connection = house.ask("events")
    house.desk.hear(RunFinished(7, "remind", Outcome.FAILED, 1, True, 0.5, None))
    found = json.loads(connection.recv(1000))["fact"]
    assert (found["type"], found["outcome"], found["final"]) == ("RunFinished", "failed", True)
    assert found["text"].startswith("id: 7, task: remind, outcome: failed, attempt: 1")


def test_thousands_of_clients_come_and_go_and_nothing_is_left(house: House) -> None:
    chance = random.Random(9)
    whole = protocol.request("ps")
    house.result("ps")
    gc.collect()  # of the tests before
    before = len(os.listdir("/proc/self/fd"))
    begin = time.monotonic()
    for _ in range(3000):
        connection = house.connect()
        data = bytearray(whole * chance.randrange(3))
        for _ in range(chance.randrange(4)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        connection.sendall(data[: chance.randrange(len(data) + 1)])
        house.turn()
        if chance.random() < 0.5:
            house.turn()
        connection.close()
        if time.monotonic() - begin > SECONDS:
            break
    for _ in range(5):
        house.turn()
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(house.result("ps")) == 3
