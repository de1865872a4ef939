"""The loop with a scheduler: when it begins, what it hears, when procman may end."""

from __future__ import annotations

from signal import SIGTERM
from typing import TYPE_CHECKING

import pytest

from procman.core.messages import (
    ChildExited,
    Message,
    OutputClosed,
    OutputRead,
    Poked,
    SignalReceived,
    WorkDone,
)
from procman.core.text.plain import PlainScreen
from procman.core.text.prefix import Style
from procman.engine.engine import Engine
from procman.errors import StoreError
from procman.logs.heads import Prefixes
from procman.logs.hub import Log
from procman.testing.fakes import FakePoller, FakeWriter
from tests.engine.timetable import Options, Timetable

if TYPE_CHECKING:
    from procman.engine.store import Store

TASKS = "remind: {command: run, schedule: every 10 minutes}"


class Stage:
    """An engine around a timetable, whose store answers when it is told to."""

    def __init__(self, formation: str = "web.1") -> None:
        self.table = Timetable(TASKS, options=Options(formation))
        self.poller = FakePoller()
        self.writer = FakeWriter()
        log = Log(
            self.writer, PlainScreen(), Prefixes(Style(8, timestamp=False, prefix=True, colours={}), str)
        )
        self.engine = Engine(self.table.supervisor, self.poller, log, lambda: None, self.table.clock)
        self.engine.attend(self.table.scheduler)

    def turn(self, *messages: Message) -> Stage:
        self.poller.prepared.append(list(messages))
        self.engine.turn()
        return self

    def begin(self) -> Stage:
        """All is started, and the store has told where things stand."""
        for _ in range(4):
            self.turn()
            self.table.worker.work()
        self.table.told()
        return self


def test_tasks_begin_with_the_formation() -> None:
    stage = Stage().begin()
    stage.table.pass_time(600)
    stage.turn()
    stage.table.worker.work()
    stage.turn()
    assert "spawn remind.1" in stage.table.told()


def test_it_sleeps_until_the_next_tick_but_never_longer_than_thirty_seconds() -> None:
    stage = Stage().begin()
    stage.turn()
    assert stage.poller.waits[-1] == pytest.approx(30)
    stage.table.pass_time(590)
    stage.turn().turn()
    assert stage.poller.waits[-1] == pytest.approx(10, abs=0.1)


def test_output_of_a_run_is_shown_and_kept() -> None:
    stage = Stage().begin()
    stage.table.pass_time(600)
    stage.turn()
    stage.table.worker.work()
    stage.turn(OutputRead("remind.1", b"reminded 3\n"), OutputRead("web.1", b"GET /\n"))
    stage.table.children.leave("remind.1")
    stage.turn(ChildExited(stage.table.children.pids["remind.1"], 0), OutputClosed("remind.1"))
    stage.table.worker.work()
    stage.turn()
    stage.table.worker.work()
    assert b"remind.1 | reminded 3\n" in stage.writer.text
    assert stage.table.store.output(1) == b"reminded 3\n"


def test_a_ring_of_the_bell_is_a_look_at_the_store() -> None:
    stage = Stage().begin()
    stage.turn()
    assert not stage.table.worker.work()
    stage.turn(Poked())
    assert stage.table.worker.work()


def test_what_the_worker_did_is_passed_on() -> None:
    heard: list[int] = []
    Stage().turn(WorkDone(heard.append, 42))
    assert heard == [42]


def test_procman_ends_when_all_is_stopped_and_the_store_knows_of_it() -> None:
    stage = Stage(formation="web.1").begin()
    stage.table.pass_time(600)
    stage.turn()
    stage.table.worker.work()
    stage.turn().turn(SignalReceived(SIGTERM))
    for name in ("web.1", "remind.1"):
        stage.table.children.leave(name)
        stage.turn(ChildExited(stage.table.children.pids[name], -SIGTERM), OutputClosed(name))
    assert stage.table.supervisor.finished
    assert not stage.table.scheduler.settled
    stage.table.worker.work()
    assert not stage.table.scheduler.settled
    stage.turn().table.worker.work()
    assert stage.engine.run() == 0
    assert stage.table.rows() == ["remind 10:00 stopped"]


def test_a_release_runs_before_any_task() -> None:
    stage = Stage(formation="release.1 then web.1").turn().turn()
    assert not stage.table.worker.work()
    stage.table.children.leave("release.1")
    stage.turn(ChildExited(stage.table.children.pids["release.1"], 0), OutputClosed("release.1")).turn()
    assert stage.table.worker.work()


def test_a_bug_in_an_operation_is_told_and_is_not_the_end_of_the_processes() -> None:
    table = Timetable(TASKS).start()
    table.queue.write(1, lambda store: 1 / 0)
    table.settle()
    (said,) = table.told("bug")
    assert said.startswith("a bug in procman (ZeroDivisionError: division by zero, <lambda>, line ")


def test_what_the_store_refused_is_tried_again_in_order() -> None:
    table = Timetable(TASKS).start()
    done: list[str] = []
    table.worker.broken = StoreError("full")
    table.queue.write(1, lambda store: done.append("one"))
    table.settle()
    table.queue.write(1, lambda store: done.append("two"))
    table.settle()
    assert table.queue.unwritten == 2
    table.worker.broken = None
    table.at(0, 6)
    assert done == ["one", "two"]
    assert table.queue.unwritten == 0


def test_what_can_never_be_written_does_not_hold_up_the_rest() -> None:
    table = Timetable(TASKS).start()
    done: list[str] = []

    def broken(store: Store) -> None:
        raise StoreError("this row is impossible")

    table.queue.write(1, broken)
    table.queue.write(2, lambda store: done.append("fine"))
    table.settle().at(0, 30)
    assert done == ["fine"]
    assert table.told("impossible") == ["this row is impossible; tasks wait until that is over"]


def test_what_is_to_be_kept_waits_while_children_are_started_but_not_for_long() -> None:
    table = Timetable(TASKS).start()
    table.queue.write(1, lambda store: None)
    table.queue.expire(table.clock.now, busy=True)
    assert not table.worker.work()
    table.pass_time(0.3)
    table.queue.expire(table.clock.now, busy=True)
    assert table.worker.work()
