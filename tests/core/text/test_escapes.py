from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text.escapes import (
    RESET,
    UNLINK,
    all_for_pipe,
    all_for_terminal,
    close,
    for_pipe,
    for_terminal,
    keep_still,
)
from procman.core.text.sequences import MOVING, SGR, STILL
from procman.core.text.terminal import TerminalScreen
from tests.core.expect import joined
from tests.core.terminal import colour_on

LINK = b"\x1b]8;;https://example.org\x07text\x1b]8;;\x1b\\"
MOVES = [
    b"\x1b[2J",
    b"\x1b[H",
    b"\x1b[10;20H",
    b"\x1b[A",
    b"\x1b[K",
    b"\x1b[?25l",
    b"\x1b[?1049h",
    b"\x1b[6n",
    b"\x1b[>4;1m",
    b"\x1b[1 q",
    b"\x1b[!p",
    b"\x1b]0;a title\x07",
    b"\x1b]2;a title\x1b\\",
    b"\x1b]52;c;aGk=\x07",
    b"\x1bPq#0;2;0;0;0~-\x1b\\",
    b"\x1b_Gf=24;AAAA\x1b\\",
    b"\x1bXwords\x1b\\",
    b"\x1b7",
    b"\x1b8",
    b"\x1bc",
    b"\x1b=",
    b"\x1b>",
    b"\x1bD",
    b"\x1bE",
    b"\x1bM",
    b"\x1b(0",
    b"\x1b(B",
    b"\x1b#8",
]
COLOURS = [b"\x1b[m", b"\x1b[0m", b"\x1b[31m", b"\x1b[1;38;5;0m", b"\x1b[48;2;0;0;0m", b"\x1b[4:3m"]
CODES = st.text("01234578;:", max_size=12).map(lambda code: b"\x1b[" + code.encode() + b"m")
COLOURED = st.lists(st.sampled_from([*COLOURS, b"text", b"\x1b[39m"]) | CODES, max_size=6).map(b"".join)
TEXT = st.binary(max_size=6).map(lambda data: data.replace(b"\x1b", b"").replace(b"\x07", b""))
ANY = st.binary(max_size=40) | st.lists(
    st.sampled_from([b"\x1b", b"[", b"]", b"8;;", b"P", b"\\", b"\x07", b"3", b"1m", b"\xff", b"H", b" "]),
    max_size=20,
).map(b"".join)


@pytest.mark.parametrize(
    "line", [b"\x1b[31mred", b"a\x1b[1;32mb", b"\x1b[0;31mred", b"\x1b[0m\x1b[7mx", b"\x1b[31mx\x1b[39m"]
)
def test_a_colour_that_is_still_on_is_reset_at_the_end(line: bytes) -> None:
    assert close(line) == line + RESET


@pytest.mark.parametrize("code", [b"38;5;0", b"48;5;0", b"38;2;0;0;0", b"1;58;5;00", b"38;5;", b"0;38;5;0"])
def test_the_0_of_a_colour_is_no_reset(code: bytes) -> None:
    line = b"\x1b[" + code + b"mtext"
    assert close(line) == line + RESET


@pytest.mark.parametrize(
    "line",
    [b"\x1b[31mred\x1b[0m", b"\x1b[31mred\x1b[m", b"\x1b[31mred\x1b[00m", b"\x1b[31ma\x1b[1;0m", b"\x1b[0m"],
)
def test_a_line_whose_colour_is_off_stays_as_it_is(line: bytes) -> None:
    assert close(line) is line


@given(COLOURED | ANY)
def test_no_colour_is_on_behind_any_line_and_nothing_else_of_it_has_changed(line: bytes) -> None:
    closed = close(line)
    assert not colour_on(closed)
    assert closed.startswith(line)
    assert closed[len(line) :].removeprefix(b"\x1b\\").removeprefix(UNLINK) in (b"", RESET)


@given(COLOURED | ANY)
def test_closing_colours_twice_is_closing_them_once(line: bytes) -> None:
    assert close(close(line)) == close(line)


@pytest.mark.parametrize("move", MOVES)
def test_what_moves_erases_or_changes_modes_is_taken_out(move: bytes) -> None:
    assert keep_still(b"a" + move + b"b") == b"ab"


