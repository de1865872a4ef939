"""Processes under policies: waiting, readiness, backoff, failure, and what that means for others."""

from __future__ import annotations

import pytest

from procman.core.life.service import Event, State
from procman.core.plan.policies import Backoff, Condition, GiveUp, Policies, Restart
from tests.engine.policed import READY, Policed

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
    assert (play.state("worker.1"), play.note("worker.1")) == (S.COMPLETED, "")
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


def test_the_code_is_that_of_the_one_that_failed_first() -> None:
    never = Policies(restart=Restart.NEVER)
    play = Policed("a.1 b.1 c.1", a=never, b=never, c=Policies(autostart=False)).dies("b.1", 6).wait(1.0)
    play.dies("a.1", 5)
    assert (play.supervisor.finished, play.supervisor.exit_code) == (True, 6)  # c.1 was never started


def test_one_that_tries_again_is_not_up_yet_and_one_that_has_failed_is_no_news() -> None:
    once = Policies(restart=Restart.ON_FAILURE, backoff=Backoff(give_up_after=2))
    play = Policed("web.1 worker.1", worker=once)
    assert play.supervisor.is_up
    play.dies("worker.1")
    assert not play.supervisor.is_up
    play.wait(1.0).dies("worker.1")
    assert play.supervisor.is_up


def test_when_people_have_stopped_some_procman_goes_on() -> None:
    play = Policed("web.1 job.1", web=ON_FAILURE, job=Policies(oneshot=True))
    play.command("web.1", Event.STOP).dies("web.1", -15).dies("job.1", 0)
    assert not play.supervisor.stopping
    assert play.command("web.1", Event.START).state("web.1") is S.UP
