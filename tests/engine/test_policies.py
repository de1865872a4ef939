"""Processes under policies: waiting, readiness, backoff, failure, and what that means for others."""

from __future__ import annotations

from signal import SIGTERM

import pytest

from procman.core.life.service import Event, State
from procman.core.plan.policies import Backoff, Condition, GiveUp, Kind, Policies, Probe, Restart
from tests.engine.policed import ALIVE, READY, Policed, plan

S = State
AGAIN = Policies(restart=Restart.ALWAYS)
ON_FAILURE = Policies(restart=Restart.ON_FAILURE)
NEEDS_REDIS = {"redis": Condition.READY}


def test_one_that_fails_is_started_again_after_a_while_and_nobody_else_is_touched() -> None:
    play = Policed("web.1 redis.1", redis=ON_FAILURE)
    play.told()
    play.dies("redis.1", -9)
    assert play.state("redis.1") is S.BACKOFF
    assert play.told()[-1] == "redis.1 starts again in 1.0 s"
    assert play.supervisor.deadline == 1.0
    play.wait(0.99)
    assert play.state("redis.1") is S.BACKOFF
    play.wait(0.01)
    assert (play.state("redis.1"), play.state("web.1")) == (S.UP, S.UP)
    assert play.told() == ["spawn redis.1", "redis.1 started (pid 103)"]
    assert not play.supervisor.stopping


def test_the_end_of_one_without_policies_is_still_the_end_of_all() -> None:
    play = Policed("web.1 redis.1", redis=AGAIN).dies("web.1", 3)
    assert play.supervisor.stopping
    play.dies("redis.1", -15)
    assert (play.supervisor.finished, play.supervisor.exit_code) == (True, 3)


def test_a_crash_loop_ends_with_the_last_lines() -> None:
    policies = Policies(restart=Restart.ON_FAILURE, backoff=Backoff(1.0, 4.0, 60.0, 3))
    play = Policed("web.1 worker.1", worker=policies)
    for delay in (1.0, 2.0):
        play.writes("worker.1", b"old\n" * 2000 + b"\x1b[31mno database\x1b[0m\nTraceback\n").dies(
            "worker.1", 1
        )
        assert play.state("worker.1") is S.BACKOFF
        play.wait(delay)
    play.writes("worker.1", b"no database\nTraceback\n")
    play.told()
    play.dies("worker.1", 1)
    assert play.state("worker.1") is S.FAILED
    assert play.told()[-3:] == [
        "worker.1 failed: exit code 1, 3 failures in a row. The last that it wrote:",
        "worker.1 | no database",
        "worker.1 | Traceback",
    ]
    assert play.supervisor.deadline is None
    assert not play.supervisor.stopping
    play.command("worker.1", Event.START)  # by hand it may try again, and has all its tries
    assert play.state("worker.1") is S.UP
    assert play.supervisor.services["worker.1"].failures == 0


def test_who_gives_up_may_be_the_end_of_all_with_its_code() -> None:
    policies = Policies(restart=Restart.ON_FAILURE, backoff=Backoff(give_up_after=1), give_up=GiveUp.STOP)
    play = Policed("web.1 worker.1", worker=policies, web=AGAIN).dies("worker.1", 7)
    assert play.supervisor.stopping
    play.dies("web.1", -15)
    assert play.supervisor.exit_code == 7
    assert "worker.1 has ended, stopping" in play.children.journal


def test_who_gives_up_and_does_not_even_die_holds_back_nobody_elses_end() -> None:
    policies = Policies(restart=Restart.NEVER, ready=READY, give_up=GiveUp.STOP)
    play = Policed("web.1 worker.1", worker=policies, web=AGAIN).wait(41.0)
    assert play.supervisor.stopping
    play.told()
    play.dies("web.1", -15)
    assert "web.1 terminated by SIGTERM" in play.told()


def test_one_that_runs_for_long_has_no_failures_behind_it() -> None:
    play = Policed("web.1", web=Policies(restart=Restart.ALWAYS, backoff=Backoff(1.0, 60.0, 30.0, 3)))
    play.dies("web.1").wait(1.0)
    play.dies("web.1").wait(2.0)
    play.wait(30.0).dies("web.1")
    assert (play.state("web.1"), play.supervisor.services["web.1"].failures) == (S.BACKOFF, 1)
    assert play.told()[-1] == "web.1 starts again in 1.0 s"


