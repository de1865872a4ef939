"""Runs that end because procman does: stopped, killed, killed while others go on; and what runs again."""

from __future__ import annotations

from datetime import UTC, datetime
from signal import SIGTERM
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.facts import JobQueued, RunFinished, TickMissed, TickSkipped
from procman.core.tasks.run import Outcome, Request, State, Trigger
from procman.errors import StoreError
from tests.engine.test_scheduler import EVERY_10, ask, with_
from tests.engine.timetable import Timetable

if TYPE_CHECKING:
    from procman.core import facts
    from procman.engine.store import Store


def stopped_in_the_middle(**keys: object) -> Timetable:
    """The tick of 10:00 was running when procman was asked to stop."""
    table = Timetable(with_(**keys))
    table.takes["remind"] = 3600
    table.start().at(11)
    return table.stop()


def killed_in_the_middle(**keys: object) -> tuple[Timetable, Timetable]:
    """One whose tick of 10:00 was running when it was killed, and the next one, a moment later."""
    table = Timetable(with_(**keys))
    table.takes["remind"] = 3600
    table.start().at(10)
    again = after(table, 0, **keys)
    again.dead.add("procman-1")
    return table, again


def after(table: Timetable, seconds: float = 0, /, **keys: object) -> Timetable:
    begin = datetime.fromtimestamp(table.wall + seconds, UTC)
    return Timetable(with_(**keys), table.store, begin, owner="procman-2")


# Asked to stop


@pytest.mark.parametrize(
    ("on_lost", "on_stop", "again"),
    [
        ("leave", None, False),
        ("rerun", None, True),
        ("rerun", "leave", False),
        ("leave", "rerun", True),
    ],
)
def test_a_run_that_was_stopped_with_procman_runs_again_if_its_task_says_so(
    on_lost: str, on_stop: str | None, again: bool
) -> None:
    keys = {"on_lost": on_lost} | ({"on_stop": on_stop} if on_stop else {})
    table = stopped_in_the_middle(**keys)
    assert [(run.outcome, run.reason) for run in table.runs()] == [
        (Outcome.STOPPED, "procman was asked to stop")
    ]
    assert [(run.state, run.attempt, run.due) for run in table.store.jobs()] == [
        (State.PENDING, 2, table.wall)
    ] * again
    following = after(table, 60, **keys).start().at(1)
    assert [run.attempt for run in following.runs()] == [1, 2][: 1 + again]
    assert all(run.outcome is Outcome.OK for run in following.runs()[1:])


def test_it_runs_however_late_the_next_start_is() -> None:
    table = stopped_in_the_middle(on_stop="rerun", missed="skip", grace="1m")
    following = after(table, 9 * 3600, on_stop="rerun", missed="skip", grace="1m").start().at(1)
    assert [run.outcome for run in following.runs() if run.attempt == 2] == [Outcome.OK]


def test_a_deploy_uses_up_no_retries() -> None:
    keys = {"on_stop": "rerun", "retries": 1, "retry_delay": "10s"}
    table = stopped_in_the_middle(**keys)
    following = after(table, 1, **keys)
    following.codes["remind"] = 1
    following.start().at(5)
    assert [(run.attempt, run.outcome) for run in following.runs()] == [
        (1, Outcome.STOPPED),
        (2, Outcome.FAILED),
        (3, Outcome.FAILED),
    ]
    assert following.told("attempt") == ["remind.2 will be tried again in 10 s (attempt 3 of 3)"]


def test_a_run_that_was_replaced_does_not_come_again() -> None:
    table = Timetable(with_(overlap="replace", on_stop="rerun"))
    table.takes["remind"] = 900
    table.start().at(20)
    assert table.rows()[0] == "remind 10:00 stopped"
    assert table.store.jobs() == []


# The guardian was killed


@pytest.mark.parametrize("on_lost", ["leave", "rerun"])
def test_a_run_whose_guardian_was_killed_is_lost(on_lost: str) -> None:
    table = Timetable(with_(on_lost=on_lost, on_stop="leave"))
    table.takes["remind"] = 3600
    table.start().at(10)
    table.scheduler.killed()
    table.stop()
    (run,) = table.runs()
    assert (run.outcome, run.reason) == (Outcome.LOST, "procman was killed while it ran")
    assert [run.attempt for run in table.store.jobs()] == [2] * (on_lost == "rerun")


# Killed


