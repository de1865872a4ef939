"""A store that was set back: a backup that was put in place, or a standby that did not get all."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.facts import RunFinished
from procman.core.tasks.run import Outcome, Request, Run, Trigger
from procman.engine.ended import MOST, Ended
from tests.engine.timetable import Timetable

if TYPE_CHECKING:
    from procman.engine.store import Store

EVERY_10 = "remind: {command: run, schedule: every 10 minutes}"
LONG = "long: {command: run, schedule: '@reboot'%s}\nother: {command: run, schedule: every minute}"
WHY = "the store was set back: how it ended is not known"


def put_back(table: Timetable, store: Store) -> None:
    """procman goes on with another one."""
    table.store = table.worker.store = store


def go_on_with(table: Timetable, store: Store) -> Timetable:
    """It sees that, too."""
    put_back(table, store)
    table.scheduler.begin_anew()
    return table.settle()


def backup_while_a_job_runs(table: Timetable) -> Store:
    """A backup of 1:00 that has it as running."""
    asked(table)
    table.scheduler.look()
    table.settle().at(1)
    return deepcopy(table.store)


def long_ones(table: Timetable) -> list[Run]:
    return [run for run in table.runs() if run.task == "long"]


@pytest.mark.parametrize("copied", [False, True])
def test_a_tick_that_was_claimed_in_another_store_and_had_not_begun_begins_once(copied: bool) -> None:
    """`copied` with its claim, or before that."""
    table = Timetable(EVERY_10).start().at(5)
    before = deepcopy(table.store)
    table.at(9, 59.95)
    assert len(table.runs()) == 1
    go_on_with(table, deepcopy(table.store) if copied else before).at(15)
    assert len(table.children.pids) == 1
    assert table.rows() == ["remind 10:00 ok"]


@pytest.mark.parametrize("more", ["", ", on_lost: rerun"])
def test_a_run_that_it_has_as_ours_and_that_ended_is_lost(more: str) -> None:
    """It would be there for ever, for who waits for it."""
    table = Timetable(LONG % more)
    table.takes["long"] = 90
    table.start().at(1)
    before = deepcopy(table.store)
    table.at(2)
    assert [run.outcome for run in long_ones(table)] == [Outcome.OK]
    put_back(table, before)
    table.at(5)
    first, *again = long_ones(table)
    assert (first.outcome, first.reason) == (Outcome.LOST, WHY)
    assert [(run.attempt, run.outcome) for run in again] == ([(2, Outcome.OK)] if more else [])
    assert f"{first.name} lost: {WHY}" in map(str, table.facts)
    told = [fact.final for fact in table.facts if isinstance(fact, RunFinished) and fact.id == first.id]
    assert told == [True, not more]


def test_so_is_one_that_is_not_remembered_any_more() -> None:
    table = Timetable(LONG % "")
    table.takes["long"] = 90
    table.start().at(1)
    before = deepcopy(table.store)
    table.at(2)
    table.active.past = Ended()
    put_back(table, before)
    table.at(5)
    assert [(run.outcome, run.reason) for run in long_ones(table)] == [(Outcome.LOST, WHY)]


def test_a_run_that_goes_on_ends_as_it_does() -> None:
    table = Timetable(LONG % "")
    table.takes["long"] = 240
    table.start().at(1)
    before = deepcopy(table.store)
    table.at(2)
    put_back(table, before)
    for minute in range(3, 6):
        table.scheduler.begin_anew()
        table.settle().at(minute)
    (run,) = long_ones(table)
    assert (run.outcome, run.reason) == (Outcome.OK, None)


def test_an_end_that_is_written_while_we_look_is_no_riddle() -> None:
    """The run is read as one that goes on, and is not here any more when that is told."""
    table = Timetable(LONG % "")
    table.takes["long"] = 600
    table.start().at(1)
    (run,) = long_ones(table)
    table.scheduler.begin_anew()
    table.exit(run.name).settle().at(5)
    (run,) = long_ones(table)
    assert (run.outcome, run.reason) == (Outcome.OK, None)


# What has run here, and is still to run as the store has it


def asked(table: Timetable, task: str = "job", store: Store | None = None) -> int:
    return (store or table.store).request(Request(task, (), Trigger.MANUAL, table.wall, table.wall))[0]


def begun(table: Timetable) -> int:
    """How many runs have begun."""
    return len(table.told("spawn"))


@pytest.mark.parametrize("number", [1, 10])
def test_jobs_that_run_here_and_wait_in_the_backup_are_as_they_were(number: int) -> None:
    table = Timetable("job: run\nquick: run").start().at(1)
    table.takes["job"] = 600
    for _ in range(number):
        asked(table)
    backup = deepcopy(table.store)
    table.scheduler.look()
    table.settle().at(2)
    assert begun(table) == number
    put_back(table, backup)
    asked(table, "quick")
    table.scheduler.begin_anew()
    table.settle().at(3)
    assert begun(table) == 1, "none of them again, and they keep nobody from running"
    assert table.rows()[:number] == ["job 1:00 manual running"] * number
    assert {run.pid for run in table.runs()[:number]} == {
        table.children.pids[f"job.{n + 1}"] for n in range(number)
    }
    table.at(15)
    assert table.rows() == ["job 1:00 manual ok"] * number + ["quick 2:00 manual ok"]


def test_a_job_with_the_number_of_one_that_goes_on_here_runs_when_that_has_ended() -> None:
    table = Timetable("job: run").start().at(1)
    backup = deepcopy(table.store)
    table.takes["job"] = 600
    first = asked(table)
    table.scheduler.look()
    table.settle().at(2)
    put_back(table, backup)
    assert asked(table) == first
    table.scheduler.look()
    table.settle().at(10)
    assert begun(table) == 1
    table.at(11, 31)
    assert begun(table) == 1
    table.exit("job.1").settle()
    assert table.rows() == ["job 2:00 manual ok"]


def test_a_tick_with_the_number_of_one_that_goes_on_here_runs_when_that_has_ended() -> None:
    table = Timetable("job: {command: run, schedule: every 10 minutes, overlap: allow}")
    backup = deepcopy(table.store)
    table.takes["job"] = 700
    table.start().at(15)
    put_back(table, backup)
    table.at(25)
    assert begun(table) == 1 + 1
    assert len(table.active.of("job")) == 1
    table.exit("job.1").settle()
    assert table.rows()[0] == "job 20:00 ok"


@pytest.mark.parametrize("anew", [False, True])
def test_a_tick_that_is_claimed_in_the_backup_and_has_run_is_lost(anew: bool) -> None:
    table = Timetable(EVERY_10).start().at(9, 59.95)
    backup = deepcopy(table.store)
    table.at(12)
    assert table.rows() == ["remind 10:00 ok"]
    put_back(table, backup)
    if anew:
        table.scheduler.begin_anew()
    table.settle().at(19)
    assert begun(table) == 1
    if anew:
        assert [(run.outcome, run.reason) for run in table.runs()] == [(Outcome.LOST, WHY)]


def test_a_tick_that_waits_in_the_backup_and_has_run_is_lost() -> None:
    table = Timetable("remind: {command: run, schedule: every 10 minutes, overlap: queue}")
    table.takes["remind"] = 700
    table.start().at(21)
    backup = deepcopy(table.store)
    table.takes["remind"] = 1
    table.at(29)
    go_on_with(table, backup).at(29, 50)
    assert begun(table) == 2


def test_a_tick_with_jitter_that_is_pending_in_the_backup_and_has_run_is_lost() -> None:
    table = Timetable("remind: {command: run, schedule: every 10 minutes, jitter: 2 minutes}").start().at(10)
    backup = deepcopy(table.store)
    table.at(15)
    go_on_with(table, backup).at(19)
    assert begun(table) == 1
    assert [(run.outcome, run.reason) for run in table.runs()] == [(Outcome.LOST, WHY)]


@pytest.mark.parametrize("more", ["", ", on_lost: rerun"])
def test_a_job_that_is_pending_in_the_backup_and_has_run_is_lost(more: str) -> None:
    table = Timetable(f"job: {{command: run{more}}}").start().at(1)
    asked(table)
    backup = deepcopy(table.store)
    table.scheduler.look()
    table.settle()
    table.at(2)
    go_on_with(table, backup).at(3)
    assert begun(table) == 1 + bool(more)
    assert table.runs()[0].reason == WHY


def test_a_reload_runs_no_tick_again() -> None:
    tasks = f"{EVERY_10}\nother: {{command: run, schedule: daily at 23:00}}"
    table = Timetable(tasks).start().at(5)
    backup = deepcopy(table.store)
    table.at(12)
    go_on_with(table, backup).at(14)
    table.scheduler.reload(Timetable(tasks + "\nthird: run").tasks)
    table.settle().at(19)
    assert begun(table) == 1


def test_a_tick_that_is_due_when_another_store_is_found_runs() -> None:
    table = Timetable(EVERY_10).start().at(5)
    backup = deepcopy(table.store)
    table.at(9, 59.95)
    table.pass_time(0.1)  # something else took so long
    go_on_with(table, backup).at(15)
    assert table.rows() == ["remind 10:00 ok"]


def test_the_rerun_of_a_run_that_was_forgotten_begins_at_once() -> None:
    table = Timetable("job: {command: run, on_lost: rerun}").start()
    table.takes["job"] = 90
    backup = backup_while_a_job_runs(table)
    table.at(2)
    go_on_with(table, backup).at(2, 2)
    assert begun(table) == 2


def test_who_waited_for_the_place_of_a_run_that_was_forgotten_begins_at_once() -> None:
    table = Timetable("job: {command: run, concurrency: 1}").start()
    table.takes["job"] = 90
    backup = backup_while_a_job_runs(table)
    table.at(1, 45)
    put_back(table, backup)
    asked(table)
    table.takes["job"] = 1
    table.scheduler.begin_anew()
    table.settle().at(1, 50)
    assert table.rows() == ["job 0:00 manual lost", "job 1:45 manual ok"]


def test_the_newest_that_ended_are_remembered() -> None:
    past = Ended()
    for number in range(MOST + 5):
        past.add(Run(number, "job", created_at=float(number)))
    known = [number for number in range(MOST + 5) if Run(number, "job", created_at=float(number)) in past]
    assert known == list(range(5, MOST + 5))
    assert Run(7, "other", created_at=7.0) not in past
    assert Run(7, "job", created_at=8.0) not in past
