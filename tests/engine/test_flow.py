"""Output flows no faster than the log is read; and when nobody reads, it flows away."""

from __future__ import annotations

import errno
import os
from signal import SIGINT, SIGSTOP, SIGTERM, SIGTSTP
from typing import TYPE_CHECKING

import pytest

from procman.core.life.formation import SAME_SECONDS
from procman.core.messages import (
    ChildExited,
    GuardianDied,
    Message,
    OutputClosed,
    OutputDrained,
    OutputRead,
    SignalReceived,
    WriterChanged,
)
from procman.engine.flow import LAST_WORDS, STALLED_SECONDS
from procman.testing.fakes import FakeWriter
from tests.engine.test_engine import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator


def full() -> Stage:
    """All run, and the log is full: no output is read."""
    stage = Stage().turn().turn()
    stage.writer.is_full = True
    stage.writer.pending = 2 << 20
    stage.writer.stuck_since = stage.play.clock.now
    stage.turn(OutputRead("web.1", b"line\n"))
    assert stage.poller.paused
    return stage


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO, errno.ENOSPC, errno.EFBIG])
def test_when_the_log_cannot_be_written_output_is_read_and_thrown_away(number: int) -> None:
    stage = full()
    stage.writer.error = OSError(number, os.strerror(number))
    stage.writer.lost = True
    stage.turn(WriterChanged())
    assert not stage.poller.paused
    text = stage.writer.text
    stage.turn(OutputRead("web.1", b"last words\n"))
    assert not stage.poller.paused
    assert stage.writer.text == text


def test_a_reader_that_only_stalls_is_waited_for_until_a_stop_is_asked_for() -> None:
    stage = full()
    stage.play.clock.now = 1000.0
    stage.turn()
    assert stage.poller.paused
    assert not stage.writer.lost


def test_when_a_stop_is_asked_for_a_reader_that_has_stalled_for_long_is_not_waited_for() -> None:
    stage = full()
    stage.play.clock.now = 1000.0
    stage.turn(SignalReceived(SIGTERM))
    assert not stage.poller.paused
    assert stage.writer.lost
    assert stage.writer.text.endswith(b"nobody takes the log: what follows is not shown\n")


def test_when_a_stop_is_asked_for_a_reader_that_stalls_is_waited_for_a_second() -> None:
    stage = full()
    stage.turn(SignalReceived(SIGTERM))
    stage.play.clock.now = STALLED_SECONDS - 0.1
    stage.turn()
    assert stage.poller.waits[-1] == pytest.approx(0.1)
    assert not stage.writer.lost
    stage.play.clock.now = STALLED_SECONDS
    assert stage.turn().writer.lost


def test_a_reader_that_takes_something_again_and_again_loses_nothing() -> None:
    stage = full().turn(SignalReceived(SIGTERM))
    for _ in range(100):
        stage.play.clock.now += STALLED_SECONDS / 2
        stage.writer.stuck_since = stage.play.clock.now
        stage.turn()
    assert not stage.writer.lost


def test_while_all_stop_more_may_wait_for_a_slow_reader() -> None:
    stage = full()
    stage.play.children.leave("web.1")
    stage.turn(ChildExited(101, 3))
    assert stage.writer.limit == LAST_WORDS
    assert not stage.poller.paused


def test_the_end_of_output_is_not_waited_for_while_none_is_read() -> None:
    stage = full()
    stage.turn(ChildExited(101, 3))
    stage.poller.paused = True
    stage.play.supervisor.processes.output_paused(stage.play.clock.now)
    stage.play.told()
    for now in (0.6, 1.2, 30.0):
        stage.play.clock.now = now
        stage.turn()
    assert "web.1 exited with code 3" not in stage.play.told()
    stage.writer.is_full = False
    stage.turn(WriterChanged())
    stage.play.clock.now = 30.6
    stage.turn().turn(OutputDrained("web.1"))
    assert "web.1 exited with code 3" in stage.play.told()


def test_an_unfinished_last_line_comes_before_the_end_though_others_hold_the_output() -> None:
    stage = Stage().turn().turn(OutputRead("web.1", b"bye"), ChildExited(101, 0))
    stage.play.clock.now = 0.6
    stage.turn()
    assert stage.writer.text == b"web.1    | bye"
    stage.turn(OutputDrained("web.1"))
    assert stage.writer.text == b"web.1    | bye\n"


