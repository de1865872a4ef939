"""A restart of one process after the other, from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.control.rolling import Rolling
from procman.core.life.service import Event, State
from procman.core.plan.policies import Backoff, Kind, Policies, Probe, Restart
from tests.engine.policed import Policed

if TYPE_CHECKING:
    from procman.engine.service import Service

READY = Policies(ready=Probe(Kind.TCP, "1", within=5.0), restart=Restart.NEVER, backoff=Backoff())


class Rolled:
    """Three processes that are ready, and a rolling restart of them."""

    def __init__(self) -> None:
        self.play = Policed("web.1 web.2 web.3", 5.0, web=READY)
        for _ in range(3):
            self.play.answer(None)
        self.ended: list[Service | None] = []
        self.rolling = Rolling(self.play.supervisor.services, ["web.1", "web.2", "web.3"], self.ended.append)

    def turn(self) -> bool:
        found = self.rolling.go_on(self.play.clock.now)
        self.play.go_on()
        return found

    @property
    def states(self) -> list[State]:
        return [each.state for each in self.play.supervisor.services]

    @property
    def restarts(self) -> list[int]:
        return [each.restarts for each in self.play.supervisor.services]


def test_the_next_one_stops_when_the_last_is_ready_again() -> None:
    rolled = Rolled()
    for number in (1, 2, 3):
        assert rolled.turn()
        name = f"web.{number}"
        assert [each is State.UP for each in rolled.states].count(False) == 1
        rolled.play.dies(name, -15)
        assert rolled.turn()  # it has a child, and is not ready
        assert rolled.states.count(State.UP) == 2
        rolled.play.answer(None)
    assert not rolled.turn()
    assert (rolled.ended, rolled.restarts) == ([None], [1, 1, 1])


def test_one_that_does_not_become_ready_ends_it_and_the_others_are_left_as_they_are() -> None:
    rolled = Rolled()
    rolled.turn()
    rolled.play.dies("web.1", -15).wait(5.0).dies("web.1", 0)
    assert not rolled.turn()
    (failed,) = rolled.ended
    assert failed
    assert (failed.plan.name, failed.state) == ("web.1", State.FAILED)
    assert (rolled.states[1:], rolled.restarts[1:]) == ([State.UP, State.UP], [0, 0])


def test_one_that_is_stopped_meanwhile_ends_it() -> None:
    rolled = Rolled()
    rolled.turn()
    rolled.play.command("web.1", Event.STOP).dies("web.1", -15)
    assert not rolled.turn()
    assert rolled.restarts == [0, 0, 0]


def test_those_that_are_gone_meanwhile_are_passed_over() -> None:
    rolled = Rolled()
    rolled.play.supervisor.services.drop(["web.1", "web.2", "web.3"], (), 0.0)
    for name in ("web.1", "web.2", "web.3"):
        rolled.play.exit(name, -15)
    assert not rolled.turn()
    assert rolled.ended == [None]
