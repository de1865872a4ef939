"""What becomes of the lines of programs that draw: byte patterns as the tools send them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from procman.core.text.escapes import for_pipe
from procman.core.text.lines import LineCutter
from procman.core.text.window import Window

ESC = b"\x1b["
ORA = b"\x1b[?25l\x1b[1G- one\x1b[2K\x1b[1G\\ one\x1b[2K\x1b[1G| one"
BARS = b"\x1b[?25lA 0%\nB 0%\nC 0%"
AGAIN = b"\r\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2KA 9%%\nB %d%%\nC 9%%"
VITE_CLEAR = b"\n" * 23 + b"\x1b[1;1H\x1b[0J"


def lines(*reads: bytes, window: Window | None = None) -> list[bytes]:
    """All lines of a process that ends."""
    cutter = LineCutter(window or Window(80, 24))
    given = [*(cutter.feed(data) for data in reads), cutter.finish()]
    return [for_pipe(line) for line in b"".join(given).split(b"\n")[:-1]]


@pytest.mark.parametrize(
    "start",
    [
        b"\r",
        b"\x1b[2K\x1b[1G",
        b"\x1b[1G\x1b[2K",
        b"\x1b[2K\x1b[G",
        b"\x1b[0G",
        b"\r\x1b[K",
        b"\x1b[1000D",
        b"\x1b[2K\r",
    ],
)
def test_what_goes_back_to_the_beginning_of_its_line_is_as_a_carriage_return(start: bytes) -> None:
    cutter = LineCutter()
    for state in (b"10%", b"20%", b"100%"):
        assert cutter.feed(start + state) == b""
        assert cutter.state == state
    assert cutter.feed(b"\nnext\n") == b"100%\nnext\n"
    assert not cutter.unsettled


@pytest.mark.parametrize(
    "nothing",
    [
        b"\x1b[2K\x1b[1G",
        b"\r\x1b[K",
        b"\r     \r",
        b"\r\x1b[2K\x1b[?25h",
        b"\x1b[1G\x1b[0K\x1b[0m",
        b"\x1b[2K\x1b[1G \x1b[1G",
    ],
)
def test_a_line_with_nothing_visible_is_not_shown_at_all(nothing: bytes) -> None:
    cutter = LineCutter()
    cutter.feed(b"before\n10%")
    cutter.feed(nothing)
    assert cutter.state == b""
    assert cutter.feed(b"\nafter\n") == b"after\n"
    assert lines(b"10%" + nothing) == []


def test_empty_lines_that_somebody_wrote_are_lines() -> None:
    assert lines(b"a\n\n\x1b[32mb\x1b[0m\n\r\n\x1b[0m\nc\x1b[K\n\n") == [
        b"a",
        b"",
        b"\x1b[32mb\x1b[0m",
        b"",
        b"\x1b[0m",
        b"c",
        b"",
    ]


def test_an_ora_spinner_is_one_line() -> None:
    cutter = LineCutter()
    assert cutter.feed(ORA) == b""
    assert cutter.state == b"| one"
    assert cutter.feed(b"\x1b[2K\x1b[1G\x1b[?25hok one\n") == b""
    assert cutter.show() == b"ok one\n"
    assert lines(ORA + b"\x1b[2K\x1b[1G\x1b[?25h") == []


def test_a_spinner_wider_than_the_window_is_one_line_too() -> None:
    frame, erase = b"- " + b"x" * 90, b"\x1b[2K\x1b[1A\x1b[2K\x1b[1G"
    assert lines(*[frame + erase] * 40, b"ok\n", window=Window(62, 24)) == [b"ok"]


def test_a_block_is_kept_back_while_it_is_redrawn() -> None:
    cutter = LineCutter()
    assert cutter.feed(BARS) == b""
    for number in range(50):
        assert cutter.feed(AGAIN % number) == b""
    assert cutter.redrawn
    assert cutter.state == b""
    assert cutter.show() == b"A 9%\nB 49%\nC 9%\n"
    assert not cutter.redrawn
    assert cutter.feed(b"\n\x1b[?25h") + cutter.finish() == b""


def test_a_block_drawn_again_as_it_was_is_not_shown_again() -> None:
    cutter = LineCutter()
    cutter.feed(BARS + AGAIN % 1)
    cutter.show()
    cutter.feed(AGAIN % 1)
    assert not cutter.redrawn
    cutter.feed(AGAIN % 2)
    assert cutter.redrawn


def test_what_follows_a_block_stands_below_it() -> None:
    assert lines(BARS, AGAIN % 5, b"\n\x1b[?25hdone\n") == [b"A 9%", b"B 5%", b"C 9%", b"done"]


def test_a_line_printed_above_a_block_comes_before_it() -> None:
    assert lines(BARS + b"\r\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2Khello\nA 1%\nB 1%\nC 1%\n") == [
        *(b"hello", b"A 1%", b"B 1%", b"C 1%")
    ]


def test_rows_changed_one_by_one_as_docker_does() -> None:
    first = b"a: wait\nb: wait\nc: wait\n"
    change = (
        b"\x1b[3A\x1b[2K\ra: pull\r\x1b[3B"
        + b"\x1b[2A\x1b[2K\rb: pull\r\x1b[2B"
        + b"\x1b[3A\x1b[2K\ra: done\r\x1b[3B"
    )
    assert lines(first, change) == [b"a: wait", b"b: wait", b"c: wait", b"a: done", b"b: pull"]


def test_bars_at_positions_as_tqdm_draws_them() -> None:
    def frame(number: int) -> bytes:
        return b"\ra %d\n\rb %d\x1b[A\n\n\rc %d\x1b[A\x1b[A" % (number, number, number)

    assert lines(*map(frame, range(9)), b"\n\n\n") == [b"a 0", b"a 8", b"b 8", b"c 8"]


@pytest.mark.parametrize(
    "frame",
    [
        b"\x1b[2Aone %d\ntwo\n",
        b"\x1b[2F\x1b[0Jone %d\ntwo\n",
        b"\x1bM\x1bM\rone %d\ntwo\n",
        b"\x1b[Hone %d\ntwo\n",
        b"\x1b[1;1Hone %d\ntwo\n\x1b[J",
    ],
)
def test_other_ways_up(frame: bytes) -> None:
    assert lines(b"one\ntwo\n", *(frame % number for number in range(20))) == [
        b"one",
        b"two",
        b"one 19",
        b"two",
    ]


@pytest.mark.parametrize(("save", "restore"), [(b"\x1b7", b"\x1b8"), (b"\x1b[s", b"\x1b[u")])
def test_a_saved_place_is_gone_back_to(save: bytes, restore: bytes) -> None:
    states = b"".join(restore + b"%d%%" % number for number in range(30))
    assert lines(b"progress: " + save + b"?" + states + b"\nnext\n") == [b"progress: 29%", b"next"]
    assert lines(save + b"one\ntwo\n" + restore + b"ONE\nTWO\n") == [b"one", b"two", b"ONE", b"TWO"]


def test_a_block_has_no_more_rows_than_the_window() -> None:
    numbered = [b"row %d" % number for number in range(100)]
    cutter = LineCutter(Window(80, 10))
    given = cutter.feed(b"\x1b[?25l" + b"\n".join(numbered) + b"\n\x1b[99A\x1b[2Ktop")
    assert given.split(b"\n")[:-1] == numbered[:91]
    assert cutter.finish().split(b"\n")[:-1] == [b"top", *numbered[92:]]


@pytest.mark.parametrize(
    "clear",
    [
        b"\x1b[1;1H\x1b[0J",
        b"\x1b[H\x1b[J",
        b"\x1b[2J\x1b[3J\x1b[H",
        b"\x1b[H\x1b[2J",
        b"\x1bc",
        b"\x1b[3J\x1b[2J",
    ],
)
def test_empty_lines_before_a_clear_are_dropped(clear: bytes) -> None:
    assert lines(b"old\n" + b"\n" * 23, clear, b"VITE ready\n\nLocal\n") == [
        b"old",
        b"VITE ready",
        b"",
        b"Local",
    ]


def test_a_clear_loses_no_line() -> None:
    cutter = LineCutter()
    assert cutter.feed(b"one\n" + VITE_CLEAR + b"two\n" + VITE_CLEAR) == b"one\ntwo\n"
    assert cutter.feed(b"three\n") == b"three\n"
    assert not cutter.unsettled


def test_clearing_a_block_drops_its_old_rows_only() -> None:
    frames = (b"one %d\ntwo\n\x1b[2A\x1b[J" % number for number in range(9))
    assert lines(b"\x1b[?25l", *frames, b"end\n") == [b"end"]


def test_many_empty_lines_are_not_kept_for_ever() -> None:
    cutter = LineCutter(Window(80, 24))
    assert len(cutter.feed(b"\n" * 1000)) >= 900
    assert len(cutter.feed(b"\x1b[0m" + b"\n" * 1000)) >= 900
    assert cutter.feed(b"x\n").endswith(b"\n\nx\n")


@pytest.mark.parametrize(
    ("moved", "line"),
    [
        (b"a\x1b[10Gb", b"a        b"),
        (b"a\x1b[3Cb", b"a   b"),
        (b"12345\x1b[2D67", b"12367"),
        (b"12345\r\x1b[2Cab", b"12ab5"),
        (b"12345\x1b[2Gab\x1b[K", b"1ab"),
        (b"ab\x1b[99Dc", b"c"),
        (b"\x1b[5;3Habc", b"  abc"),
    ],
)
def test_moves_within_a_line_are_settled_in_it(moved: bytes, line: bytes) -> None:
    assert lines(moved + b"\n") == [line]


def test_a_spinner_of_backspaces_needs_no_memory() -> None:
    cutter = LineCutter()
    for turn in range(5000):
        cutter.feed(b"\b" + b"|/-\\"[turn % 4 :][:1])
    assert len(cutter.rest) <= 1100
    cutter = LineCutter()
    for turn in range(5000):
        cutter.feed(b"\x1b[1D" + b"|/-\\"[turn % 4 :][:1] + b"\x1b[31m")
    assert len(cutter.rest) <= 1100


TOKENS = st.sampled_from(
    [
        *(
            b"a",
            b"bb",
            b"\xe6\xbc\xa2",
            b" ",
            b"\n",
            b"\n",
            b"\n\n\n",
            b"\r",
            b"\r\n",
            b"\b",
            b"\x1b",
            b"\xc2\x9b2J",
        ),
        *(
            ESC + rest
            for rest in (
                b"K",
                b"2K",
                b"G",
                b"1G",
                b"5G",
                b"A",
                b"2A",
                b"B",
                b"J",
                b"2J",
                b"H",
                b"2;3H",
                b"3C",
            )
        ),
        *(
            ESC + rest
            for rest in (b"31m", b"0m", b"?25l", b"?25h", b"s", b"u", b"6n", b"c", b"99999D", b"1;2;3r")
        ),
        *(
            b"\x1b7",
            b"\x1b8",
            b"\x1bM",
            b"\x1bD",
            b"\x1bc",
            b"\x1b]0;title\x07",
            b"\x1b]0;never",
            b"\x1bP+q00\x1b\\",
            b"\x1bP",
        ),
        *(b"\x1b]8;;http://x\x1b\\", b"\x1b]8;;\x07"),
    ]
)
STREAMS = st.lists(TOKENS, max_size=16).map(b"".join)


@given(STREAMS, st.data())
@example(b"\x1b[2K\n", None)
def test_however_the_bytes_are_split_into_reads_the_lines_are_the_same(
    stream: bytes, data: st.DataObject | None
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream))))) if data else range(len(stream))
    reads = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    whole, parts = LineCutter(Window(9, 5)), LineCutter(Window(9, 5))
    expected = whole.feed(stream)
    got = b"".join(map(parts.feed, reads))
    assert got == expected
    assert parts.state == whole.state
    assert (parts.redrawn, parts.waiting) == (whole.redrawn, whole.waiting)
    assert parts.answers == whole.answers
    assert parts.finish() == whole.finish()


@given(STREAMS)
def test_of_any_stream_nothing_moves_a_line_but_backspaces(stream: bytes) -> None:
    cutter = LineCutter(Window(9, 5))
    given = cutter.feed(stream) + cutter.finish()
    for line in given.split(b"\n"):
        for token in (b"\r", b"\x1b[2J", b"\x1b[A", b"\x1b[H", b"\x1b[6n", b"title"):
            assert token not in line.split(b"\x1b]0;never")[0].split(b"\x1bP")[0]
