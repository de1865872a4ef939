"""What is imported before the first child of `procman start` runs: as little as can be."""

from __future__ import annotations

import pickle
import sys
from typing import TYPE_CHECKING

import pytest

from bench import imports
from procman.typed import Enum, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

ALLOWED = set(
    """
    collections copyreg enum functools itertools keyword operator re reprlib types
    __future__ importlib warnings errno math select selectors signal fcntl resource termios
    ctypes struct contextlib array io gc heapq
    """.split()
)
"""Modules of the standard library that every start may wait for; those written in C are cheap."""
OF_CTYPES = {"sysconfig", "threading"} if sys.version_info >= (3, 14) else set()
"""What ctypes wants, so that no start can do without it."""
LATER = {"control", "store", "testing"}
"""Rooms of ours that only some apps need."""


def test_little_is_imported_before_the_first_child(tmp_path: Path) -> None:
    modules = imports.before_the_first_child(tmp_path)
    known = {*ALLOWED, *OF_CTYPES, "procman"}
    others = {name for name in modules if name.partition(".")[0] not in known and not name.startswith("_")}
    assert not others, (
        f"{', '.join(sorted(others))}: imported before the first child of `procman start`, so every start"
        " waits for it. Import it in the function that needs it (`python -X importtime -m procman start`"
        " shows who does), take `procman.typed` in place of `typing`; or, if no start can do without it,"
        " add it to ALLOWED in tests/test_lean.py."
    )
    early = {name for name in modules if name.startswith("procman.") and name.split(".")[1] in LATER}
    assert not early, f"{', '.join(sorted(early))}: not every start needs it, so import it where it is needed"


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 2

    @property
    def sum(self) -> int:
        return self.x + self.y


def test_values_are_as_typing_makes_them() -> None:
    point = Point(1)
    assert (point, point._replace(y=5), point.sum) == ((1, 2), (1, 5), 3)
    assert repr(point) == "Point(x=1, y=2)"
    assert (Point.__doc__, Point.__module__, Point._fields) == ("A place.", __name__, ("x", "y"))
    assert pickle.loads(pickle.dumps(point)) == point
    assert not hasattr(point, "__dict__")
    match point:
        case Point(1, y):
            assert y == 2
        case _:
            raise AssertionError


class Colour(Enum):
    """One of them."""

    RED = "red"
    """As it is."""
    BLUE = "blue"

    @property
    def warm(self) -> bool:
        return self is Colour.RED


def test_members_are_as_enum_makes_them() -> None:
    assert [*Colour] == [Colour.RED, Colour.BLUE]
    assert (Colour.RED.name, Colour.RED.value, Colour.BLUE.warm) == ("RED", "red", False)
    assert isinstance(Colour.RED, Colour)
    assert {Colour.RED: 1}[Colour.RED] == 1
    assert Colour("blue") is Colour.BLUE
    with pytest.raises(ValueError, match="'green' is not a valid Colour"):
        Colour("green")
    assert (repr(Colour.RED), str(Colour.RED), len(Colour)) == ("<Colour.RED: 'red'>", "Colour.RED", 2)
