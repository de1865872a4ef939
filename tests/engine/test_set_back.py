"""A store that was set back: a backup that was put in place, or a standby that did not get all."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.facts import RunFinished
from procman.core.tasks.run import Outcome
from tests.engine.timetable import Timetable

if TYPE_CHECKING:
    from procman.core.tasks.run import Run
    from procman.engine.store import Store

EVERY_10 = "remind: {command: run, schedule: every 10 minutes}"
LONG = "long: {command: run, schedule: '@reboot'%s}\nother: {command: run, schedule: every minute}"
WHY = "the store was set back: how it ended is not known"


def put_back(table: Timetable, store: Store) -> None:
    """procman goes on with another one."""
    table.store = table.worker.store = store


def long_ones(table: Timetable) -> list[Run]:
    return [run for run in table.runs() if run.task == "long"]


@pytest.mark.parametrize("copied", [False, True])
def test_a_tick_that_was_claimed_in_another_store_and_had_not_begun_begins_once(copied: bool) -> None:
    """`copied` with its claim, or before that."""
    table = Timetable(EVERY_10).start().at(5)
    before = deepcopy(table.store)
    table.at(9, 59.95)
    assert len(table.runs()) == 1
    put_back(table, deepcopy(table.store) if copied else before)
    table.scheduler.begin_anew()
    table.settle().at(15)
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