class SlowWriter(FakeWriter):
    """Is done when the test says so."""

    def close(self) -> None:
        """The test says when."""


class Flush:
    """The last flush, with what happens meanwhile: each wait is a second."""

    def __init__(self, *waits: list[Message], asked: bool, stuck: bool) -> None:
        self.stage = Stage()
        self.stage.writer.__class__ = SlowWriter
        self.waits = list(waits)
        self.asked_for: list[float | None] = []
        self.stage.turn().turn()
        if asked:
            self.stage.turn(SignalReceived(SIGTERM))
        for name, pid in (("web.1", 101), ("worker.1", 102)):
            self.stage.play.children.leave(name)
            self.stage.turn(ChildExited(pid, 0), OutputClosed(name))
        self.stage.writer.pending = 1
        self.stage.play.clock.now = 10.0
        self.stage.writer.stuck_since = 10.0 if stuck else None
        self.stage.poller.wait = self.wait  # type: ignore[method-assign]
        self.stage.engine.flow.flush()

    def wait(self, seconds: float | None, briefly: bool = False) -> Iterator[Message]:
        """What happens next; in the end all is written."""
        self.asked_for.append(seconds)
        self.stage.play.clock.now += STALLED_SECONDS
        if self.waits:
            yield from self.waits.pop(0)
        else:
            self.stage.writer.done = True

    @property
    def waited_until_all_was_written(self) -> bool:
        return self.stage.writer.done


def test_the_last_flush_waits_for_a_reader_that_stalls_as_long_as_nobody_asks_to_stop() -> None:
    flush = Flush([], [], [], asked=False, stuck=True)
    assert flush.waited_until_all_was_written
    assert flush.asked_for == [None] * 4


def test_the_last_flush_waits_for_a_slow_reader_after_a_stop_too() -> None:
    assert Flush([], [], [], asked=True, stuck=False).waited_until_all_was_written


@pytest.mark.parametrize("asks", [SignalReceived(SIGINT), SignalReceived(SIGTERM), GuardianDied()])
def test_the_last_flush_does_not_wait_for_a_reader_that_stalls_once_somebody_asks(asks: Message) -> None:
    flush = Flush([], [asks], [], [], [], asked=False, stuck=True)
    assert not flush.waited_until_all_was_written
    assert len(flush.asked_for) == 2


def test_the_last_flush_does_not_wait_for_a_reader_that_stalls_after_a_stop() -> None:
    assert len(Flush([], [], [], asked=True, stuck=True).asked_for) == 1


def test_who_asks_once_more_does_not_wait_at_all() -> None:
    flush = Flush([SignalReceived(SIGINT)], [], [], asked=True, stuck=False)
    assert len(flush.asked_for) == 1


def test_a_signal_that_is_passed_on_twice_does_not_cut_the_last_flush(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.engine.test_flow.STALLED_SECONDS", SAME_SECONDS / 3)
    flush = Flush([SignalReceived(SIGINT)], [SignalReceived(SIGINT)], [], asked=False, stuck=False)
    assert flush.waited_until_all_was_written


def test_time_spent_suspended_moves_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage().turn().turn().turn(SignalReceived(SIGTERM))
    due = stage.play.supervisor.processes.deadline

    def stop(pid: int, number: int) -> None:
        assert (pid, number) == (os.getpid(), SIGSTOP)
        stage.play.clock.now += 1000.0

    monkeypatch.setattr("procman.engine.engine.os.kill", stop)
    stage.turn(SignalReceived(SIGTSTP))
    assert due is not None
    assert stage.play.supervisor.processes.deadline == due + 1000.0
    assert "sending SIGKILL" not in str(stage.play.told())


def test_a_reader_that_leaves_while_all_stop_and_the_log_is_full_is_noticed_too() -> None:
    stage = full().turn(SignalReceived(SIGTERM))
    stage.writer.pending = LAST_WORDS
    stage.turn(OutputRead("web.1", b"line\n"))
    assert stage.poller.paused
    stage.writer.error = BrokenPipeError(errno.EPIPE, "Broken pipe")
    stage.writer.lost = True
    assert not stage.turn(WriterChanged()).poller.paused


def test_nobody_looks_after_a_reader_when_all_is_written() -> None:
    stage = Stage().turn().turn().turn(SignalReceived(SIGTERM))
    stage.play.children.leave("web.1")
    stage.play.clock.now = 0.5
    assert stage.engine.flow.deadline is None
