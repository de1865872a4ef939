"""How single values of procman.yml are read: each takes the text as written, and raises `ValueError` with a
sentence about what is wrong with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.core.schedule import durations
from procman.errors import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from procman.typed import Enum

    T = TypeVar("T")
    E = TypeVar("E", bound=Enum)

SWITCH = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)
"""What YAML and the command line take for yes and no, in any case of letters."""


def switch(text: str) -> bool:
    """Yes or no."""
    if text.lower() not in SWITCH:
        raise ValueError(f"'{text}' is neither true nor false")
    return SWITCH[text.lower()]


def whole(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers in these bounds."""

    def read(text: str) -> int:
        if not re.fullmatch("-?[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"'{text}' is not a whole number from {least} to {most}")
        return int(text)

    return read


def one_of(words: dict[str, T]) -> Callable[[str], T]:
    """A reader of words, each of which means something."""

    def read(text: str) -> T:
        if text not in words:
            raise ValueError(f"'{text}' is not one of {', '.join(words)}{suggest(text, words)}")
        return words[text]

    return read


def member(kind: Iterable[E]) -> Callable[[str], E]:
    """A reader of the members of an Enum."""
    return one_of({str(each.value): each for each in kind})


def more_than_nothing(text: str) -> float:
    """A duration in seconds that is not 0."""
    seconds = durations.parse(text)
    if not seconds > 0:
        raise ValueError(f"'{text}' is no time at all: write more, or take the line out")
    return seconds


def not_empty(text: str) -> str:
    """Any text in which there is something."""
    if not text.strip():
        raise ValueError("it is empty: write something, or take the line out")
    return text
