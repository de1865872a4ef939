from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text.bare import BareScreen, bare
from tests.core.expect import joined

STAMP = b"2026-11-28 12:00:00 "


def shown(lines: bytes) -> bytes:
    return joined(BareScreen().lines("web.1", STAMP, lines))


def test_each_line_has_the_date_and_the_time_in_front() -> None:
    assert shown(b"one\n\ntwo\n") == STAMP + b"one\n" + STAMP + b"\n" + STAMP + b"two\n"


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    lines = "café ☃\t\a".encode() + b"\xff\xfe\x00\n"
    assert shown(lines) == STAMP + lines


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (b"\x1b[31mred\x1b[0m text\n", b"red text\n"),
        (b"\x1b[1;38;5;200mpink\x1b[m\nplain\n", b"pink\nplain\n"),
        (b"\x1b]8;;http://a/\x1b\\link\x1b]8;;\x1b\\\n", b"link\n"),
        (b"\x1b]0;title\x07text\n", b"text\n"),
        (b"name\x1b[4Cvalue\n", b"name    value\n"),
        (b"\xc2\x9b31mred\n", b"red\n"),
        (b"caf\xc3\xa9\xc2\xa0!\n", b"caf\xc3\xa9\xc2\xa0!\n"),
    ],
)
def test_what_is_for_a_terminal_is_left_out(lines: bytes, text: bytes) -> None:
    assert bare(lines) == text


@pytest.mark.parametrize("begun", [b"\x1b]0;title", b"\x1bP1;2", b"\x1b[12;", b"\x1b"])
def test_a_sequence_without_an_end_hides_nothing_behind_it(begun: bytes) -> None:
    assert bare(begun + b"\nnext\n") == begun.replace(b"\x1b", rb"\x1b") + b"\nnext\n"


PIECES = st.sampled_from(
    [b"\x1b[", b"\x1b]", b"\x1b", b"31m", b"\x07", b"\\", b"\n", b"text", b"\b", b"\xc2\x9b"]
)


@given(st.lists(PIECES | st.binary(max_size=3), max_size=20).map(b"".join))
def test_no_escape_is_left_and_no_line_is_lost(lines: bytes) -> None:
    text = bare(lines + b"\n")
    assert b"\x1b" not in text
    assert text.count(b"\n") == lines.count(b"\n") + 1
