"""What a program asks its terminal is answered, and goes no further."""

from __future__ import annotations

import pytest

from procman.core.text.lines import LineCutter
from procman.core.text.window import Window

ANSWERS = [
    (b"\x1b[5n", b"\x1b[0n"),
    (b"\x1b[6n", b"\x1b[1;4R"),
    (b"\x1b[?6n", b"\x1b[?1;4R"),
    (b"\x1b[c", b"\x1b[?6c"),
    (b"\x1b[0c", b"\x1b[?6c"),
    (b"\x1bZ", b"\x1b[?6c"),
    (b"\x1b[>c", b"\x1b[>0;10;0c"),
    (b"\x1b[=c", b"\x1bP!|00000000\x1b\\"),
    (b"\x1b[>0q", b"\x1bP>|procman\x1b\\"),
    (b"\x1b[?2026$p", b"\x1b[?2026;0$y"),
    (b"\x1b[4$p", b"\x1b[4;0$y"),
    (b"\x1b[?u", b"\x1b[?0u"),
    (b"\x1bP+q544e\x1b\\", b"\x1bP0+r\x1b\\"),
    (b"\x1bP$qm\x1b\\", b"\x1bP0$r\x1b\\"),
    (b"\x1b[14t", b"\x1b[4;384;496t"),
    (b"\x1b[18t", b"\x1b[8;24;62t"),
    (b"\x1b[19t", b"\x1b[9;24;62t"),
    (b"\x1b[16t", b"\x1b[6;16;8t"),
    (b"\x1b[21t", b"\x1b]l\x1b\\"),
    (b"\x1b]10;?\x1b\\", b""),
    (b"\x1b]11;?\x07", b""),
    (b"\x1b]4;1;?\x07", b""),
    (b"\x1b]52;c;?\x07", b""),
    (b"\x1b[31m", b""),
    (b"\x1b[2J", b""),
]


def asked(*reads: bytes) -> tuple[bytes, bytes]:
    """What a program is answered, and what the log gets."""
    cutter = LineCutter(Window(62, 24))
    lines = b"".join([*map(cutter.feed, reads), cutter.finish()])
    return cutter.answers, lines


@pytest.mark.parametrize(("query", "answer"), ANSWERS)
def test_a_query_is_answered(query: bytes, answer: bytes) -> None:
    assert asked(b"abc" + query)[0] == answer


@pytest.mark.parametrize(
    "query", [query for query, answer in ANSWERS if query not in (b"\x1b[31m", b"\x1b[2J")]
)
def test_no_query_is_shown(query: bytes) -> None:
    assert asked(b"abc" + query + b"\n")[1] == b"abc\n"


@pytest.mark.parametrize(("query", "answer"), ANSWERS)
def test_a_query_that_comes_in_two_reads_is_answered_once(query: bytes, answer: bytes) -> None:
    for end in range(1, len(query)):
        assert asked(b"abc" + query[:end], query[end:])[0] == answer


def test_several_queries_are_answered_in_their_order() -> None:
    """As bubbletea asks: whoever knows no colours is to say where the cursor is, at once."""
    assert asked(b"\x1b]11;?\x1b\\\x1b[6n\x1b[c")[0] == b"\x1b[1;1R\x1b[?6c"


@pytest.mark.parametrize(
    ("written", "place"),
    [
        (b"", b"1;1"),
        (b"\x1b[999;999H", b"24;62"),
        (b"\x1b[5;10H", b"5;10"),
        (b"abc\r", b"1;1"),
        ("漢é".encode(), b"1;4"),
        (b"\x1b[31mab\x1b[0m", b"1;3"),
        (b"ab\x1b[10C", b"1;13"),
        (b"x" * 100, b"1;62"),
    ],
)
def test_the_position_is_where_the_program_went(written: bytes, place: bytes) -> None:
    assert asked(written + b"\x1b[6n")[0] == b"\x1b[" + place + b"R"
