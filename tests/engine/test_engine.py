"""The loop: messages in, calls out, and when it sleeps for how long."""

from __future__ import annotations

import errno
import os
from signal import SIGCONT, SIGINT, SIGTERM, SIGUSR1, SIGWINCH
from typing import TYPE_CHECKING

import pytest

from procman.core.life.service import Event
from procman.core.messages import (
    ChildExited,
    GuardianDied,
    Message,
    OutputClosed,
    OutputRead,
    SignalReceived,
    Spawned,
    StdoutClosed,
    WriterChanged,
)
from procman.core.text.plain import PlainScreen
from procman.core.text.prefix import Style
from procman.engine.engine import OPEN_SECONDS, STARTING_SECONDS, Engine
from procman.logs.heads import Prefixes
from procman.logs.hub import Log
from procman.testing.fakes import FakeChildren, FakePoller, FakeWriter
from tests.engine.play import Play

if TYPE_CHECKING:
    from procman.core.plan.plan import ProcessPlan


class Stage:
    """An engine with two processes, everything around it fake."""

    def __init__(self) -> None:
        self.play = Play("web.1 worker.1")
        self.poller = FakePoller()
        self.writer = FakeWriter()
        self.resizes = 0
        style = Style(8, timestamp=False, prefix=True, colours={})
        self.log = Log(self.writer, PlainScreen(), Prefixes(style, str))
        self.engine = Engine(self.play.supervisor, self.poller, self.log, self._resized, self.play.clock)

    def _resized(self) -> None:
        self.resizes += 1

    def turn(self, *messages: Message) -> Stage:
        self.poller.prepared.append(list(messages))
        self.engine.turn()
        return self


def test_it_waits_without_end_when_nothing_is_due() -> None:
    stage = Stage().turn().turn().turn()
    assert stage.poller.waits == [None, None, None]


def test_lines_are_handed_over_before_each_wait_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    journal: list[str] = []
    monkeypatch.setattr(stage.writer, "put", lambda buffers: journal.append("line"))
    monkeypatch.setattr(stage.writer, "ring", lambda: journal.append("ring"))
    stage.poller.waiting = lambda: journal.append("wait")
    stage.turn(OutputRead("web.1", b"one\n"))
    assert journal == ["ring", "wait", "line"]
    stage.play.children.leave("web.1")
    stage.play.children.leave("worker.1")
    stage.turn(ChildExited(101, 0, None), ChildExited(102, 0, None))
    stage.turn(OutputClosed("web.1"), OutputClosed("worker.1"))
    journal.clear()
    stage.engine.run()
    assert journal == ["ring"]
    assert stage.writer.at_once


def test_signals_are_heard_between_two_starts_that_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    children, clock = stage.play.children, stage.play.clock

    def spawn(process: ProcessPlan) -> Spawned:
        clock.now += 2 * STARTING_SECONDS
        return FakeChildren.spawn(children, process)

    monkeypatch.setattr(children, "spawn", spawn)
    stage.turn(SignalReceived(SIGINT)).turn()
    assert stage.poller.waits[0] == 0
    assert "spawn worker.1" not in stage.play.told()


def test_what_is_to_start_after_all_else_is_not_slept_over() -> None:
    stage = Stage().turn()
    stage.play.supervisor.services.command("web.1", Event.STOP, 0.0)
    stage.play.exit("web.1", -SIGTERM)

    def start(now: float) -> None:
        stage.engine.after.clear()
        stage.play.supervisor.services.command("web.1", Event.START, now)

    stage.engine.after.append(start)
    assert stage.turn().poller.waits[-1] == 0
    assert stage.turn().play.supervisor.services["web.1"].settled


def test_it_sleeps_until_the_nearest_deadline() -> None:
    stage = Stage().turn().turn().turn(OutputRead("web.1", b"half a line"))
    stage.turn()
    assert stage.poller.waits[-1] == pytest.approx(0.05)


def test_output_goes_to_the_log_with_its_prefix() -> None:
    stage = Stage().turn().turn(OutputRead("web.1", b"one\ntwo\nhal"), OutputRead("worker.1", b"three\n"))
    assert stage.writer.text == b"web.1    | one\nweb.1    | two\nworker.1 | three\n"


def test_the_last_unterminated_line_comes_before_the_end_of_its_process() -> None:
    stage = Stage().turn().turn()
    stage.play.told()
    stage.play.children.leave("web.1")
    stage.turn(OutputRead("web.1", b"bye"), ChildExited(101, 0), OutputClosed("web.1"))
    assert stage.writer.text == b"web.1    | bye\n"
    assert "web.1 exited with code 0" in stage.play.told()


def test_a_full_queue_pauses_the_children_and_room_resumes_them() -> None:
    stage = Stage()
    stage.writer.is_full = True
    stage.turn(OutputRead("web.1", b"line\n"))
    assert stage.poller.paused
    stage.writer.is_full = False
    stage.turn(WriterChanged())
    assert not stage.poller.paused


@pytest.mark.parametrize("message", [StdoutClosed(), GuardianDied(), SignalReceived(SIGTERM)])
def test_what_ends_procman_stops_all_processes(message: Message) -> None:
    told = Stage().turn().turn(message).play.told()
    assert "SIGTERM to web.1" in told
    assert "SIGTERM to worker.1" in told


def test_a_reader_that_went_away_is_a_clean_end() -> None:
    stage = Stage().turn().turn()
    stage.writer.error = BrokenPipeError(errno.EPIPE, "Broken pipe")
    stage.turn(WriterChanged())
    stage.turn(ChildExited(101, -SIGTERM), OutputClosed("web.1"))
    stage.turn(ChildExited(102, -SIGTERM), OutputClosed("worker.1"))
    assert stage.play.supervisor.exit_code == 0


def test_a_full_disk_is_told_on_stderr_and_exits_1(capfd: pytest.CaptureFixture[str]) -> None:
    stage = Stage().turn().turn()
    stage.writer.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    stage.turn(WriterChanged()).turn(WriterChanged())
    assert capfd.readouterr().err == "procman: the log cannot be written: No space left on device, stopping\n"
    assert stage.play.supervisor.exit_code == 1


def test_user_signals_are_forwarded_and_said() -> None:
    stage = Stage().turn().turn(SignalReceived(SIGUSR1))
    assert "SIGUSR1 to web.1" in stage.play.told()
    assert b"SIGUSR1 received, forwarded to all processes" in stage.writer.text


def test_after_a_suspension_the_children_go_on_too() -> None:
    assert "SIGCONT to web.1" in Stage().turn().turn(SignalReceived(SIGCONT)).play.told()


def test_a_new_window_size_is_passed_on() -> None:
    assert Stage().turn(SignalReceived(SIGWINCH)).resizes == 1


def test_who_waits_for_something_is_told_before_the_next_wait() -> None:
    stage = Stage()
    journal: list[str] = []
    stage.engine.after.append(lambda now: journal.append("after"))
    stage.poller.waiting = lambda: journal.append("wait")
    stage.turn()
    assert stage.play.told()[0] == "spawn web.1"
    assert journal == ["after", "wait"]


def test_control_opens_once_a_moment_after_the_start() -> None:
    stage = Stage()
    opened: list[float] = []
    stage.engine.opens = lambda: opened.append(stage.play.clock.now)
    stage.turn()
    assert not opened
    assert stage.poller.waits[-1] == OPEN_SECONDS
    stage.play.clock.now = OPEN_SECONDS
    stage.turn().turn()
    assert opened == [OPEN_SECONDS]
    assert stage.poller.waits[-1] is None
