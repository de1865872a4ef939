"""What is done at the terminal of a child, from within."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.host.spawn import WindowSize
from tests.host.test_children import Family, end

if TYPE_CHECKING:
    from collections.abc import Iterator

ECHO = "stty -echo; echo ready; read line; echo got $line; read line; echo got $line"


@pytest.fixture
def family() -> Iterator[Family]:
    made = Family(WindowSize(80, 24))
    yield made
    end(made)


def test_what_is_asked_is_answered_unless_somebody_else_is_there(family: Family) -> None:
    family.spawn(ECHO)
    family.read(until=b"ready")
    family.children.hold("web.1", WindowSize(80, 24))
    family.children.answer("web.1", b"nobody\n")
    family.children.hold("web.1", None)
    family.children.answer("web.1", b"us\n")
    assert b"got us" in family.read(until=b"got")
    family.children.answer("web.1", b"again\n")
    assert b"got again" in family.read()


def test_newlines_take_the_cursor_back_unless_the_terminal_is_raw(family: Family) -> None:
    family.spawn("echo cooked; read line; stty raw; echo raw; read line")
    family.read(until=b"cooked")
    assert family.children.shown("web.1", b"a\nb\r\nc") == b"a\r\nb\r\nc"
    family.children.answer("web.1", b"\n")
    family.read(until=b"raw")
    assert family.children.shown("web.1", b"a\nb\r\nc") == b"a\nb\r\nc"
    family.children.answer("web.1", b"\n")
    family.read()


def test_the_window_is_theirs_who_are_there_and_ours_again_then(family: Family) -> None:
    family.spawn("read line; stty size; read line; stty size; read line; stty size")
    family.children.hold("web.1", WindowSize(100, 40))
    family.children.resize(WindowSize(90, 30))
    family.children.answer("web.1", b"\n")  # nobody's answer while somebody is there
    family.children.type("web.1", b"\n", lambda: None)
    assert b"40 100" in family.read(until=b"100")
    family.children.hold("web.1", None)
    family.children.answer("web.1", b"\n")
    assert b"30 90" in family.read(until=b"90")
    family.children.answer("web.1", b"\n")
    family.read()


def test_a_child_on_a_pipe_has_no_terminal(family: Family) -> None:
    on_pipes = Family()
    on_pipes.spawn("echo here; sleep 0.1")
    assert not on_pipes.children.has_terminal("web.1")
    on_pipes.children.resize(WindowSize(90, 30))
    on_pipes.children.answer("web.1", b"nobody\n")
    assert on_pipes.read() == b"here\n"
    end(on_pipes)
    family.spawn("true")
    assert family.children.has_terminal("web.1")
    family.read()