def test_nothing_runs_beside_what_is_left_of_a_killed_procman() -> None:
    _, again = killed_in_the_middle(on_lost="rerun")
    again.start().at(0, 4)
    assert again.rows() == ["remind 0:00 running"]
    again.dead.add("child-101")
    again.at(0, 6)
    assert again.rows() == ["remind 0:00 lost", "remind 0:00 retry ok"]


def test_a_tick_does_not_run_beside_it_either() -> None:
    _, again = killed_in_the_middle()
    again.start().at(10)
    assert again.runs()[-1].reason == "remind.1 is still running"
    again.dead.add("child-101")
    again.at(20)
    assert again.rows()[0] == "remind 0:00 lost"
    assert again.runs()[-1].outcome is Outcome.OK


def test_of_a_child_that_cannot_be_seen_the_end_is_waited_for() -> None:
    _, again = killed_in_the_middle(on_lost="rerun")
    again.liveness.unseen.add("child-101")
    again.start().at(0, 6)
    assert again.rows() == ["remind 0:00 running"]
    again.at(0, 9)
    assert again.rows() == ["remind 0:00 lost", "remind 0:00 retry ok"]


def test_what_another_procman_leaves_is_closed_while_we_go_on() -> None:
    other = Timetable(with_(on_lost="rerun"))
    other.takes["remind"] = 3600
    table = Timetable(
        EVERY_10.replace("remind", "mail") + "remind: {command: run, on_lost: rerun}", other.store
    )
    table.liveness.owner = "procman-2"
    other.start().at(10)
    table.start().at(15)
    assert "remind 10:00 running" in table.rows()
    table.dead |= {"procman-1", "child-101"}
    table.at(16)
    assert {"remind 10:00 lost", "remind 10:00 retry ok"} <= {*table.rows()}


def test_a_job_that_had_not_begun_when_its_procman_was_killed_comes_again() -> None:
    store = Timetable(EVERY_10).store
    number = ask(store, "remind", due=0)
    store.take_due(1, "procman-1", 0, (9, 9))
    table = Timetable(EVERY_10, store)
    table.dead.add("procman-1")
    table.liveness.owner = "procman-2"
    table.start().at(0, 10)
    run = store.run(number)
    assert run
    assert (run.outcome, run.attempt) == (Outcome.OK, 1)


# Facts


def told(table: Timetable, *kinds: type) -> list[facts.Fact]:
    return [fact for fact in table.facts if isinstance(fact, kinds)]


def test_each_end_is_a_fact() -> None:
    table = Timetable(with_(retries=1, retry_delay="10s"))
    table.takes["remind"], table.codes["remind"] = 3, 1
    table.start().at(11)
    assert told(table, RunFinished) == [
        RunFinished(1, "remind", Outcome.FAILED, 1, False, 3.0, None),
        RunFinished(2, "remind", Outcome.FAILED, 2, True, 3.0, None),
    ]


def test_ticks_that_do_not_run_are_facts() -> None:
    table = Timetable(EVERY_10)
    table.takes["remind"] = 900
    table.start().at(20)
    second = int(table.begun) + 1200
    assert told(table, TickSkipped) == [TickSkipped(2, "remind", second, "remind.1 is still running")]
    table.stop()
    later = after(table, 3600, missed="skip").start().at(1)
    missed = told(later, TickMissed)
    assert [(fact.id, fact.task) for fact in missed if isinstance(fact, TickMissed)] == [
        (number, "remind") for number in range(3, 8)
    ]


def test_what_is_asked_for_is_a_fact_once() -> None:
    table = Timetable(EVERY_10)
    ask(table.store, "remind", due=0)
    table.start()
    request = Request("remind", (), Trigger.DELAYED, table.wall + 900, table.wall, "key")
    number, _ = table.store.request(request)
    table.store.begin(request, "run", "procman-9")
    table.scheduler.look()
    table.at(16)
    assert told(table, JobQueued) == [JobQueued(number, "remind", request.due, "key")]


def test_nothing_is_told_before_it_is_in_the_store() -> None:
    table = Timetable(EVERY_10)
    table.takes["remind"] = 60
    table.start().at(10)
    table.worker.broken = StoreError("full")
    table.at(11, 2)
    assert told(table, RunFinished) == []
    table.worker.broken = None
    table.at(12)
    (fact,) = told(table, RunFinished)
    assert table.runs()[0].outcome is Outcome.OK
    assert isinstance(fact, RunFinished)
    assert fact.outcome is Outcome.OK