def test_what_cannot_be_started_is_tried_again_too() -> None:
    play = Policed("web.1", web=ON_FAILURE)
    play.children.refuse("web.1")
    play.dies("web.1").wait(1.0)
    assert play.state("web.1") is S.BACKOFF
    assert play.told()[-2:] == [
        "web.1 could not be started: Too many open files",
        "web.1 starts again in 2.0 s (2 failures in a row)",
    ]
    assert not play.supervisor.stopping


@pytest.mark.parametrize("code", [0, -15])
def test_one_that_ends_well_has_completed(code: int) -> None:
    play = Policed("web.1 worker.1", worker=ON_FAILURE).dies("worker.1", code)
    assert play.state("worker.1") is S.COMPLETED
    assert not play.supervisor.stopping


def test_when_all_have_ended_by_themselves_procman_ends_too() -> None:
    play = Policed("web.1 job.1", web=Policies(restart=Restart.NEVER), job=Policies(oneshot=True))
    play.dies("job.1", 0)
    assert not play.supervisor.stopping
    play.dies("web.1", 4)
    assert play.told()[-1] == "all processes have ended, stopping"
    assert (play.supervisor.finished, play.supervisor.exit_code) == (True, 4)
    well = Policed("job.1 job.2", job=Policies(oneshot=True)).dies("job.1", 0).dies("job.2", 0)
    assert (well.supervisor.finished, well.supervisor.exit_code) == (True, 0)


def test_when_people_have_stopped_some_procman_goes_on() -> None:
    play = Policed("web.1 job.1", web=ON_FAILURE, job=Policies(oneshot=True))
    play.command("web.1", Event.STOP).dies("web.1", -15).dies("job.1", 0)
    assert not play.supervisor.stopping
    assert play.command("web.1", Event.START).state("web.1") is S.UP


# Waiting


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
    play.dies("redis.2", -15)
    assert play.state("web.1") is S.UP
    alone = Policed("web.1", web=Policies(depends_on=NEEDS_REDIS))
    assert alone.state("web.1") is S.UP


def test_what_is_not_to_start_by_itself_waits_for_its_command() -> None:
    play = Policed("web.1 debug.1", debug=Policies(autostart=False))
    assert play.state("debug.1") is S.DOWN
    assert play.command("debug.1", Event.START).state("debug.1") is S.UP


# Readiness and health


def test_one_that_is_never_ready_fails_by_its_policy() -> None:
    play = Policed("web.1 worker.1", web=Policies(ready=READY, restart=Restart.ON_FAILURE))
    play.told()
    while play.clock.now < 29.9:
        play.answer("connection refused").wait(0.5)
    play.wait(1.0)
    assert play.told() == [
        "web.1 was not ready within 30 s: connection refused, stopping it",
        "SIGTERM to web.1",
    ]
    assert play.state("web.1") is S.FAILING
    assert not play.prober.asked
    play.dies("web.1", 0)
    assert (play.state("web.1"), play.supervisor.services["web.1"].failures) == (S.BACKOFF, 1)


def test_one_that_is_never_ready_is_the_end_of_all_without_a_policy() -> None:
    play = Policed("web.1 worker.1", web=Policies(ready=READY)).wait(30.0).dies("web.1", 0)
    assert play.supervisor.stopping
    assert play.dies("worker.1", -15).supervisor.exit_code == 1


def test_a_question_that_nobody_answers_is_withdrawn_and_asked_again() -> None:
    play = Policed("web.1", web=Policies(ready=READY))
    play.wait(1.9)
    assert play.prober.number == 1
    play.wait(0.1)
    assert (play.prober.number, len(play.prober.asked)) == (2, 1)
    assert play.note("web.1") == "no answer within 2 s"


def test_one_that_is_not_well_three_times_in_a_row_is_restarted() -> None:
    play = Policed("web.1", web=Policies(alive=ALIVE))
    assert play.prober.number == 0
    for reason in ("answered 500", None, "answered 500", "answered 500"):
        play.wait(10.0).answer(reason)
    assert play.state("web.1") is S.UP
    play.told()
    play.wait(10.0).answer("answered 503")
    assert play.told() == [
        "web.1 is not well: answered 503, 3 times in a row, stopping it",
        "SIGTERM to web.1",
    ]
    play.dies("web.1", 0).wait(1.0)
    assert (play.state("web.1"), play.supervisor.services["web.1"].restarts) == (S.UP, 1)
    assert not play.supervisor.stopping


