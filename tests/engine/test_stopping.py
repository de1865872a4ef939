"""The stop of all in waves, and of each by its own signal and patience."""

from __future__ import annotations

import pytest

from procman.core.life.service import Event, State
from procman.core.plan.policies import Condition, Policies, Restart
from tests.engine.policed import Policed

S = State
AGAIN = Policies(restart=Restart.ALWAYS)
ON_FAILURE = Policies(restart=Restart.ON_FAILURE)
NEEDS_REDIS = {"redis": Condition.READY}


def test_all_stop_in_waves_those_last_on_whom_others_depend() -> None:
    play = Policed(
        "redis.1 web.1 worker.1 clock.1",
        web=Policies(depends_on=NEEDS_REDIS),
        worker=Policies(depends_on=NEEDS_REDIS),
    )
    play.told()
    play.stop()
    assert play.told() == [
        "SIGTERM received, stopping",
        "SIGTERM to web.1",
        "SIGTERM to worker.1",
        "SIGTERM to clock.1",
    ]
    play.dies("web.1", -15).dies("clock.1", -15)
    assert "SIGTERM to redis.1" not in play.told()
    play.dies("worker.1", -15)
    assert "SIGTERM to redis.1" in play.told()
    assert play.dies("redis.1", 0).supervisor.finished
    assert play.supervisor.exit_code == 0


def test_a_migration_that_is_over_stands_between_two_as_before() -> None:
    play = Policed(
        "db.1 migrate.1 web.1",
        migrate=Policies(oneshot=True, depends_on={"db": Condition.READY}),
        web=Policies(depends_on={"migrate": Condition.COMPLETED}),
    ).dies("migrate.1", 0)
    play.told()
    play.stop()
    assert "SIGTERM to db.1" not in play.told()
    play.dies("web.1", -15)
    assert "SIGTERM to db.1" in play.told()


def test_one_time_holds_for_all_waves_and_everybody_is_asked_before_it_is_killed() -> None:
    play = Policed("redis.1 web.1", web=Policies(depends_on=NEEDS_REDIS))
    play.told()
    play.stop().wait(4.4)
    assert "SIGTERM to redis.1" not in play.told()
    play.wait(0.1)
    assert "SIGTERM to redis.1" in play.told()
    play.wait(0.5)
    assert {"SIGKILL to web.1", "SIGKILL to redis.1"} <= {*play.told()}
    play.dies("web.1", -9).dies("redis.1", -9)
    assert play.supervisor.finished


def test_each_wave_has_its_own_end_and_one_that_is_gone_already_holds_up_nobody() -> None:
    play = Policed(
        "db.1 api.1 web.1 cache.1",
        web=Policies(depends_on={"api": Condition.READY, "cache": Condition.READY}),
        api=Policies(depends_on={"db": Condition.READY}, restart=Restart.ALWAYS),
        cache=Policies(depends_on={"db": Condition.READY}),
    )
    play.told()
    play.stop().dies("api.1", -9).wait(1.0).dies("web.1", -15)
    assert "SIGTERM to cache.1" in play.told()
    play.wait(3.4)
    assert "SIGTERM to db.1" not in play.told()  # 0.8 of the time was the end of the first wave only
    play.wait(0.1)
    assert "SIGTERM to db.1" in play.told()
    again = Policed(
        "db.1 api.1 web.1",
        web=Policies(depends_on={"api": Condition.READY}),
        api=Policies(depends_on={"db": Condition.READY}, restart=Restart.ALWAYS),
    )
    again.stop().dies("api.1", -9).told()
    again.dies("web.1", -15)
    assert "SIGTERM to db.1" in again.told()


def test_time_in_which_all_were_suspended_is_no_patience() -> None:
    play = Policed("redis.1 web.1", web=Policies(depends_on=NEEDS_REDIS)).stop()
    play.clock.now += 30.0
    play.supervisor.postpone(30.0)
    play.told()
    play.dies("web.1", -15)
    assert "SIGTERM to redis.1" in play.told()
    play.wait(4.9)
    assert "SIGKILL to redis.1" not in play.told()


def test_the_longest_patience_holds_for_all() -> None:
    slow = Policies(depends_on=NEEDS_REDIS, timeout=30.0)
    play = Policed("redis.1 worker.1", worker=slow)
    play.told()
    play.stop().wait(26.9)
    assert "SIGTERM to redis.1" not in play.told()
    play.wait(0.2)
    assert "SIGTERM to redis.1" in play.told()
    play.wait(3.0)
    assert {"SIGKILL to worker.1", "SIGKILL to redis.1"} <= {*play.told()}


def test_who_dies_before_its_turn_is_not_started_again() -> None:
    play = Policed("redis.1 web.1", web=Policies(depends_on=NEEDS_REDIS), redis=AGAIN)
    play.told()
    play.stop().dies("redis.1", -9)
    assert play.state("redis.1") is S.DOWN
    assert play.dies("web.1", -15).supervisor.finished
    assert "spawn redis.1" not in play.told()


def test_a_second_interrupt_kills_those_too_whose_turn_has_not_come() -> None:
    play = Policed("redis.1 web.1", web=Policies(depends_on=NEEDS_REDIS))
    play.signal(2)
    play.wait(1.0).told()
    play.signal(2)
    assert {"SIGKILL to web.1", "SIGKILL to redis.1"} <= {*play.told()}
    assert play.dies("web.1", -9).dies("redis.1", -9).supervisor.finished


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_a_stop_while_one_waits_for_its_next_start(seconds: float) -> None:
    play = Policed("web.1", web=AGAIN).dies("web.1").wait(seconds).stop()
    assert (play.supervisor.finished, play.supervisor.exit_code) == (True, 0)
    assert play.state("web.1") is S.DOWN


def test_a_restart_while_it_stops_and_a_stop_while_it_restarts() -> None:
    play = Policed("web.1 worker.1", web=AGAIN)
    play.command("web.1", Event.STOP).command("web.1", Event.RESTART).dies("web.1", -15)
    assert play.state("web.1") is S.UP
    play.command("web.1", Event.RESTART).command("web.1", Event.STOP).dies("web.1", -15)
    assert play.state("web.1") is S.DOWN


def test_a_command_shortens_the_wait() -> None:
    play = Policed("web.1 worker.1", web=AGAIN).dies("web.1").command("web.1", Event.RESTART)
    assert play.state("web.1") is S.UP
    assert play.supervisor.deadline is None  # the old timer is gone


def test_each_has_its_own_stop_signal_and_patience() -> None:
    play = Policed("web.1 worker.1", worker=Policies(stop_signal=3, timeout=30.0))
    play.told()
    play.stop()
    assert play.told()[1:] == ["SIGTERM to web.1", "SIGQUIT to worker.1"]
    play.wait(5.0)
    assert "SIGKILL to web.1" in play.told()
    play.wait(24.9)
    assert "SIGKILL to worker.1" not in play.told()
    play.wait(0.2)
    assert "SIGKILL to worker.1" in play.told()
