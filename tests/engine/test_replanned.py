"""Another plan while a formation runs: what is the same goes on, ports move from one to the other in time."""

from __future__ import annotations

from signal import SIGTERM
from typing import TYPE_CHECKING

from procman.core.life.service import Event, State
from tests.engine.play import Play, process

if TYPE_CHECKING:
    from procman.core.plan.plan import ProcessPlan


def plan(name: str, port: int | None = None, position: int = 0, command: str = "") -> ProcessPlan:
    return process(name)._replace(port=port, position=position, command=command or f"run {name}")


def replanned(play: Play, *plans: ProcessPlan, changed: str = "") -> Play:
    play.supervisor.services.replan(plans, changed.split(), play.clock.now)
    while play.supervisor.start_next(play.clock.now):
        pass
    return play


def started(*plans: ProcessPlan) -> Play:
    play = Play()
    play.supervisor.services.begin(plans)
    return play.start()


def test_what_is_the_same_goes_on() -> None:
    play = started(plan("web.1"), plan("worker.1"))
    assert replanned(play, plan("web.1"), plan("worker.1")).told() == []


def test_what_has_changed_gets_a_new_child_with_the_new_command() -> None:
    play = started(plan("web.1"), plan("worker.1"))
    replanned(play, plan("web.1", command="other"), plan("worker.1"), changed="web.1")
    assert play.told() == ["SIGTERM to web.1"]
    play.exit("web.1", -SIGTERM).start()
    assert play.children.commands["web.1"] == "other"
    assert not play.supervisor.stopping


def test_what_is_stopped_stays_so_and_starts_with_the_new_command() -> None:
    play = started(plan("web.1"), plan("worker.1"))
    play.supervisor.services.command("web.1", Event.STOP, 0.0)
    play.exit("web.1", -SIGTERM)
    replanned(play, plan("web.1", command="other"), plan("worker.1"), changed="web.1")
    assert play.supervisor.services["web.1"].state is State.DOWN
    play.supervisor.services.command("web.1", Event.START, 0.0)
    play.start()
    assert play.children.commands["web.1"] == "other"


def test_what_is_new_starts_in_its_place_and_what_is_gone_is_forgotten() -> None:
    play = started(plan("web.1"), plan("worker.1", position=1))
    replanned(play, plan("mail.1"), plan("web.1", position=1))
    assert "spawn mail.1" in play.told()
    assert play.supervisor.services.names == ["mail.1", "web.1", "worker.1"]
    play.exit("worker.1", -SIGTERM)
    assert play.supervisor.services.names == ["mail.1", "web.1"]
    assert not play.supervisor.stopping


def test_what_was_taken_away_and_is_put_back_meanwhile_gets_a_new_child() -> None:
    play = started(plan("web.1"), plan("worker.1"))
    replanned(play, plan("web.1"))
    replanned(play, plan("web.1"), plan("worker.1", command="other"))
    assert play.supervisor.services["worker.1"].state is State.RESTARTING
    play.exit("worker.1", -SIGTERM).start()
    assert play.children.commands["worker.1"] == "other"


def test_a_new_process_waits_for_its_port() -> None:
    play = started(plan("web.1", 5000), plan("worker.1", 5100))
    replanned(play, plan("web.1", 5000), plan("mail.1", 5100), plan("worker.1", 5200), changed="worker.1")
    assert play.told() == ["SIGTERM to worker.1"]
    assert not play.supervisor.services["mail.1"].settled
    play.exit("worker.1", -SIGTERM)
    assert play.start().children.pids.keys() == {"web.1", "worker.1", "mail.1"}
    assert all(each.settled for each in play.supervisor.services)


def test_a_new_process_waits_for_the_port_of_one_that_is_taken_away() -> None:
    play = started(plan("web.1", 5000), plan("worker.1", 5100))
    replanned(play, plan("web.1", 5000), plan("mail.1", 5100))
    assert play.told() == ["SIGTERM to worker.1"]
    play.exit("worker.1", -SIGTERM).start()
    assert play.supervisor.services["mail.1"].settled


def test_two_that_change_ports_wait_for_each_other_and_both_start() -> None:
    play = started(plan("a.1", 5000), plan("b.1", 5100))
    replanned(play, plan("b.1", 5000), plan("a.1", 5100), changed="a.1 b.1")
    play.exit("a.1", -SIGTERM).told()
    assert not play.supervisor.start_next(0.0)  # the other one has its port still
    play.exit("b.1", -SIGTERM).start()
    assert all(each.settled for each in play.supervisor.services)
    assert len(play.supervisor.processes.alive()) == 2


def test_one_that_waits_for_its_port_can_be_stopped_restarted_and_ended_with_all() -> None:
    for event, state in ((Event.STOP, State.DOWN), (Event.RESTART, State.WAITING)):
        play = started(plan("worker.1", 5100))
        replanned(play, plan("mail.1", 5100), plan("worker.1", 5200), changed="worker.1")
        play.supervisor.services.command("mail.1", event, 0.0)
        assert play.supervisor.services["mail.1"].state is state
        play.exit("worker.1", -SIGTERM).start()
        assert ("mail.1" in play.children.pids) is (state is State.WAITING)
    play = started(plan("worker.1", 5100))
    replanned(play, plan("mail.1", 5100), plan("worker.1", 5200), changed="worker.1").signal(SIGTERM)
    play.exit("worker.1", -SIGTERM)
    assert play.supervisor.finished
    assert "mail.1" not in play.children.pids
