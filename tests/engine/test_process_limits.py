"""Memory and time that a process may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.life.service import State
from procman.core.plan.policies import Backoff, Condition, Policies, Restart
from procman.errors import ShortageError
from tests.engine.policed import Policed

if TYPE_CHECKING:
    import pytest

S = State
AGAIN = Policies(restart=Restart.ALWAYS)
ON_FAILURE = Policies(restart=Restart.ON_FAILURE)
NEEDS_REDIS = {"redis": Condition.READY}


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
    assert play.told()[-2:] == ["web.1 has run for 1 h, as long as it may, restarting it", "SIGTERM to web.1"]
    assert play.dies("web.1", 3).state("web.1") is S.UP  # at once: that was no failure
    assert play.supervisor.services["web.1"].failures == 0
    assert play.wait(3599.0).state("web.1") is S.UP


def test_a_oneshot_that_takes_too_long_has_failed() -> None:
    play = Policed(
        "web.1 job.1", job=Policies(oneshot=True, max_runtime=60.0, backoff=Backoff(give_up_after=1))
    )
    play.wait(60.0).dies("job.1", -15)
    assert play.state("job.1") is S.FAILED


def test_when_nobody_can_be_weighed_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Policed("web.1", web=Policies(max_memory=1 << 20))

    def weigh(leaders: object, then: object) -> None:
        raise ShortageError("no thread")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(play.scales, "weigh", weigh)
        play.wait(5.0)
    play.wait(5.0).scales.answer(2 << 20)
    assert play.state("web.1") is S.FAILING