@pytest.mark.parametrize("still", [*COLOURS, LINK])
def test_colours_and_hyperlinks_stay(still: bytes) -> None:
    assert keep_still(b"a" + still + b"b") == b"a" + still + b"b"


@pytest.mark.parametrize(
    "start", [b"\x1b", b"\x1b[", b"\x1b[3", b"\x1b[31;", b"\x1b]0;tit", b"\x1b]8;;ht", b"\x1bP1"]
)
def test_an_escape_that_is_not_finished_cannot_swallow_the_next_line(start: bytes) -> None:
    assert keep_still(b"text" + start) == b"text"


@given(
    st.lists(
        st.sampled_from(MOVES).map(lambda each: (each, False))
        | st.tuples(TEXT, st.just(True))
        | COLOURED.map(lambda each: (each, True))
    )
)
def test_text_and_colours_are_never_taken_out(pieces: list[tuple[bytes, bool]]) -> None:
    line = b"".join(piece for piece, _ in pieces)
    assert keep_still(line) == b"".join(piece for piece, stays in pieces if stays)


@given(ANY)
def test_behind_any_bytes_only_whole_colours_and_hyperlinks_are_left_of_escapes(line: bytes) -> None:
    left = STILL.sub(b"", keep_still(line)).replace(b"\x1b\\", b"")
    assert b"\x1b" not in left
    assert not MOVING.search(keep_still(line))


@given(ANY)
def test_every_colour_of_any_bytes_is_kept(line: bytes) -> None:
    outside_strings = b"".join(line.split(b"\x1b]")[:1]).split(b"\x1bP")[0]
    assert SGR.findall(keep_still(outside_strings)) == SGR.findall(outside_strings)


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\x1b", b"")))
def test_bytes_without_an_escape_do_not_change(line: bytes) -> None:
    assert keep_still(line) == close(line) == line


def test_every_byte_value_passes_beside_a_colour() -> None:
    for value in range(256):
        line = b"a\x1b[31m%c\x1b[0mb" % value
        assert keep_still(close(line)) == (line if value != 0x1B else b"a\x1b[31m\x1b[0mb")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a\u009b2Jb".encode(), b"ab"),
        ("\u009d52;c;aGk=\u009ctext".encode(), b"text"),
        ("\u009d52;never ended".encode(), b""),
        ("\u0090q#0\u009cx\u0084\u0085\u008dy".encode(), b"xy"),
        ("\u009b31mred\u009b0m".encode(), b"\x1b[31mred\x1b[0m"),
        (b"one\vtwo\ffour", b"onetwofour"),
        (b"\x0e\x0f\x05\x18\x1a\x7f!", b"!"),
        (b"bell\a tab\t.", b"bell\a tab\t."),
        (b"\b\b\b\b\b\b\bforged", b"forged"),
        (b"abc\b\bX", b"aXc"),
        (b"|\b/\b-\b", b"-"),
        ("漢\b\bab".encode(), b"ab"),
        (b"\x1b[31mab\bc\x1b[0m", b"\x1b[31mac\x1b[0m"),
        (b"\x1b]8;;http://x\x07link", b"\x1b]8;;http://x\x07link" + UNLINK),
        (b"\x1b]8;;http://x", b""),
        (b"\x1bPnever \x1b[31mred", b"\x1b[31mred" + RESET),
        ("Größe é\u00a0·".encode(), "Größe é\u00a0·".encode()),
        (b"caf\xe9 \x9b2J", b"caf\xe9 \x9b2J"),
    ],
)
def test_on_a_terminal_nothing_leaves_its_line(line: bytes, shown: bytes) -> None:
    assert for_terminal(line) == shown
    screen = TerminalScreen(80, 24)
    assert joined(screen.lines("a", b"a| ", line + b"\nnext\n")) == b"a| " + shown + b"\na| next\n"


@given(st.lists(COLOURED | ANY | st.sampled_from([b"a\b\b", b"\xc2\x9b2J", LINK]), max_size=4))
def test_many_lines_at_once_are_what_each_is(lines: list[bytes]) -> None:
    lines = [part for line in lines for part in line.split(b"\n")]
    together = b"".join(line + b"\n" for line in lines)
    assert all_for_pipe(together) == b"".join(for_pipe(line) + b"\n" for line in lines)
    assert all_for_terminal(together) == b"".join(for_terminal(line) + b"\n" for line in lines)
