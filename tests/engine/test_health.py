"""Whether processes are ready and well, and what follows if not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.life.service import Event, State
from procman.core.messages import Spawned, Unasked
from procman.core.plan.policies import Condition, Kind, Policies, Probe, Restart
from tests.engine.policed import ALIVE, READY, Policed

if TYPE_CHECKING:
    import pytest

S = State
AGAIN = Policies(restart=Restart.ALWAYS)
ON_FAILURE = Policies(restart=Restart.ON_FAILURE)
NEEDS_REDIS = {"redis": Condition.READY}


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


def test_a_question_that_could_not_be_asked_says_nothing_of_the_process() -> None:
    play = Policed("web.1", web=Policies(alive=ALIVE))
    for reason in ("answered 500", "answered 500", Unasked("too many open files"), Unasked("no memory")):
        play.wait(10.0).answer(reason)
    assert (play.state("web.1"), play.note("web.1")) == (S.UP, "no memory")
    play.wait(10.0).answer("answered 500")
    assert play.state("web.1") is S.FAILING


def test_one_that_hangs_gives_no_answers() -> None:
    play = Policed("web.1", web=Policies(alive=ALIVE._replace(failures=2)))
    play.wait(10.0 + 5.0 + 5.0 + 5.0)  # asked after 10, no answer after 15; asked after 20, none after 25
    assert play.state("web.1") is S.FAILING


def test_one_that_was_ready_in_time_is_not_late_afterwards() -> None:
    play = Policed("web.1", web=Policies(ready=READY)).answer(None)
    assert (play.state("web.1"), play.supervisor.deadline) == (S.UP, None)
    assert play.wait(60.0).state("web.1") is S.UP


def test_many_are_asked_at_once() -> None:
    play = Policed("web.1 worker.1", web=Policies(alive=ALIVE), worker=Policies(alive=ALIVE))
    play.wait(0.01).command("worker.1", Event.RESTART).dies("worker.1", -15)
    play.wait(0.01).command("web.1", Event.RESTART).dies("web.1", -15)
    assert play.supervisor.deadline is not None
    play.wait(play.supervisor.deadline - play.clock.now)
    assert len(play.prober.asked) == 2


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


def test_one_that_is_ready_before_its_pid_is_known_is_told_to_have_started_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play = Policed("web.1", web=Policies(ready=Probe(Kind.LOG, "up"), restart=Restart.ALWAYS))
    monkeypatch.setattr(play.children, "spawn", lambda plan: Spawned(103, None))
    monkeypatch.setattr(play.children, "main_pid", lambda name: None)
    play.dies("web.1").wait(1.0).writes("web.1", b"up\n")
    assert play.state("web.1") is S.STARTING
    play.told()
    play.supervisor.processes.main_started("web.1", 104, play.clock.now)
    assert play.told() == ["web.1 started (pid 104)", "web.1 ready after 0.0 s"]


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
