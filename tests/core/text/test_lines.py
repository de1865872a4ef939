from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text import limits
from procman.core.text.lines import LineCutter

SMALL = 8
"""Stands for the limit of 1 MiB, so that small examples are long lines."""

READS = st.lists(
    st.binary(max_size=12).map(lambda data: data.replace(b"\x1b", b""))
    | st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r", b"\r\n", b"\0", b"\xff"]), max_size=8).map(
        b"".join
    ),
    max_size=10,
)


def cut(*reads: bytes) -> list[bytes]:
    """What each read gives, and last what the end gives."""
    cutter = LineCutter()
    return [*(cutter.feed(data) for data in reads), cutter.finish()]


def whole(data: bytes) -> bytes:
    """The lines of all output, by the rule: what the last of a line's states shows.

    A line is none when something was there, and nothing to be seen was written over it.
    """
    *ended, last = data.replace(b"\r\n", b"\n").split(b"\n")
    states = [[state for state in line.split(b"\r") if state] for line in [*ended, last]]
    shown = [line[-1] if line else b"" for line in states]
    gone = [bool(line) and not line[-1].strip() and any(map(bytes.strip, line)) for line in states]
    if not states[-1] or (b"\r" in data and not shown[-1].strip()):
        gone[-1] = True
    return b"".join(line + b"\n" for line, missing in zip(shown, gone, strict=True) if not missing)


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LINE", SMALL)


def test_the_limit_is_1_mib() -> None:
    assert limits.LINE == 1024 * 1024


def test_whole_lines_pass_and_the_rest_waits_for_its_newline() -> None:
    assert cut(b"a\nb\nc", b"d", b"e\nf\n") == [b"a\nb\n", b"", b"cde\nf\n", b""]


def test_the_last_unterminated_line_is_given_at_the_end_with_a_newline() -> None:
    assert cut(b"a\nlast") == [b"a\n", b"last\n"]


def test_the_end_of_nothing_is_nothing() -> None:
    assert cut() == cut(b"")[1:] == [b""]
    assert cut(b"a\n")[-1] == cut(b"\r")[-1] == b""


def test_an_end_can_be_asked_for_twice() -> None:
    cutter = LineCutter()
    cutter.feed(b"a")
    assert (cutter.finish(), cutter.finish()) == (b"a\n", b"")


def test_the_unfinished_line_can_be_seen() -> None:
    cutter = LineCutter()
    cutter.feed(b"done\nname: ")
    assert cutter.rest == b"name: "


def test_blank_lines_are_lines() -> None:
    assert b"".join(cut(b"\n\na\n\n")) == b"\n\na\n\n"


def test_blank_lines_at_the_end_wait_for_what_follows() -> None:
    cutter = LineCutter()
    assert cutter.feed(b"a\n\n\n") == b"a\n"
    assert cutter.waiting
    assert cutter.feed(b"b\n") == b"\n\nb\n"
    assert not cutter.waiting
    assert cutter.feed(b"\n") == b""
    assert cutter.show() == b"\n"
    assert not cutter.unsettled


def test_crlf_is_one_newline_also_when_it_comes_in_two_reads() -> None:
    assert cut(b"a\r\nb\r\n") == [b"a\nb\n", b""]
    assert cut(b"a\r", b"\nb\r", b"\n") == [b"", b"a\n", b"b\n", b""]


def test_of_a_line_rewritten_by_carriage_returns_the_newest_state_stays() -> None:
    assert cut(b"10%\r20%\r100%\nnext\n") == [b"100%\nnext\n", b""]
    assert cut(b"10%\r", b"20%\r", b"100%", b"\n") == [b"", b"", b"", b"100%\n", b""]
    assert cut(b"10%\r20%\r") == [b"", b"20%\n"]


def test_only_the_newest_state_of_an_unfinished_line_is_kept() -> None:
    cutter = LineCutter()
    for percent in range(100):
        cutter.feed(b"%d%%\r" % percent)
        assert len(cutter.rest) <= 4


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (b"10%\r20%\r", b"20%"),
        (b"10%\r20%", b"20%"),
        (b"a", b"a"),
        (b"a\r\r", b"a"),
        (b"a\r   ", b""),
        (b"a\r   \r", b""),
        (b"\r\r", b""),
        (b"", b""),
    ],
)
def test_the_newest_state_is_what_stands_behind_the_last_carriage_return(line: bytes, state: bytes) -> None:
    cutter = LineCutter()
    cutter.feed(line)
    assert cutter.state == state
    assert cutter.feed(b"\n") + cutter.finish() == (state + b"\n" if state or not line.strip() else b"")


def test_nul_bytes_and_bytes_that_are_not_utf_8_pass_unchanged() -> None:
    data = bytes(byte for byte in range(256) if byte != 13) + b"\n"
    assert b"".join(cut(data)) == data


