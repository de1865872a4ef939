"""The log: batches in, buffers out; when unfinished lines are shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from procman.core.facts import ProcessEnded, ProcessStarted
from procman.core.text.jsonlines import JsonScreen
from procman.core.text.plain import PlainScreen
from procman.core.text.prefix import Style, fitted
from procman.core.text.prompts import CALM_SECONDS, Prompts
from procman.core.text.terminal import TerminalScreen
from procman.logs.backlog import FULL
from procman.logs.heads import Prefixes
from procman.logs.hub import MOST_OWN_BYTES, Log
from procman.logs.jsonheads import JsonHeads
from procman.testing.fakes import FakeWriter

if TYPE_CHECKING:
    from procman.logs.hub import Screen


def log_on(screen: Screen) -> tuple[Log, FakeWriter]:
    writer = FakeWriter()
    return Log(writer, screen, Prefixes(Style(6, timestamp=False, prefix=True, colours={}), str)), writer


def test_whole_lines_are_written_at_once_and_the_rest_kept() -> None:
    log, writer = log_on(PlainScreen())
    log.output("web.1", b"one\ntw", 0.0)
    assert writer.text == b"web.1  | one\n"
    log.output("web.1", b"o\n", 0.01)
    assert writer.text == b"web.1  | one\nweb.1  | two\n"


def test_a_prompt_is_due_within_100_milliseconds() -> None:
    log, writer = log_on(PlainScreen())
    log.output("web.1", b"name? ", 1.0)
    assert log.deadline is not None
    assert log.deadline <= 1.1
    log.refresh(log.deadline)
    assert writer.text == b"web.1  | name? "
    assert log.deadline is None


def test_on_a_pipe_a_line_still_being_written_is_waited_for() -> None:
    log, writer = log_on(PlainScreen())
    log.output("web.1", b"a", 1.0)
    log.output("web.1", b"b", 1.04)
    log.refresh(1.05)
    assert writer.text == b""
    assert log.deadline is not None
    log.refresh(1.1)
    assert writer.text == b"web.1  | ab"


@pytest.mark.parametrize("states", [10, 1000])
def test_a_progress_bar_is_repainted_at_most_20_times_a_second(states: int) -> None:
    log, writer = log_on(TerminalScreen(80, 24))
    shown = 0
    for number in range(states):
        now = number / states
        if log.deadline is not None and log.deadline <= now:
            log.refresh(now)
            shown += 1
        log.output("web.1", b"\r%d%%" % number, now)
    assert 1 <= shown <= 20
    log.refresh(2.0)
    assert writer.text.endswith(b"web.1  | %d%%" % (states - 1))


def test_a_slow_terminal_is_not_given_repaints_to_catch_up_with() -> None:
    log, writer = log_on(TerminalScreen(80, 24))
    log.output("web.1", b"10%", 0.0)
    writer.pending = 1
    log.refresh(0.05)
    assert writer.text == b""
    assert log.deadline is None, "it does not look again and again"
    log.output("web.1", b"\r20%", 0.07)
    writer.pending = 0
    log.catch_up(0.1)
    assert writer.text == b"web.1  | 20%"


def test_the_unterminated_last_line_is_printed_at_the_end() -> None:
    log, writer = log_on(PlainScreen())
    log.output("web.1", b"bye", 0.0)
    log.finish("web.1")
    log.finish("web.1")
    log.finish("never.1")
    assert writer.text == b"web.1  | bye\n"


def test_words_of_procman_come_under_system() -> None:
    log, writer = log_on(PlainScreen())
    log.say("web.1 started (pid 1)")
    assert writer.text == b"system | web.1 started (pid 1)\n"


def test_names_and_reasons_in_them_steer_nothing_and_stay_on_their_line() -> None:
    log, writer = log_on(TerminalScreen(80, 24))
    log.say("stopping a\x1b]0;b\nsystem | forged\udcff (pid 7)")
    assert writer.text == rb"system | stopping a\x1b]0;b\nsystem | forged\xff (pid 7)" + b"\n"


def test_a_password_in_them_is_not_repeated() -> None:
    log, writer = log_on(PlainScreen())
    log.say("not read again: no schedule begins with 'redis://me:hunter2@db'")
    assert writer.text == b"system | not read again: no schedule begins with 'redis://me:***@db'\n"


def test_a_quiet_log_has_only_what_children_write() -> None:
    writer = FakeWriter()
    log = Log(writer, JsonScreen(), JsonHeads(lambda: 0.0), quiet=True)
    log.say(ProcessStarted("web.1", 7))
    log.output("web.1", b"a\n", 0.0)
    log.say(ProcessEnded("web.1", 0, 7))
    assert [(each["text"], each["pid"]) for each in objects(writer)] == [("a", 7)]


def test_for_machines_there_are_only_whole_lines() -> None:
    writer = FakeWriter()
    log = Log(writer, JsonScreen(), JsonHeads(lambda: 0.0))
    log.output("web.1", b"10%\r20%", 0.0)
    log.refresh(1.0)
    assert (writer.text, log.deadline) == (b"", None)
    log.go_below()
    log.finish("web.1")
    assert [each["text"] for each in objects(writer)] == ["20%"]


def test_unfinished_lines_take_a_new_style_at_once() -> None:
    writer = FakeWriter()
    heads = Prefixes(Style(6, timestamp=False, prefix=True, colours={}), str)
    log = Log(writer, TerminalScreen(90, 24), heads)
    log.repaint()
    assert log.deadline is None
    log.output("worker.1", b"name? ", 1.0)
    log.refresh(1.05)
    heads.style = fitted(heads.style, 18)
    log.repaint()
    assert log.deadline is not None
    assert log.deadline <= 1.05
    log.refresh(1.06)
    assert writer.text.endswith("wor….1 | name? ".encode())


def test_who_waits_at_a_prompt_is_said_above_it_and_how_to_type() -> None:
    writer = FakeWriter()
    heads = Prefixes(Style(6, timestamp=False, prefix=True, colours={}), str)
    log = Log(writer, TerminalScreen(90, 24), heads, prompts=Prompts())
    log.output("web.1", b"ready\n(Pdb) ", 1.0)
    log.refresh(1.05)
    assert log.deadline == 1.0 + CALM_SECONDS
    log.refresh(log.deadline)
    said = b"web.1 seems to wait for input; keys do not reach it here: use 'procman run web'\n"
    assert writer.text.endswith(b"\r\x1b[Jweb.1  | (Pdb) ")
    assert writer.text.count(b"system | " + said) == 1
    assert log.deadline is None
    log.output("web.1", b"\n(Pdb) ", 5.0)
    assert log.deadline == 5.05
    log.finish("web.1")
    log.output("web.1", b"(Pdb) ", 9.0)
    log.refresh(9.05)
    assert log.deadline == 9.0 + CALM_SECONDS


def objects(writer: FakeWriter) -> list[dict[str, Any]]:
    return [json.loads(line) for line in writer.text.splitlines()]


FRAME = b"\r\x1b[2K\x1b[1A\x1b[2KA %d\nB %d"


def play_block(log: Log, frames: int, every: float) -> float:
    """A block of two rows is redrawn; the time at the end."""
    now = 0.0
    for number in range(frames):
        now = number * every
        while log.deadline is not None and log.deadline <= now:
            log.refresh(log.deadline)
        log.output("web.1", FRAME % (number, number), now)
    return now


def refresh_until_still(log: Log) -> float | None:
    """Have all that is due shown; when the last was."""
    at = None
    while log.deadline is not None:
        at = log.deadline
        log.refresh(at)
    return at


@pytest.mark.parametrize("screen", [PlainScreen(), TerminalScreen(80, 24)])
def test_a_block_is_shown_once_a_second_and_when_it_has_calmed_down(screen: Screen) -> None:
    log, writer = log_on(screen)
    end = play_block(log, frames=181, every=1 / 60)
    assert 2 <= writer.text.count(b"web.1  | A") <= 3
    refresh_until_still(log)
    assert 3 <= writer.text.count(b"web.1  | A") <= 4
    assert writer.text.endswith(b"web.1  | A 180\nweb.1  | B 180\n")
    assert end == pytest.approx(3)


def test_a_block_that_calms_down_is_shown_once() -> None:
    log, writer = log_on(PlainScreen())
    end = play_block(log, frames=10, every=0.05)
    assert writer.text == b""
    shown = refresh_until_still(log)
    assert writer.text == b"web.1  | A 9\nweb.1  | B 9\n"
    assert shown is not None
    assert 0.2 < shown - end < 0.3


def test_a_block_is_shown_before_the_end_of_its_process() -> None:
    log, writer = log_on(PlainScreen())
    play_block(log, frames=10, every=0.01)
    log.finish("web.1")
    assert writer.text == b"web.1  | A 9\nweb.1  | B 9\n"


def test_blank_lines_are_shown_when_no_clear_follows() -> None:
    log, writer = log_on(TerminalScreen(80, 24))
    log.output("web.1", b"a\n\n", 0.0)
    assert writer.text == b"web.1  | a\n"
    refresh_until_still(log)
    assert writer.text == b"web.1  | a\nweb.1  | \n"
    log.output("web.1", b"\n" * 23, 1.0)
    log.output("web.1", b"\x1b[1;1H\x1b[0Jready\n", 1.01)
    assert writer.text == b"web.1  | a\nweb.1  | \nweb.1  | ready\n"


def test_a_line_that_was_erased_does_not_stay_below_the_log() -> None:
    log, writer = log_on(TerminalScreen(80, 24))
    log.output("web.1", b"\x1b[?25l- one", 0.0)
    log.refresh(0.05)
    assert writer.text.endswith(b"- one")
    log.output("web.1", b"\x1b[2K\x1b[1G\x1b[?25h", 0.06)
    refresh_until_still(log)
    assert writer.text.endswith(b"- one\r\x1b[J")


def test_answers_of_the_terminal_go_to_who_asked() -> None:
    log, writer = log_on(PlainScreen())
    answers: list[tuple[str, bytes]] = []
    log.answer = lambda name, data: answers.append((name, data))
    log.window.columns, log.window.rows = 62, 24
    log.output("web.1", b"\x1b[18t", 0.0)
    log.output("worker.1", b"no question\n", 0.0)
    log.output("web.1", b"\x1b[5n", 0.0)
    assert answers == [("web.1", b"\x1b[8;24;62t"), ("web.1", b"\x1b[0n")]
    assert b"web.1" not in writer.text


def test_the_time_goes_on_for_every_name() -> None:
    writer, stamps = FakeWriter(), ["10:00:00"]
    style = Style(6, timestamp=True, prefix=True, colours={})
    log = Log(writer, PlainScreen(), Prefixes(style, lambda: stamps[-1]))
    for stamp in ("10:00:00", "10:00:01", "10:00:02"):
        stamps.append(stamp)
        for name in ("web.1", "db.1"):
            log.output(name, b"x\n", 0.0)
        log.say("words")
    times = [line.split()[0] for line in writer.text.decode().splitlines()]
    assert times == ["10:00:00"] * 3 + ["10:00:01"] * 3 + ["10:00:02"] * 3


def test_words_of_procman_in_a_log_that_nobody_reads_are_counted_when_they_get_too_many() -> None:
    log, writer = log_on(PlainScreen())
    writer.pending = FULL
    for number in range(5_000):
        log.say(f"word {number:0500}")
    size, said = len(writer.text), writer.text.count(b"\n")
    assert MOST_OWN_BYTES // 2 < size < 2 * MOST_OWN_BYTES
    log.output("web.1", b"line\n", 0.0)
    assert writer.text[size:] == b"web.1  | line\n", "what children write is never left out"
    writer.pending, writer.text = 0, b""
    log.say("now")
    left_out = 5_000 - said
    assert writer.text.decode() == (
        f"system | {left_out} lines of procman's own are left out here\nsystem | now\n"
    )


def test_others_get_all_whole_lines_too_and_what_procmans_own_say() -> None:
    log, _ = log_on(PlainScreen())
    got: list[tuple[str, bytes, object]] = []
    log.sinks.append(lambda *what: got.append(what))
    started = ProcessStarted("web.1", 7)
    log.hear(started)
    log.output("web.1", b"one\n\x1b[31mtwo\nhal", 0.0)
    log.finish("web.1")
    assert got == [
        ("system", b"web.1 started (pid 7)\n", started),
        ("web.1", b"one\n\x1b[31mtwo\n", None),
        ("web.1", b"hal\n", None),
    ]


def test_a_log_that_is_lost_takes_nothing_and_keeps_nothing() -> None:
    log, writer = log_on(PlainScreen())
    writer.lost = True
    log.output("web.1", b"half a line", 0.0)
    assert log.deadline is None
    log.finish("web.1")
    assert writer.text == b""
