"""Other policies for processes in each of their states."""

from __future__ import annotations

from signal import SIGTERM

import pytest

from procman.core.life.service import Event, State
from procman.core.plan.policies import Backoff, Condition, Policies, Restart
from tests.engine.policed import ALIVE, Policed, plan

S = State
AGAIN = Policies(restart=Restart.ALWAYS)
ON_FAILURE = Policies(restart=Restart.ON_FAILURE)
NEEDS_REDIS = {"redis": Condition.READY}


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


def test_one_that_has_ended_a_moment_before_a_reload_is_not_asked_how_it_is() -> None:
    play = Policed("web.1 worker.1", web=AGAIN)
    play.exit("web.1", 1, group=True)  # something of it is left
    play.reload([plan("web.1", AGAIN._replace(alive=ALIVE, max_runtime=1.0)), plan("worker.1")])
    assert not play.wait(4.0).prober.asked
    assert play.note("web.1") == ""
