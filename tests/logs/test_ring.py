"""The newest lines are kept, as many bytes as there is room for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procman.logs.ring import OVERHEAD, Batch, Ring


def kept(ring: Ring) -> list[tuple[str, bytes]]:
    return [(batch.name, batch.lines) for batch in ring]


def test_the_oldest_go_first() -> None:
    ring = Ring(lambda: 1.5, kept=3 * (OVERHEAD + 4))
    for number in range(5):
        ring.add("web.1", b"l %d\n" % number)
    assert kept(ring) == [("web.1", b"l 2\n"), ("web.1", b"l 3\n"), ("web.1", b"l 4\n")]
    assert {batch.at for batch in ring} == {1.5}


def test_of_a_batch_that_is_too_large_its_last_whole_lines_are_kept() -> None:
    ring = Ring(float, kept=10)
    ring.add("web.1", b"first line\nsecond\nthird\n")
    assert kept(ring) == [("web.1", b"third\n")]
    ring.add("web.1", b"one long line without end\n")
    assert kept(ring) == [("web.1", b"thout end\n")]


def test_who_listens_hears_all_of_it() -> None:
    heard: list[Batch] = []
    ring = Ring(float, kept=10)
    ring.listeners.append(heard.append)
    ring.add("web.1", b"a line that is longer than ten bytes\n")
    assert [batch.lines for batch in heard] == [b"a line that is longer than ten bytes\n"]


@given(st.lists(st.binary(max_size=40)), st.integers(1, 500))
def test_no_more_is_kept_than_there_is_room_for(batches: list[bytes], size: int) -> None:
    ring = Ring(float, kept=size)
    for lines in batches:
        ring.add("web.1", lines + b"\n")
    total = sum(len(batch.lines) + OVERHEAD for batch in ring)
    assert total <= max(size, size + OVERHEAD) or len([*ring]) == 1
    assert not batches or kept(ring)[-1][1] == (batches[-1] + b"\n")[-size:] or b"\n" in batches[-1]
