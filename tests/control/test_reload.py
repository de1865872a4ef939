"""A reload as a client asks for it: what changes is told, and on any mistake nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from procman.core.life.service import State
from procman.core.tasks.task import Task
from procman.errors import Problem
from tests.control.test_server import House, planned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Of an app whose Procfile is what runs."""
    made = House(tmp_path / ".procman")
    made.app.types = {"web": "run", "worker": "run"}
    services = made.play.supervisor.services
    services.replan([plan._replace(command="run") for plan in planned({"web": 2, "worker": 1})], (), 0.0)
    made.play.told()
    yield made
    made.close()


def changes(house: House, **arguments: Any) -> list[tuple[str, ...]]:
    told = house.result("reload", wait=False, **arguments)
    return [(each["name"], each["change"], *each["what"]) for each in [*told["changes"], *told["tasks"]]]


def test_nothing_has_changed(house: House) -> None:
    assert changes(house) == []
    assert house.play.told() == []
    assert house.app.taken == 1


def test_each_change_is_told_by_name_and_never_by_value(house: House) -> None:
    house.app.types = {"web": "other", "worker": "run", "mail": "run"}
    assert changes(house) == [
        ("web.1", "changed", "command"),
        ("web.2", "changed", "command"),
        ("mail.1", "new"),
    ]
    assert house.play.told() == ["SIGTERM to web.1", "SIGTERM to web.2"]
    house.app.types = {"web": "other", "worker": "run"}
    house.app.environment = {"SECRET": "hush", "PROCMAN_PORT_MAIL": "5200"}
    assert changes(house) == [
        ("web.1", "changed", "SECRET"),
        ("web.2", "changed", "SECRET"),
        ("worker.1", "changed", "SECRET"),
        ("mail.1", "removed"),
    ]


def test_tasks_too(house: House) -> None:
    house.app.tasks_on_disk = {"a": Task("a", "run", line=2)}
    assert changes(house) == [("a", "new")]
    assert changes(house) == []
    house.app.tasks_on_disk = {"a": Task("a", "other", line=5, timeout=3.0), "b": Task("b", "run")}
    assert changes(house) == [("a", "changed", "command", "timeout"), ("b", "new")]


def test_on_a_mistake_nothing_changes_at_all(house: House) -> None:
    house.app.wrong = [Problem("Procfile", 3, "expected 'name: command'"), Problem(".env", 1, "no name")]
    told = house.result("reload")
    assert told == {"error": "Procfile:3: expected 'name: command'\n.env:1: no name", "exit_code": 2}
    assert house.app.taken == 0
    assert house.play.told() == []


def test_who_asks_waits_until_the_new_ones_run(house: House) -> None:
    house.app.types = {"web": "other", "worker": "run"}
    connection = house.ask("reload")
    connection.setblocking(False)
    with pytest.raises(BlockingIOError):
        connection.recv(1)
    for name in ("web.1", "web.2"):
        house.play.exit(name, -15).start()
    connection.settimeout(10)
    house.turn()
    (answer,) = house.answers(connection)
    rows = answer["result"]["processes"]
    assert [(row["name"], row["phase"], row["restarts"]) for row in rows] == [
        ("web.1", "running", 1),
        ("web.2", "running", 1),
    ]
    assert answer["result"]["warnings"] == ["a warning"]
    assert "a warning" in [str(fact) for fact in house.published]
    assert "reload of web.1, web.2 requested" in [str(fact) for fact in house.published]


def test_as_many_as_run_are_asked_for_and_what_leaves_is_not_counted(house: House) -> None:
    house.ask("scale", counts={"web": 1})
    assert house.play.supervisor.services["web.2"].state is State.STOPPING
    assert changes(house) == []
    assert house.app.asked == [{"web": 1, "worker": 1}]


def test_not_while_all_stop_and_not_before_the_release_has_ended(house: House) -> None:
    house.play.supervisor._stages.append([])
    assert house.result("reload")["error"] == "the release command has not ended yet"
    assert house.result("start", names=["web"])["exit_code"] == 1
    house.play.supervisor._stages.clear()
    house.play.supervisor.stop("asked", 0.0)
    assert house.result("reload")["error"] == "procman is stopping"
