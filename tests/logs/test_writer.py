"""The writer thread: order, back-pressure, failure. Events come through `changed`, never by waiting."""

from __future__ import annotations

import errno
import os
import select
import threading
from typing import TYPE_CHECKING, Any

import pytest

from procman.logs.backlog import FULL, MUCH
from procman.logs.writer import PIECE, SLOW_PIECE, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 20
"""Only a guard against hanging for ever."""


class Pipe:
    """A pipe whose read end the test reads, and a writer on the other."""

    def __init__(self) -> None:
        self.changes = threading.Semaphore(0)
        self.read_end, self.write_end = os.pipe()
        self.writer = Writer(self.write_end, self.changes.release)

    def wait_until(self, happened: Callable[[], bool]) -> None:
        while not happened():
            assert self.changes.acquire(timeout=SECONDS), "the writer said nothing"

    def read_all(self) -> bytes:
        """Everything until the writer is done and its end closed."""
        reader = threading.Thread(target=self._close_when_done)
        reader.start()
        data = b"".join(iter(lambda: os.read(self.read_end, 1 << 16), b""))
        reader.join()
        return data

    def _close_when_done(self) -> None:
        self.wait_until(lambda: self.writer.done)
        os.close(self.write_end)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    for fd in (pipe.read_end, pipe.write_end):
        try:
            os.close(fd)
        except OSError:
            continue


def test_everything_put_is_written_in_order(pipe: Pipe) -> None:
    lines = [b"%d\n" % number for number in range(10_000)]
    for line in lines:
        pipe.writer.put([line[:1], memoryview(line)[1:]])
    pipe.writer.close()
    assert pipe.read_all() == b"".join(lines)
    assert pipe.writer.pending == 0


def test_buffers_larger_than_the_pipe_are_written_whole(pipe: Pipe) -> None:
    blocks = [bytes([65 + number]) * 300_000 for number in range(5)]
    pipe.writer.put(list(blocks))
    pipe.writer.close()
    assert pipe.read_all() == b"".join(blocks)


def test_more_buffers_than_one_writev_takes_are_written(pipe: Pipe) -> None:
    buffers = [b"%d," % number for number in range(3_000)]
    pipe.writer.put(list(buffers))
    pipe.writer.close()
    assert pipe.read_all() == b"".join(buffers)


def test_it_is_full_while_nobody_reads_and_says_when_there_is_room(pipe: Pipe) -> None:
    assert not pipe.writer.full()
    pipe.writer.put([b"x" * (2 * FULL)])
    assert pipe.writer.full()
    left = 2 * FULL
    while left:
        left -= len(os.read(pipe.read_end, 1 << 20))
    pipe.wait_until(lambda: not pipe.writer.full())


def test_a_reader_that_goes_away_is_an_error_and_nothing_blocks(pipe: Pipe) -> None:
    os.close(pipe.read_end)
    pipe.writer.put([b"x"])
    pipe.wait_until(lambda: pipe.writer.error is not None)
    assert pipe.writer.error is not None
    assert pipe.writer.error.errno == errno.EPIPE
    pipe.writer.put([b"x" * (2 * FULL)])
    pipe.writer.close()
    pipe.wait_until(lambda: pipe.writer.done)
    assert not pipe.writer.full()


def test_a_descriptor_that_somebody_made_non_blocking_is_waited_for(pipe: Pipe) -> None:
    os.set_blocking(pipe.write_end, False)
    block = b"x" * (2 * FULL)
    pipe.writer.put([block])
    pipe.writer.close()
    assert pipe.read_all() == block
    assert pipe.writer.error is None


def test_it_sleeps_while_a_descriptor_that_does_not_block_is_full(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept, tries = threading.Event(), 0
    real_select, real_writev = select.select, os.writev

    def sleeping(*arguments: Any) -> Any:
        slept.set()
        return real_select(*arguments)

    def writing(fd: int, buffers: list[bytes]) -> int:
        nonlocal tries
        tries += 1
        if tries > 1000:
            slept.set()  # it does not sleep, and would never do
        return real_writev(fd, buffers)

    monkeypatch.setattr("procman.logs.writer.select.select", sleeping)
    monkeypatch.setattr("procman.logs.writer.os.writev", writing)
    os.set_blocking(pipe.write_end, False)
    pipe.writer.put([b"x" * (2 * FULL)])
    assert slept.wait(SECONDS)
    assert tries < 1000
    pipe.writer.close()
    assert len(pipe.read_all()) == 2 * FULL


def test_what_is_put_for_a_reader_who_has_gone_is_thrown_away_at_once(pipe: Pipe) -> None:
    os.close(pipe.read_end)
    pipe.writer.put([b"x"])
    pipe.wait_until(lambda: pipe.writer.error is not None)
    assert pipe.writer.lost
    for _ in range(100):
        pipe.writer.put([b"x" * FULL])
    pipe.wait_until(lambda: pipe.writer.pending == 0)


def test_a_reader_that_stalls_can_be_given_up(pipe: Pipe) -> None:
    pipe.writer.put([b"x" * (2 * FULL)])
    assert pipe.writer.full()
    pipe.writer.give_up()
    assert pipe.writer.lost
    assert not pipe.writer.full()
    pipe.writer.put([b"late"])
    pipe.writer.close()
    assert pipe.read_all() == b"x" * (2 * FULL), "what was put before still goes to one who comes back"


def test_a_slow_reader_gets_little_at_a_time_so_that_it_is_seen_to_take_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    sizes: list[int] = []
    began: list[float | None] = []

    def writing(fd: int, buffers: list[bytes]) -> int:
        nonlocal now
        began.append(writer.stuck_since)
        sizes.append(sum(map(len, buffers)))
        now += 1.0 if len(sizes) < 4 else 0.0
        return sizes[-1]

    monkeypatch.setattr("procman.logs.writer.os.writev", writing)
    monkeypatch.setattr("procman.logs.writer.time.monotonic", lambda: now)
    changes = threading.Semaphore(0)
    writer = Writer(1, changes.release)
    writer.put([b"x" * PIECE, b"y" * PIECE, b"z" * PIECE])
    writer.close()
    while not writer.done:
        assert changes.acquire(timeout=SECONDS)
    assert sizes[:5] == [PIECE, SLOW_PIECE, SLOW_PIECE, SLOW_PIECE, PIECE]
    assert sum(sizes) == 3 * PIECE
    assert began[:5] == [100.0, 101.0, 102.0, 103.0, 103.0]
    assert writer.stuck_since is None


def test_little_rings_no_bell_unless_it_is_to_be_written_at_once(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(pipe.writer, "ring", lambda: rung.append(pipe.writer.pending))
    pipe.writer.at_once = False
    pipe.writer.put([b"first\n"])
    assert not rung
    pipe.writer.at_once = True
    pipe.writer.put([b"second\n"])
    assert len(rung) == 1
    monkeypatch.undo()
    pipe.writer.close()
    assert pipe.read_all() == b"first\nsecond\n"


def test_much_and_the_last_lines_do_not_wait_for_it(pipe: Pipe) -> None:
    pipe.writer.at_once = False
    pipe.writer.put([bytes(MUCH)])
    assert len(os.read(pipe.read_end, MUCH)) == MUCH
    pipe.writer.put([b"last\n"])
    pipe.writer.close()
    assert pipe.read_all() == b"last\n"


def test_a_bell_without_anything_to_write_does_no_harm(pipe: Pipe) -> None:
    pipe.writer.ring()
    pipe.writer.ring()
    pipe.writer.put([b"line\n"])
    pipe.writer.close()
    assert pipe.read_all() == b"line\n"