def test_one_that_hangs_gives_no_answers() -> None:
    play = Policed("web.1", web=Policies(alive=ALIVE._replace(failures=2)))
    play.wait(10.0 + 5.0 + 5.0 + 5.0)  # asked after 10, no answer after 15; asked after 20, none after 25
    assert play.state("web.1") is S.FAILING


def test_one_is_asked_how_it_is_only_when_it_is_ready() -> None:
    play = Policed("web.1", web=Policies(ready=READY, alive=ALIVE))
    play.wait(1.0).answer(None)
    assert play.state("web.1") is S.UP
    play.wait(9.9)
    assert play.prober.number == 1
    play.wait(0.1)
    assert play.prober.asked[0][0].path == "/health"


def test_nobody_asks_one_that_stops() -> None:
    play = Policed("web.1 worker.1", web=Policies(alive=ALIVE, restart=Restart.ALWAYS)).wait(10.0)
    assert play.prober.asked
    play.command("web.1", Event.STOP)
    assert not play.prober.asked
    play.dies("web.1", -15)
    assert play.supervisor.deadline is None


def test_nobody_asks_one_that_has_ended_though_something_is_left_of_it() -> None:
    play = Policed("web.1", web=Policies(alive=ALIVE, restart=Restart.ALWAYS)).wait(10.0)
    play.exit("web.1", 1, group=True)
    assert not play.prober.asked


def test_a_line_says_that_it_is_ready() -> None:
    log = Probe(Kind.LOG, "Listening on")
    play = Policed("web.1", web=Policies(ready=log)).writes("web.1", b"boot\nLis")
    assert play.state("web.1") is S.STARTING
    assert play.writes("web.1", b"tening \x1b[1mon\x1b[0m").state("web.1") is S.UP
    other = Policed("web.1", web=Policies(ready=Probe(Kind.LOG, "/port [0-9]+$/"))).writes(
        "web.1", b"port x\n"
    )
    assert other.state("web.1") is S.STARTING
    assert other.writes("web.1", b"port 12").state("web.1") is S.UP


def test_it_says_itself_that_it_is_ready_and_well() -> None:
    watchdog = Probe(Kind.NOTIFY, every=10.0)
    play = Policed("web.1", web=Policies(ready=Probe(Kind.NOTIFY), alive=watchdog))
    play.says("web.1", STATUS="loading").wait(1.0)
    assert (play.state("web.1"), play.note("web.1")) == (S.STARTING, "loading")
    play.says("web.1", READY="1")
    for _ in range(3):
        play.wait(9.0).says("web.1", WATCHDOG="1")
    assert play.state("web.1") is S.UP
    play.wait(10.0)
    assert play.state("web.1") is S.FAILING
    assert "no WATCHDOG=1 for 10 s" in play.told()[-2]
    play.dies("web.1", -6).wait(1.0).says("web.1", READY="1").says("web.1", WATCHDOG="trigger")
    assert play.state("web.1") is S.FAILING


def test_one_that_says_that_it_stops_is_left_in_peace() -> None:
    play = Policed("web.1", web=Policies(alive=Probe(Kind.NOTIFY, every=10.0))).says("web.1", STOPPING="1")
    assert play.supervisor.deadline is None


# Limits


def test_one_that_grows_too_large_is_restarted_and_told_why() -> None:
    play = Policed("web.1 worker.1", web=Policies(max_memory=512 << 20)).wait(5.0)
    play.scales.answer(512 << 20)
    assert play.state("web.1") is S.UP
    play.wait(5.0)
    play.told()
    play.scales.answer(600 << 20)
    assert play.told() == ["web.1 uses 600 MB of memory, more than 512 MB, stopping it", "SIGTERM to web.1"]
    play.dies("web.1", 0).wait(1.0)
    assert (play.state("web.1"), play.state("worker.1")) == (S.UP, S.UP)


def test_the_weight_of_an_old_child_is_not_that_of_the_new() -> None:
    play = Policed("web.1", web=Policies(max_memory=1 << 20, restart=Restart.ALWAYS)).wait(5.0)
    play.dies("web.1").wait(1.0)
    play.scales.answer(1 << 30)
    assert play.state("web.1") is S.UP
    assert play.supervisor.deadline == play.clock.now + 5.0


