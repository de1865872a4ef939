"""What is typed on a terminal that is not read waits, and arrives whole and in order."""

from __future__ import annotations

import gc
import os
import pty
import select
import time
import tty
from typing import TYPE_CHECKING

import pytest

from procman.host.keyboard import Keyboard
from procman.host.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 20.0
MUCH = b"".join(b"%07d\n" % number for number in range(40_000))
"""No terminal has room for so much."""


class Desk:
    """A keyboard at a raw terminal, whose other side nobody reads yet."""

    def __init__(self) -> None:
        self.poller = Poller()
        self.master, self.inner = pty.openpty()
        tty.setraw(self.inner)
        os.set_blocking(self.master, False)
        self.keyboard = Keyboard(self.master, self.poller)
        self.taken: list[str] = []

    def type(self, data: bytes, name: str = "all") -> None:
        self.keyboard.type(data, lambda: self.taken.append(name))

    def read(self, size: int) -> bytes:
        """So much of what was typed, as the program at the terminal gets it."""
        data = b""
        until = time.monotonic() + SECONDS
        while len(data) < size:
            assert time.monotonic() < until, f"only {len(data)} of {size} bytes"
            if select.select([self.inner], [], [], 0)[0]:
                data += os.read(self.inner, size - len(data))
            else:
                list(self.poller.wait(0.05))
        return data

    @property
    def is_idle(self) -> bool:
        """Whether nothing more has been typed than was read."""
        return not select.select([self.inner], [], [], 0)[0]

    def close(self) -> None:
        for fd in (self.master, self.inner):
            os.close(fd)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.close()


def open_files() -> list[str]:
    """Our descriptors, but for the one that lists them."""
    return sorted(fd for fd in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{fd}"))


def test_what_has_room_is_typed_at_once(desk: Desk) -> None:
    desk.type(b"ls\r", "first")
    desk.type(b"\x03\xff\0", "second")
    assert desk.taken == ["first", "second"]
    assert desk.read(6) == b"ls\r\x03\xff\0"
    desk.keyboard.close()


def test_nothing_is_taken_at_once_too(desk: Desk) -> None:
    desk.type(b"")
    assert desk.taken == ["all"]
    desk.keyboard.close()


def test_what_has_no_room_waits_and_arrives_whole_and_in_order(desk: Desk) -> None:
    desk.type(MUCH, "much")
    desk.type(b"then\n", "then")
    assert desk.taken == []
    assert desk.read(len(MUCH)) == MUCH
    assert desk.read(5) == b"then\n"
    assert desk.taken == ["much", "then"]
    assert desk.is_idle
    desk.keyboard.close()


def test_nothing_is_taken_before_all_of_it_is_typed(desk: Desk) -> None:
    desk.type(MUCH)
    desk.read(len(MUCH) // 2)
    assert desk.taken == []
    desk.read(len(MUCH) // 2)
    assert desk.taken == ["all"]
    desk.keyboard.close()


def test_a_keyboard_waits_without_turning_round_and_round(desk: Desk) -> None:
    desk.type(MUCH)
    calls = 0
    write = os.write

    def counted(fd: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        return write(fd, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", counted)
        for _ in range(10):
            list(desk.poller.wait(0.001))
    assert calls <= 1
    assert desk.read(len(MUCH)) == MUCH
    desk.keyboard.close()


def test_a_keyboard_types_again_after_it_had_to_wait(desk: Desk) -> None:
    for turn in range(3):
        desk.type(MUCH, f"much {turn}")
        assert desk.read(len(MUCH)) == MUCH
        desk.type(b"x", f"one {turn}")
        assert desk.read(1) == b"x"
    assert desk.taken == ["much 0", "one 0", "much 1", "one 1", "much 2", "one 2"]
    desk.keyboard.close()


def test_close_drops_what_waits(desk: Desk) -> None:
    desk.type(MUCH, "much")
    desk.type(b"then", "then")
    desk.keyboard.close()
    typed = 0
    while not desk.is_idle:
        typed += len(os.read(desk.inner, 1 << 16))
        assert list(desk.poller.wait(0)) == []
    assert 0 < typed < len(MUCH)
    assert desk.taken == []


def test_close_before_anything_was_typed_or_after_all_was(desk: Desk) -> None:
    desk.keyboard.close()
    other = Keyboard(desk.master, desk.poller)
    other.type(b"x", lambda: None)
    other.close()
    assert desk.read(1) == b"x"


def test_the_terminal_of_others_stays_open_when_a_keyboard_is_closed(desk: Desk) -> None:
    desk.type(MUCH)
    desk.keyboard.close()
    os.write(desk.inner, b"output")
    assert os.read(desk.master, 100) == b"output"


def test_two_keyboards_at_one_terminal_do_each_other_no_harm(desk: Desk) -> None:
    other = Keyboard(desk.master, desk.poller)
    desk.type(MUCH, "first")
    other.type(b"x" * 10, lambda: desk.taken.append("second"))
    found = desk.read(len(MUCH) + 10)
    assert sorted(desk.taken) == ["first", "second"]
    assert found.count(b"x") == 10
    assert found.replace(b"x", b"") == MUCH
    other.close()
    desk.keyboard.close()


def test_no_descriptor_is_left() -> None:
    gc.collect()
    desk = Desk()
    desk.keyboard.close()
    before = open_files()
    for data in (b"", b"x", MUCH):
        keyboard = Keyboard(desk.master, desk.poller)
        assert open_files() != before
        keyboard.type(data, lambda: None)
        keyboard.close()
        assert open_files() == before
    desk.close()


def test_what_is_taken_may_bring_the_next(desk: Desk) -> None:
    left = [b"b", b"c"]

    def taken() -> None:
        if left:
            desk.keyboard.type(left.pop(0), taken)

    desk.keyboard.type(b"a", taken)
    assert desk.read(3) == b"abc"
    desk.keyboard.close()


# A bug once: Linux answers EAGAIN, not EIO, when the queue of a terminal is full that no process has
# open any more. POLLHUP is told all the while, so each `wait` comes back at once and nothing is dropped.
def test_what_waits_for_a_terminal_that_nobody_has_open_any_more_is_dropped(desk: Desk) -> None:
    desk.type(MUCH)
    assert desk.taken == []
    os.close(desk.inner)
    for _ in range(100):
        list(desk.poller.wait(0.001))
    try:
        assert desk.taken == ["all"]
    finally:
        desk.keyboard.close()
        desk.inner = os.open(os.devnull, os.O_RDONLY)