def test_lines_without_a_carriage_return_are_not_copied() -> None:
    data = b"a\nb\n"
    assert LineCutter().feed(data) is data


@given(READS)
def test_however_the_bytes_are_split_into_reads_the_lines_are_those_of_the_whole(reads: list[bytes]) -> None:
    assert b"".join(cut(*reads)) == whole(b"".join(reads))


@given(READS)
def test_a_read_gives_whole_lines_and_the_rest_has_no_newline(reads: list[bytes]) -> None:
    cutter = LineCutter()
    for data in reads:
        found = cutter.feed(data)
        assert not found or found.endswith(b"\n")
        assert b"\n" not in cutter.rest


@given(st.lists(st.text("ab\n", max_size=6).map(str.encode), max_size=10))
def test_without_carriage_returns_nothing_is_lost_or_changed(reads: list[bytes]) -> None:
    data = b"".join(reads)
    assert b"".join(cut(*reads)) == (data if data.endswith(b"\n") or not data else data + b"\n")


@pytest.mark.usefixtures("small_limit")
def test_a_line_over_the_limit_is_passed_on_in_pieces() -> None:
    assert cut(b"12345678", b"9") == [b"", b"12345678\n", b"9\n"]
    assert cut(b"x" * 20, b"y\n") == [b"xxxxxxxx\nxxxxxxxx\n", b"xxxxy\n", b""]


@pytest.mark.usefixtures("small_limit")
def test_a_line_of_the_limit_or_a_multiple_of_it_has_no_blank_line_behind_it() -> None:
    assert b"".join(cut(b"12345678", b"\n", b"next\n")) == b"12345678\nnext\n"
    assert b"".join(cut(b"x" * 16, b"\n")) == b"xxxxxxxx\nxxxxxxxx\n"


@pytest.mark.usefixtures("small_limit")
@pytest.mark.parametrize("length", range(5, 28))
def test_a_crlf_at_the_limit_is_still_one_newline(length: int) -> None:
    given = b"x" * length
    found = b"".join(cut(given + b"\r", b"\nend\n"))
    assert found.replace(b"x\nx", b"xx") == given + b"\nend\n"


@pytest.mark.usefixtures("small_limit")
@given(READS)
def test_the_memory_for_an_unfinished_line_is_bounded(reads: list[bytes]) -> None:
    cutter = LineCutter()
    for data in reads:
        cutter.feed(data)
        assert len(cutter.rest) <= SMALL + len(b"\r")


@pytest.mark.usefixtures("small_limit")
@given(
    st.lists(st.text("abc", max_size=12).map(str.encode), max_size=10), st.sampled_from([b"\n", b"\r\n", b""])
)
def test_of_a_long_line_nothing_is_lost_and_no_piece_is_blank(reads: list[bytes], end: bytes) -> None:
    pieces = b"".join(cut(*reads, end)).split(b"\n")
    assert b"".join(pieces) == b"".join(reads)
    assert all(len(piece) == SMALL for piece in pieces[:-2])
    assert b"" not in pieces[:-1] or not b"".join(reads)


@pytest.mark.usefixtures("small_limit")
@given(READS)
def test_no_carriage_return_gets_through_however_long_the_lines_are(reads: list[bytes]) -> None:
    assert b"\r" not in b"".join(cut(*reads))


CALM = [
    b"\x1b[31mred\x1b[m, \x1b]8;;https://example.org\x1b\\a link\x1b]8;;\x07\nplain\n\x1b[38;5;2mmore\x1b[m",
    b"file:\x1b[01;31m\x1b[Kfound\x1b[m\x1b[K, and \x1b[1m\x1b[Kagain\x1b[m\x1b[K\nnext\x1b[K",
]


@pytest.mark.parametrize("text", CALM)
def test_colours_pass_fast_wherever_reads_cut_them(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("procman.core.text.redraw.Redraw")  # who follows each sequence is twenty times slower
    for at in range(len(text)):
        assert b"".join(cut(text[:at], text[at:])) == text.replace(b"\x1b[K", b"") + b"\n"


def test_what_is_erased_of_a_line_that_was_gone_over_is_followed() -> None:
    assert cut(b"long line\rnew\x1b[K\n") == [b"new\n", b""]
    assert cut(b"long line\r", b"\x1b[Knew\n") == [b"", b"new\n", b""]
    assert cut(b"long line\x1b[4D\x1b[K\n") == [b"long \x1b[K\n".replace(b" \x1b", b" line\x1b[4D\x1b"), b""]


def test_after_a_redraw_colours_pass_fast_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cutter = LineCutter()
    assert cutter.feed(b"50 %\r100 %\n\x1b[3") == b"100 %\n"
    monkeypatch.delattr("procman.core.text.redraw.Redraw")
    assert cutter.feed(b"1mred\x1b[0m\n") == b"\x1b[31mred\x1b[0m\n"
