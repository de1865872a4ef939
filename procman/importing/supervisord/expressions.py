"""The `%(...)s` of supervisord.conf: what is known is put in, what is not is left to the shell.

Configuration File, "Environment Variables" and "[program:x] Section Settings": names in Python's format,
`%(program_name)s`, `%(process_num)02d`, `%(ENV_HOME)s`; `%%` is a percent sign.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from procman.importing.reading import words
from procman.importing.reading.words import Marks, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from procman.importing.reading.words import Word

NUMBERED = re.compile(r"%%|%\(process_num\)([#0\- +]*[0-9]*(?:\.[0-9]+)?)([diouxXs])")
LONG = re.compile(r"%%|%(?:\([^)]*\))?[^%A-Za-z]*[0-9]{4}")
"""A width that would fill the memory."""
FORMED = re.compile(r"%%|%\((?:ENV_[^)]*|host_node_name)\)(?!s)")
"""What is left to the shell cannot be made longer or shorter."""
NAMELESS = re.compile(r"%%|%(?!\()")
"""Python would put in all that is known."""
WRONG = {
    LONG: "a number of more than three digits behind '%'",
    FORMED: "of the environment only the form %(ENV_X)s can be read",
    NAMELESS: "a name in brackets is missing behind '%': write '%%' for a percent sign",
}
"""In each of these patterns `%%` is passed over."""
ENV = "ENV_"
SPLITS = re.compile(r"""[\s"'\\]""")
"""What is no part of a word when supervisord has put a value in and takes the line apart."""
HOST = Shell("$(uname -n)")


class Known(NamedTuple):
    """What a program's names stand for. `first`: the number of its first process, of so many `processes`.
    `twice`: supervisord replaces names in what it has made of them (of `[supervisord]`; options.py)."""

    names: Mapping[str, str]
    first: int = 0
    processes: int = 1
    variables: Mapping[str, Word] = {}
    twice: bool = False


def word(text: str, known: Known) -> Word:
    """A text as one word. Raises `ValueError` where supervisord would not take it."""
    found, marks = _expanded(text, known)
    return marks.word(found)


def argv(text: str, known: Known) -> list[Word]:
    """The words that supervisord makes of a command. Raises `ValueError`, also when there are none."""
    found, marks = _expanded(text, known)
    parts = marks.split(found)
    if not parts:
        raise ValueError("it is empty")
    return parts


def environment(text: str, known: Known) -> dict[str, Word]:
    """The variables of `A="1",B=2`. Raises `ValueError`.

    supervisord takes the line apart with Python's shlex, in which some signs are words of their own when
    they stand outside of quotes; of each pair it looks at three words, and passes over one behind them.
    """
    found, marks = _expanded(text, known)
    lexer = shlex.shlex(found)
    lexer.wordchars += "/.+-():"
    try:
        parts = [*lexer]
    except ValueError:
        raise ValueError("a quote has no end") from None
    return {name: marks.word(value) for name, value in _pairs(parts)}


def _expanded(text: str, known: Known) -> tuple[str, Marks]:
    """The text with its names replaced; marks stand for what is left to the shell."""
    table = _Table(known, text)
    for _ in range(2 if known.twice else 1):
        text = _replaced(text, table)
    return text, table.marks


def _replaced(text: str, table: _Table) -> str:
    for pattern, wrong in WRONG.items():
        if any(found[0] != "%%" for found in pattern.finditer(text)):
            raise ValueError(wrong)
    try:
        return NUMBERED.sub(table.number, text) % table
    except KeyError:
        raise ValueError("a name in '%(...)s' means nothing here") from None
    except (TypeError, ValueError, OverflowError):
        raise ValueError("'%' is not used as it has to be: write '%%' for a percent sign") from None


def _pairs(parts: list[str]) -> Iterator[tuple[str, str]]:
    for at in range(0, len(parts), 4):
        name, equals, value = (*parts[at : at + 3], "", "", "")[:3]
        if equals != "=" or not value:
            raise ValueError('this is not NAME="value",NAME="value": put each value in quotes')
        yield name, value.strip("'\"")


class _Table(dict[str, "str | int"]):
    """What Python's `%` asks for the value of a name; marks are made as they are asked for."""

    def __init__(self, known: Known, text: str) -> None:
        super().__init__({**known.names, "numprocs": known.processes})
        self.known = known
        self.marks = Marks(text, *known.names.values(), *map(str, known.variables.values()))
        if known.processes == 1:
            self["process_num"] = known.first

    def number(self, found: re.Match[str]) -> str:
        """The number of a process, which differs from one to the next."""
        if found[0] == "%%" or self.known.processes == 1:
            return found[0]
        return self.marks.put(words.instance(self.known.first, f"{found[1]}{found[2]}"))

    def __missing__(self, name: str) -> str:
        variable = name.removeprefix(ENV)
        if name == "host_node_name":
            return self.marks.put(HOST)
        if variable == name or not words.NAME.fullmatch(variable):
            raise KeyError(name)
        value = words.literal(self.known.variables[variable]) if variable in self.known.variables else None
        if value is not None and (SPLITS.search(value) or not value):
            return value
        return self.marks.put(words.variable(variable))
