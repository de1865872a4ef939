"""What a program has switched in a terminal is switched back, however its output was cut by reads."""

from __future__ import annotations

import re

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text.privatemodes import LONGEST, RESET_COLOURS, PrivateModes

WHOLE = [
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[?25l",
    b"\x1b[?25h",
    b"\x1b[?7l",
    b"\x1b[?7h",
    b"\x1b[?1000;1002;1006h",
    b"\x1b[?1006;25l",
    b"\x1b[?2004h",
    b"\x1b[?;h",
    b"\x1b[?0025l",
    b"\x1b[31m",
    b"text\r\n",
    b"\xff\x9b",
]
PIECES = [*WHOLE, b"\x1b", b"\x1b[", b"\x1b[?", b"?", b"2", b"5", b";", b"h", b"l", b"[0m"]
SWITCHES = st.tuples(st.lists(st.integers(0, 2100), min_size=1, max_size=4), st.sampled_from(b"hl"))


def undone(*reads: bytes) -> bytes:
    modes = PrivateModes()
    for data in reads:
        modes.feed(data)
    return modes.undo


@pytest.mark.parametrize(
    ("shown", "undo"),
    [
        (b"", b""),
        (b"plain\r\n\x1b[31mred", b""),
        (b"\x1b[?1049h", b"\x1b[?1049l"),
        (b"\x1b[?25l", b"\x1b[?25h"),
        (b"\x1b[?7l", b"\x1b[?7h"),
        (b"\x1b[?25h\x1b[?7h", b""),
        (b"\x1b[?1049l\x1b[?2004l", b""),
        (b"\x1b[?25l\x1b[?25h", b""),
        (b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"),
        (b"\x1b[?1000;1006h", b"\x1b[?1006l\x1b[?1000l"),
        (b"\x1b[?1000;25h", b"\x1b[?1000l"),
        (b"\x1b[?1h\x1b[?2004h\x1b[?1h", b"\x1b[?1l\x1b[?2004l"),
        (b"\x1b[?;;9;h", b"\x1b[?9l"),
        (b"\x1b[4h", b""),
        (b"\x1b[?5n\x1b[?1u\x1b[?2026$p", b""),
    ],
)
def test_what_was_switched_is_switched_back_the_newest_first(shown: bytes, undo: bytes) -> None:
    assert undone(shown) == undo + RESET_COLOURS


@pytest.mark.parametrize("at", range(1, len(b"\x1b[?1049h")))
def test_a_switch_that_is_cut_in_two_counts(at: int) -> None:
    data = b"\x1b[?1049h"
    assert undone(b"before" + data[:at], data[at:] + b"behind") == b"\x1b[?1049l" + RESET_COLOURS


def test_a_switch_that_comes_byte_by_byte_is_counted_once() -> None:
    data = b"\x1b[?25l\x1b[?1049h\x1b[?25h"
    assert undone(*(bytes([each]) for each in data)) == b"\x1b[?1049l" + RESET_COLOURS


def test_one_that_was_taken_back_is_not_noted_again_by_what_comes_behind() -> None:
    assert undone(b"\x1b[?25l", b"\x1b[?25h", b"a", b"\x1b", b"[0m") == RESET_COLOURS


@given(st.lists(st.sampled_from(PIECES), max_size=14), st.data())
def test_any_pieces_give_the_same_as_all_in_one_go(parts: list[bytes], data: st.DataObject) -> None:
    shown = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shown)), max_size=10)))
    reads = [shown[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(shown)], strict=True)]
    assert undone(*reads) == undone(shown)


@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_when_it_is_undone_nothing_is_left_to_undo(parts: list[bytes]) -> None:
    modes = PrivateModes()
    for part in parts:
        modes.feed(part)
    modes.feed(modes.undo)
    assert modes.undo == RESET_COLOURS


@given(st.lists(SWITCHES, max_size=8))
def test_a_terminal_has_its_modes_back(switches: list[tuple[list[int], int]]) -> None:
    shown = b"".join(
        b"\x1b[?" + b";".join(b"%d" % number for number in numbers) + bytes([letter])
        for numbers, letter in switches
    )
    screen = pyte.Screen(20, 5)
    terminal = pyte.ByteStream(screen)
    before = {*screen.mode}
    terminal.feed(shown)
    terminal.feed(undone(shown))
    assert {*screen.mode} == before


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_and_only_switches_are_undone(data: bytes) -> None:
    assert re.fullmatch(rb"(\x1b\[\?\d+[hl])*\x1b\[0m", undone(data))


def test_what_is_kept_of_a_sequence_that_never_ends_is_bounded() -> None:
    modes = PrivateModes()
    modes.feed(b"\x1b[?1")
    for _ in range(100):
        modes.feed(b"1" * LONGEST)
    modes.feed(b"h\x1b[?25l")
    assert modes.undo == b"\x1b[?25h" + RESET_COLOURS


# A bug once: `int()` refuses more than 4300 digits. Linux gives no more than 4095 bytes of a terminal in
# one read, so only what is fed in larger pieces ends a client with this.
def test_a_number_without_end_harms_nobody() -> None:
    assert undone(b"\x1b[?" + b"9" * 5000 + b"h\x1b[?25l").startswith(b"\x1b[?25h")
