from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text.terminal import TerminalScreen
from tests.core.expect import joined
from tests.core.terminal import Terminal, colour_on, cut, width, without_codes

PREFIXES = {"a": b"\x1b[36ma| \x1b[0m", "b": b"b| ", "c": b"c| ", "d": b"d| "}
PIECES = [b"x", "e\N{COMBINING ACUTE ACCENT}".encode(), "漢".encode(), "😀".encode(), b"\x1b[31m", b"\x1b[0m"]
MOVES = [b"\x1b[2K", b"\x1b[5A", b"\x1b[?25l", b"\x1b]0;title\x07", b"\x1b[3", b"\x1b]8;;http://long/\x07"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join)


class Lines(NamedTuple):
    name: str
    texts: list[bytes]


NAMES = st.sampled_from(list(PREFIXES))
ACTIONS = st.builds(Lines, NAMES, st.lists(TEXTS, min_size=1, max_size=3)) | st.dictionaries(NAMES, TEXTS)


def play(screen: TerminalScreen, terminal: Terminal, action: Lines | dict[str, bytes]) -> bytes:
    if isinstance(action, Lines):
        whole = b"".join(text + b"\n" for text in action.texts)
        written = joined(screen.lines(action.name, PREFIXES[action.name], whole))
    else:
        written = joined(screen.partial({name: (PREFIXES[name], text) for name, text in action.items()}))
    terminal.write(written)
    return written


@given(st.lists(ACTIONS, max_size=12), st.integers(1, 16), st.integers(1, 5))
def test_finished_lines_stand_above_in_order_and_unfinished_ones_fit_below(
    actions: list[Lines | dict[str, bytes]], columns: int, rows: int
) -> None:
    screen, terminal = TerminalScreen(columns, rows), Terminal(rows)
    finished: list[str] = []
    live: dict[str, bytes] = {}
    for action in actions:
        play(screen, terminal, action)
        if isinstance(action, Lines):
            finished += [without_codes(PREFIXES[action.name] + text) for text in action.texts]
            live.pop(action.name, None)
        else:
            live = action
        below = [cut(without_codes(PREFIXES[name] + text), columns - 1) for name, text in live.items()]
        expected = finished + below[-max(1, rows - 1) :]
        while expected and not expected[-1]:
            expected.pop()
        assert terminal.shown == expected
        assert all(width(row) < columns for row in terminal.rows[len(finished) :] if row)


@given(st.lists(ACTIONS, max_size=12))
def test_no_colour_reaches_the_next_row(actions: list[Lines | dict[str, bytes]]) -> None:
    screen, terminal = TerminalScreen(12, 4), Terminal(4)
    for action in actions:
        written = play(screen, terminal, action)
        assert not [row for row in written.split(b"\n") if colour_on(row)]


@given(st.lists(st.sampled_from([*PIECES, *MOVES]), max_size=10).map(b"".join), st.integers(5, 30))
def test_what_a_process_would_do_to_the_terminal_is_left_out(text: bytes, columns: int) -> None:
    screen, terminal = TerminalScreen(columns, 5), Terminal(5)
    for action in (Lines("a", [b"above"]), {"a": text, "b": b"name? "}, Lines("a", [text])):
        play(screen, terminal, action)
    above, whole, below = terminal.shown
    assert (above, below) == ("a| above", cut("b| name? ", columns - 1))
    assert whole.startswith("a| ")
    assert set(whole[3:]) <= set("".join(without_codes(piece) for piece in PIECES))


def test_without_unfinished_lines_the_output_is_exactly_prefix_and_line() -> None:
    screen = TerminalScreen(4, 2)
    assert (
        joined(screen.lines("b", b"b| ", b"a long line\nand another\n"))
        == b"b| a long line\nb| and another\n"
    )


def test_an_unfinished_line_is_replaced_by_its_finished_form() -> None:
    screen, terminal = TerminalScreen(40, 10), Terminal(10)
    play(screen, terminal, {"b": b"10%", "c": b"name? "})
    assert terminal.shown == ["b| 10%", "c| name? "]
    play(screen, terminal, Lines("b", [b"done"]))
    assert terminal.shown == ["b| done", "c| name? "]


@pytest.mark.parametrize("columns", [20, 80])
def test_unfinished_lines_fit_the_columns_that_the_terminal_has_now(columns: int) -> None:
    screen, terminal = TerminalScreen(40, 10), Terminal(10)
    play(screen, terminal, {"b": b"x" * 100})
    screen.columns = columns
    play(screen, terminal, {"b": b"x" * 100})
    assert terminal.shown == ["b| " + "x" * (columns - 4)]


def test_a_key_that_the_terminal_has_shown_stands_on_a_line_of_its_own() -> None:
    screen, terminal = TerminalScreen(40, 10), Terminal(10)
    terminal.write(b"^C" + joined(screen.go_below()))
    play(screen, terminal, {"b": b"10%"})
    terminal.write(b"^C" + joined(screen.go_below()))
    assert terminal.shown == ["^C", "b| 10%^C", "b| 10%"]
    play(screen, terminal, Lines("b", [b"done"]))
    assert terminal.shown == ["^C", "b| 10%^C", "b| done"]


def test_of_more_unfinished_lines_than_rows_the_last_are_shown() -> None:
    screen, terminal = TerminalScreen(40, 3), Terminal(3)
    play(screen, terminal, dict.fromkeys(PREFIXES, b"?"))
    assert terminal.shown == ["c| ?", "d| ?"]


def test_nothing_unfinished_leaves_nothing_behind() -> None:
    screen, terminal = TerminalScreen(40, 3), Terminal(3)
    play(screen, terminal, {"b": b"10%"})
    play(screen, terminal, {})
    assert terminal.shown == []
    play(screen, terminal, Lines("c", [b"next"]))
    assert terminal.shown == ["c| next"]