def test_nobody_is_weighed_who_has_no_limit() -> None:
    assert Policed("web.1", web=Policies(restart=Restart.ALWAYS)).supervisor.deadline is None


def test_one_that_has_run_for_as_long_as_it_may_is_restarted() -> None:
    play = Policed("web.1", web=Policies(max_runtime=3600.0)).wait(3599.0)
    assert play.state("web.1") is S.UP
    play.wait(1.0)
    assert play.told()[-2] == "web.1 has run for 1 h, as long as it may, stopping it"
    assert play.dies("web.1", 0).wait(1.0).wait(3599.0).state("web.1") is S.UP


# The stop of all


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


# Reload


def test_other_policies_are_taken_over_without_a_restart() -> None:
    play = Policed("web.1 worker.1", web=Policies(restart=Restart.NEVER))
    play.told()
    play.reload([plan("web.1", AGAIN), plan("worker.1")])
    assert play.told() == []
    assert play.dies("web.1").state("web.1") is S.BACKOFF
    play.wait(1.0).reload([plan("web.1", Policies(alive=ALIVE)), plan("worker.1")])
    play.wait(10.0)
    assert play.prober.asked
    play.reload([plan("web.1"), plan("worker.1")])
    assert not play.prober.asked
    assert play.supervisor.deadline is None


STATES = {
    S.WAITING: lambda play: play.command("web.1", Event.RESTART).dies("web.1", -15),
    S.BACKOFF: lambda play: play.dies("web.1", 1),
    S.FAILING: lambda play: play.wait(10.0).answer("no"),
    S.STOPPING: lambda play: play.command("web.1", Event.STOP),
    S.RESTARTING: lambda play: play.command("web.1", Event.RESTART),
    S.DOWN: lambda play: play.command("web.1", Event.STOP).dies("web.1", -15),
    S.COMPLETED: lambda play: play.dies("web.1", 0),
    S.FAILED: lambda play: play.dies("web.1", 1).wait(1.0).dies("web.1", 1),
    S.UP: lambda play: play,
}


@pytest.mark.parametrize("state", [*STATES])
@pytest.mark.parametrize("what", ["changed", "adjusted", "removed"])
def test_a_reload_in_each_state(state: State, what: str) -> None:
    alive = ALIVE._replace(failures=1)
    policies = Policies(restart=Restart.ON_FAILURE, alive=alive, backoff=Backoff(give_up_after=2))
    waits = policies._replace(depends_on={"redis": Condition.READY})
    play = Policed("web.1 clock.1 redis.1", web=waits if state is S.WAITING else policies)
    if state is S.WAITING:
        play.command("redis.1", Event.STOP).dies("redis.1", -15)
    STATES[state](play)
    assert play.state("web.1") is state
    others = [plan("clock.1"), plan("redis.1")]
    new = plan("web.1", Policies(restart=Restart.ALWAYS), command="new")
    adjusted = plan("web.1", Policies(restart=Restart.ALWAYS))
    was_wanted = state.wanted
    if what == "removed":
        play.reload(others)
    else:
        play.reload([new if what == "changed" else adjusted, *others], *["web.1"] * (what == "changed"))
    is_asked = what != "adjusted" or state in (S.FAILING, S.STOPPING, S.RESTARTING)
    if is_asked and play.children.left("web.1"):
        play.dies("web.1", -15)
    play.wait(5.0)
    if what == "removed":
        assert "web.1" not in play.supervisor.services.names
        assert not play.children.left("web.1")
    else:
        expected = S.UP if was_wanted else S.DOWN
        if state is S.COMPLETED or (state is S.FAILED and what == "adjusted"):
            expected = state
        assert play.state("web.1") is expected
    play.stop()
    for name in ("web.1", "clock.1", "redis.1"):
        if play.children.left(name):
            play.dies(name, -15)
    assert play.supervisor.finished


def test_a_signal_that_everybody_gets_is_no_failure() -> None:
    play = Policed("web.1 worker.1", web=AGAIN, worker=AGAIN)
    play.dies("web.1", -SIGTERM).stop().dies("worker.1", -SIGTERM)
    assert (play.supervisor.finished, play.supervisor.exit_code) == (True, 0)