def test_what_somebody_else_has_written_is_not_contradicted() -> None:
    table = Timetable(EVERY_10)
    table.takes["remind"] = 60
    table.start().at(10)
    table.store.recover(lambda run: True, (), table.wall)
    table.at(12)
    assert table.runs()[0].outcome is Outcome.LOST
    assert told(table, RunFinished) == []


# The store's queue


def test_what_is_held_is_written_within_a_quarter_of_a_second() -> None:
    table = Timetable(EVERY_10).start()
    table.queue.write(1, lambda store: None)
    assert table.scheduler.deadline == pytest.approx(table.clock.now + 0.25)


def test_what_is_held_does_not_overtake_what_was_refused() -> None:
    table = Timetable(EVERY_10).start()
    done: list[str] = []
    table.worker.broken = StoreError("full")
    table.queue.write(1, lambda store: done.append("one"))
    table.settle()
    table.worker.broken = None
    table.queue.write(1, lambda store: done.append("two"))
    table.scheduler.look()
    table.settle()
    assert done == []
    table.at(0, 6)
    assert done == ["one", "two"]


def test_what_follows_on_what_is_refused_again_waits_with_it_and_others_do_not() -> None:
    table = Timetable(EVERY_10).start()
    done: list[str] = []
    refusals = ["first", "again"]

    def one(store: Store) -> None:
        if refusals:
            raise StoreError(refusals.pop())
        done.append("one")

    table.queue.write(1, one)
    table.queue.write(1, lambda store: done.append("two"))
    table.queue.write(2, lambda store: done.append("other"))
    table.settle().at(0, 6)
    assert done == ["other"]
    table.at(0, 12)
    assert done == ["other", "one", "two"]


def test_a_write_waits_for_the_answer_to_the_one_before() -> None:
    table = Timetable(EVERY_10).start()
    done: list[str] = []

    def one(store: Store) -> None:
        if not done:
            done.append("refused")
            raise StoreError("busy")
        done.append("one")

    table.queue.write(1, one)
    table.queue.expire(table.clock.now, busy=False)
    table.queue.write(1, lambda store: done.append("two"))
    table.queue.expire(table.clock.now, busy=False)
    table.settle().at(0, 6)
    assert done == ["refused", "one", "two"]


# Clocks and timeouts


def test_a_timeout_does_not_run_while_all_are_suspended() -> None:
    table = Timetable(with_(timeout="5m"))
    table.takes["remind"] = 3600
    table.start().at(11)
    table.pass_time(600)
    table.scheduler.postpone(600)
    table.settle()
    assert table.rows()[0] == "remind 10:00 running"
    table.obeys = True
    table.at(26)
    assert table.rows()[0] == "remind 10:00 timed_out"
    assert table.children.signalled["remind.1"] == SIGTERM


def test_the_timeout_of_a_run_that_has_ended_is_nobodys() -> None:
    table = Timetable(with_(timeout="5m"))
    table.takes["remind"] = 60
    table.start().at(12)
    assert table.active.deadline is None
    table.at(20)
    assert table.children.signalled == {}
    assert table.rows()[0] == "remind 10:00 ok"


def test_a_look_is_due_at_once_when_the_clock_was_set_back() -> None:
    table = Timetable(EVERY_10).start()
    table.wall -= 3600
    ask(table.store, "remind", due=table.wall)
    table.settle()
    assert [run.outcome for run in table.runs()] == [Outcome.OK]


def test_who_had_no_room_comes_when_there_is_some() -> None:
    table = Timetable("slow: run\nlate: run")
    table.takes["slow"] = 10
    table.start()
    for _ in range(101):
        ask(table.store, "slow", due=table.wall)
    table.scheduler.look()
    table.settle()
    assert len(table.active.of("slow")) == 100
    table.at(0, 10.5)
    assert len(table.active.of("slow")) == 1


def test_a_tick_that_waited_longer_than_its_grace_is_missed() -> None:
    table = Timetable(with_(jitter="5m", grace="1m", missed="skip")).start().at(10)
    (pending,) = table.store.jobs()
    late = after(table, 1200, jitter="5m", grace="1m", missed="skip").start().at(0, 5)
    run = late.store.run(pending.id)
    assert run
    assert run.outcome is Outcome.MISSED
