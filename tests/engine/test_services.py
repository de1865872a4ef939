"""Commands to single processes of a formation that goes on."""

from __future__ import annotations

from signal import SIGTERM

import pytest

from procman.core.life.service import Event, State
from tests.engine.play import Play, process


def started(*stages: str) -> Play:
    return Play(*stages).start()


def command(play: Play, name: str, event: Event) -> Play:
    play.supervisor.services.command(name, event, play.clock.now)
    return play


def test_a_restart_is_a_new_child_when_nothing_is_left_of_the_old_one() -> None:
    play = command(started("web.1 worker.1"), "web.1", Event.RESTART)
    assert play.told() == ["SIGTERM to web.1"]
    assert not play.supervisor.start_next(0.0)
    play.exit("web.1", -SIGTERM, group=True)  # others of its group are there
    assert not play.supervisor.start_next(0.0)
    assert not play.supervisor.services["web.1"].settled
    play.children.leave("web.1")
    play.supervisor.processes.check_groups(0.0)
    play.read()
    play.told()
    assert play.supervisor.start_next(0.0)
    assert play.told() == ["spawn web.1", "web.1 started (pid 103)"]
    found = play.supervisor.services["web.1"]
    assert (found.restarts, found.settled, found.state) == (1, True, State.UP)
    assert not play.supervisor.stopping


def test_a_new_child_is_heard_of_like_the_first() -> None:
    play = command(started("web.1 worker.1"), "web.1", Event.RESTART).exit("web.1", -SIGTERM).start()
    play.exit("web.1", 3)
    assert play.supervisor.stopping  # it has ended by itself
    play.exit("worker.1", -SIGTERM)
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 3


def test_what_is_stopped_by_command_ends_nobody_else() -> None:
    play = command(started("web.1 worker.1"), "web.1", Event.STOP).exit("web.1", 143)
    assert not play.supervisor.stopping
    command(play, "worker.1", Event.STOP).exit("worker.1", -SIGTERM)
    assert not play.supervisor.finished  # procman waits for what comes
    assert play.supervisor.services.over
    assert command(play, "web.1", Event.START).supervisor.start_next(0.0)
    assert play.supervisor.services["web.1"].settled


def test_who_does_not_obey_is_killed_and_then_restarted() -> None:
    play = command(started("web.1 worker.1"), "web.1", Event.RESTART)
    play.told()
    play.at(5.0)
    assert play.told() == ["sending SIGKILL to web.1 (pid 101)", "SIGKILL to web.1"]
    assert play.exit("web.1", -9).supervisor.start_next(5.0)


@pytest.mark.parametrize("event", [Event.START, Event.STOP, Event.RESTART])
def test_a_stop_of_all_is_the_last_word(event: Event) -> None:
    play = started("web.1 worker.1")
    command(play, "web.1", event)
    play.signal(SIGTERM).exit("web.1", -SIGTERM).exit("worker.1", -SIGTERM)
    assert not play.supervisor.start_next(0.0)
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 0


def test_one_that_still_waits_to_be_started_is_stopped_and_started_again() -> None:
    play = Play("web.1")
    command(play, "web.1", Event.RESTART)
    assert play.supervisor.start_next(0.0)
    assert play.told() == ["spawn web.1", "web.1 started (pid 101)"]
    assert not play.supervisor.start_next(0.0)


def test_what_is_planned_later_is_down_until_it_is_wanted() -> None:
    play = started("web.1")
    play.supervisor.services.plan([process("worker.1")])
    assert play.supervisor.services["worker.1"].state is State.DOWN
    assert play.supervisor.services.names == ["web.1", "worker.1"]
    command(play, "worker.1", Event.START).start()
    assert [each.pid for each in play.supervisor.services.children] == [101, 102]


def test_what_comes_later_stands_behind_its_like() -> None:
    play = started("web.1")
    play.supervisor.services.plan([process("redis.1")._replace(position=2), process("web.2")])
    play.supervisor.services.plan([process("worker.1")._replace(position=1), process("web.3")])
    assert play.supervisor.services.names == ["web.1", "web.2", "web.3", "worker.1", "redis.1"]


def test_a_thousand_restarts_leave_nothing_behind() -> None:
    play = started("web.1 worker.1")
    for _ in range(1000):
        command(play, "web.1", Event.RESTART).exit("web.1", -SIGTERM).start()
    processes = play.supervisor.processes
    assert play.supervisor.services["web.1"].restarts == 1000
    assert [process.plan.name for process in processes.alive()] == ["worker.1", "web.1"]
    assert not processes._timed
    assert not processes._left
    assert len(processes._by_pid) == 2
