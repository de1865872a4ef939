"""Output flows no faster than log files are written; a disk that stands still keeps nothing from ending."""

from __future__ import annotations

import errno
from signal import SIGTERM, SIGUSR1, SIGUSR2

import pytest

from procman.core.messages import ChildExited, OutputClosed, OutputRead, SignalReceived, WriterChanged
from procman.engine.flow import LAST_WORDS, STALLED_SECONDS
from procman.testing.fakes import FakeWriter
from tests.engine.test_engine import Stage


class Files(FakeWriter):
    """Log files, of which the test says how they are."""

    def add(self, name: str, lines: bytes, words: object) -> None:
        """Whole lines."""
        self.put([lines])


def stage_with_files() -> tuple[Stage, Files]:
    """All run."""
    stage, files = Stage().turn().turn(), Files()
    stage.log.outputs.append(files)
    stage.log.sinks.append(files.add)
    return stage, files


def stalled() -> tuple[Stage, Files]:
    """The disk has taken nothing for a long time, and much waits for it."""
    stage, files = stage_with_files()
    files.is_full, files.pending, files.stuck_since = True, 8 << 20, 0.0
    stage.play.clock.now = 1000.0
    stage.turn(OutputRead("web.1", b"line\n"))
    return stage, files


def test_files_get_whole_lines_as_they_were_written() -> None:
    stage, files = stage_with_files()
    stage.turn(OutputRead("web.1", b"one\nhal"), OutputRead("web.1", b"f\n"))
    assert files.text == b"one\nhalf\n"


def test_output_waits_while_files_are_full_and_nothing_else_does() -> None:
    stage, files = stalled()
    assert stage.poller.paused
    assert not files.lost
    files.is_full = False
    stage.turn(WriterChanged())
    assert not stage.poller.paused


@pytest.mark.parametrize("later", ["files", "terminal"])
def test_when_both_are_full_both_must_have_room(later: str) -> None:
    stage, files = stalled()
    both: dict[str, FakeWriter] = {"files": files, "terminal": stage.writer}
    stage.writer.is_full = True
    stage.turn(OutputRead("web.1", b"line\n"))
    last = both.pop(later)
    for other in both.values():
        other.is_full = False
    assert stage.turn(WriterChanged()).poller.paused
    last.is_full = False
    assert not stage.turn(WriterChanged()).poller.paused


def test_an_unfinished_line_of_who_waits_for_files_is_not_taken_for_a_prompt() -> None:
    stage, files = stage_with_files()
    files.pending = 1
    stage.turn(OutputRead("web.1", b"half a li"))
    stage.play.clock.now = 1.0
    stage.turn()
    assert stage.writer.text == b""
    files.pending = 0
    stage.turn(WriterChanged())
    assert stage.writer.text.endswith(b"half a li")


def test_a_disk_that_stands_still_is_waited_for_until_a_stop_is_asked_for() -> None:
    stage, files = stalled()
    stage.play.clock.now = 5000.0
    assert not stage.turn().turn().writer.lost
    assert not files.lost
    stage.turn(SignalReceived(SIGTERM))
    assert files.lost
    assert not stage.writer.lost
    assert not stage.poller.paused
    said = b"the disk takes nothing: what follows is not in the log files\n"
    assert stage.writer.text.endswith(said)


def test_while_all_stop_more_may_wait_for_a_slow_disk() -> None:
    stage, files = stage_with_files()
    stage.play.children.leave("web.1")
    stage.turn(ChildExited(101, 3))
    assert files.limit == LAST_WORDS


def test_when_nobody_reads_the_log_any_more_last_words_are_in_the_files() -> None:
    stage, files = stage_with_files()
    stage.writer.error, stage.writer.lost = BrokenPipeError(errno.EPIPE, "Broken pipe"), True
    stage.turn(WriterChanged())
    stage.turn(OutputRead("web.1", b"last words\n"))
    assert files.text.endswith(b"last words\n")


def test_a_log_that_cannot_be_written_is_told_once() -> None:
    stage, _ = stage_with_files()
    stage.writer.error, stage.writer.lost = BrokenPipeError(errno.EPIPE, "Broken pipe"), True
    stage.turn(WriterChanged(), WriterChanged()).turn(WriterChanged())
    assert [each for each in stage.play.told() if "nobody reads" in each] == [
        "nobody reads the log any more, stopping"
    ]


class Late(Files):
    """Is done when it was waited for."""

    def close(self) -> None:
        """The test says when."""


def test_the_end_is_waited_for_until_files_are_written() -> None:
    stage, _ = stage_with_files()
    late = Late()
    stage.log.outputs[1] = late
    stage.poller.waiting = lambda: setattr(late, "done", True)
    stage.engine.flow.flush()
    assert late.done


def test_the_end_does_not_wait_for_a_disk_that_stands_still_after_a_stop() -> None:
    stage, _ = stage_with_files()
    late = Late()
    stage.log.outputs[1] = late
    stage.turn(SignalReceived(SIGTERM))
    for name, pid in (("web.1", 101), ("worker.1", 102)):
        stage.play.children.leave(name)
        stage.turn(ChildExited(pid, 0), OutputClosed(name))
    late.pending, late.stuck_since = 1, stage.play.clock.now
    stage.play.clock.now += STALLED_SECONDS
    stage.engine.flow.flush()
    assert not late.done


def test_sigusr1_has_the_files_begun_anew_and_is_not_passed_on() -> None:
    stage, _ = stage_with_files()
    asked = 0

    def reopen(then: object) -> None:
        nonlocal asked
        asked += 1
        assert callable(then)
        then()

    stage.engine.reopens = reopen
    stage.play.told()
    stage.turn(SignalReceived(SIGUSR1))
    assert asked == 1
    assert not [each for each in stage.play.told() if "SIGUSR1" in each or "forward" in each]
    assert stage.writer.text.endswith(b"SIGUSR1 received, log files begun anew\n")
    stage.turn(SignalReceived(SIGUSR2))
    assert asked == 1
    assert b"SIGUSR2 received, forwarded" in stage.writer.text
