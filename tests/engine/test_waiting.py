"""Processes that depend on others: they wait, are skipped, and are mended."""

from __future__ import annotations

from procman.core.life.service import Event, State
from procman.core.plan.policies import Condition, Policies, Restart
from tests.engine.policed import READY, Policed, plan

S = State
AGAIN = Policies(restart=Restart.ALWAYS)
ON_FAILURE = Policies(restart=Restart.ON_FAILURE)
NEEDS_REDIS = {"redis": Condition.READY}


def test_one_waits_until_what_it_depends_on_is_ready() -> None:
    play = Policed("web.1 redis.1", web=Policies(depends_on=NEEDS_REDIS), redis=Policies(ready=READY))
    assert play.told() == ["web.1 waits: redis.1 is not ready", "spawn redis.1", "redis.1 started (pid 101)"]
    assert (play.state("web.1"), play.note("web.1")) == (S.WAITING, "redis.1 is not ready")
    play.answer("connection refused").wait(0.5).answer(None)
    assert play.told() == ["redis.1 ready after 0.5 s", "spawn web.1", "web.1 started (pid 102)"]
    assert all(each.settled for each in play.supervisor.services)


def test_started_is_enough_where_that_is_said() -> None:
    policies = Policies(depends_on={"redis": Condition.STARTED})
    play = Policed("web.1 redis.1", web=policies, redis=Policies(ready=READY))
    assert (play.state("web.1"), play.state("redis.1")) == (S.UP, S.STARTING)


def test_all_instances_have_to_be_ready() -> None:
    play = Policed("web.1 redis.1 redis.2", web=Policies(depends_on=NEEDS_REDIS), redis=Policies(ready=READY))
    assert play.answer(None).state("web.1") is S.WAITING
    assert play.note("web.1") == "redis.2 is not ready"
    assert play.answer(None).state("web.1") is S.UP


def test_a_migration_comes_first() -> None:
    play = Policed(
        "web.1 migrate.1",
        web=Policies(depends_on={"migrate": Condition.COMPLETED}),
        migrate=Policies(oneshot=True),
    )
    assert play.supervisor.services["migrate.1"].settled
    assert play.state("web.1") is S.WAITING
    assert play.dies("migrate.1", 0).state("web.1") is S.UP


def test_when_a_dependency_fails_the_others_are_skipped_at_once_and_told_why() -> None:
    play = Policed(
        "web.1 worker.1 migrate.1 clock.1",
        web=Policies(depends_on={"migrate": Condition.COMPLETED}),
        worker=Policies(depends_on={"web": Condition.READY}),
        migrate=Policies(oneshot=True),
    )
    play.told()
    play.dies("migrate.1", 2)
    assert play.told()[1:] == [
        "close migrate.1",
        "migrate.1 failed: exit code 2",
        "web.1 skipped: migrate.1 has failed",
        "worker.1 skipped: web.1 was skipped",
    ]
    assert play.note("worker.1") == "web.1 was skipped"
    assert not play.supervisor.stopping
    play.command("migrate.1", Event.RESTART).dies("migrate.1", 0)  # mended
    assert (play.state("web.1"), play.state("worker.1")) == (S.UP, S.UP)


def test_when_nothing_can_run_any_more_procman_ends_with_the_code_of_the_first() -> None:
    play = Policed(
        "web.1 migrate.1",
        web=Policies(depends_on={"migrate": Condition.COMPLETED}),
        migrate=Policies(oneshot=True),
    ).dies("migrate.1", 2)
    assert (play.supervisor.finished, play.supervisor.exit_code) == (True, 2)


def test_a_dependency_that_comes_back_takes_nobody_down() -> None:
    play = Policed("web.1 redis.1", web=Policies(depends_on=NEEDS_REDIS), redis=ON_FAILURE)
    play.dies("redis.1", -9)
    assert play.state("web.1") is S.UP
    play.command("web.1", Event.RESTART).dies("web.1", -15)  # meanwhile it waits
    assert play.note("web.1") == "redis.1 is not ready"
    play.wait(1.0)
    assert (play.state("redis.1"), play.state("web.1")) == (S.UP, S.UP)


def test_a_dependency_that_is_stopped_by_hand_is_waited_for() -> None:
    play = Policed("web.1 redis.1", web=Policies(depends_on=NEEDS_REDIS, restart=Restart.ALWAYS))
    play.command("redis.1", Event.STOP).dies("redis.1", -15)
    assert play.state("web.1") is S.UP
    play.dies("web.1").wait(1.0)
    assert (play.state("web.1"), play.note("web.1")) == (S.WAITING, "redis.1 is down")
    assert play.supervisor.services["web.1"].settled  # nobody need wait for that
    assert play.command("redis.1", Event.START).state("web.1") is S.UP


def test_a_dependency_that_is_scaled_is_waited_for_as_a_whole_and_not_at_all_when_there_is_none() -> None:
    redis = Policies(ready=READY)
    play = Policed("web.1 redis.1", web=Policies(depends_on=NEEDS_REDIS), redis=redis)
    play.supervisor.services.plan([plan("redis.2", redis)])
    play.command("redis.2", Event.START).answer(None)
    assert play.state("web.1") is S.WAITING
    play.supervisor.services.drop(["redis.2"], (), play.clock.now)
    assert play.go_on().state("web.1") is S.UP  # who is on the way out is not waited for
    alone = Policed("web.1", web=Policies(depends_on=NEEDS_REDIS))
    assert alone.state("web.1") is S.UP


def test_who_waits_for_one_that_waits_for_a_command_waits_for_that_too() -> None:
    play = Policed(
        "web.1 app.1 redis.1",
        web=Policies(depends_on={"app": Condition.READY}),
        app=Policies(depends_on=NEEDS_REDIS),
        redis=Policies(ready=READY),
    )
    assert not play.supervisor.services["web.1"].settled
    play.command("redis.1", Event.STOP)
    assert not play.supervisor.services["web.1"].settled
    play.dies("redis.1", -15)
    assert all(each.settled for each in play.supervisor.services)
    play.command("redis.1", Event.START)
    assert not play.supervisor.services["web.1"].settled


def test_what_is_not_to_start_by_itself_waits_for_its_command() -> None:
    play = Policed("web.1 debug.1", debug=Policies(autostart=False))
    assert play.state("debug.1") is S.DOWN
    assert play.command("debug.1", Event.START).state("debug.1") is S.UP
