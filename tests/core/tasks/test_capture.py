"""Output as it is kept: whole up to 1 MiB, beyond that head and tail."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procman.core.tasks.capture import HALF, Capture


def kept(*pieces: bytes) -> Capture:
    made = Capture()
    for piece in pieces:
        made.add(piece)
    return made


def test_nothing_is_kept_of_nothing() -> None:
    assert kept().output() == b""
    assert not kept().truncated


def test_up_to_a_mebibyte_it_is_whole() -> None:
    data = bytes(range(256)) * (2 * HALF // 256)
    assert kept(data).output() == data
    assert not kept(data).truncated


def test_beyond_that_head_and_tail_are_kept_and_it_says_how_much_is_missing() -> None:
    made = kept(b"a" * HALF, b"b" * 12345, b"c" * HALF)
    assert made.truncated
    assert made.size == 2 * HALF + 12345
    assert made.output() == b"a" * HALF + b"\n[... 12345 bytes left out ...]\n" + b"c" * HALF


@given(st.lists(st.integers(0, 3 * HALF // 2), max_size=6))
def test_it_does_not_matter_in_which_pieces_it_comes(sizes: list[int]) -> None:
    total = sum(sizes)
    data = (b"0123456789" * (total // 10 + 1))[:total]
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    assert kept(*pieces).output() == kept(data).output()


def test_a_flood_takes_no_more_memory_than_what_is_kept() -> None:
    made = Capture()
    for _ in range(100):
        made.add(b"x" * HALF)
    assert made.size == 100 * HALF
    assert len(made.output()) < 2 * HALF + 64
    assert sum(len(getattr(made, half)) for half in ("_head", "_tail")) <= 3 * HALF
