"""Words of a command, some of which only the shell knows when it runs them: `--port=$PORT`."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from procman.core.plan.direct import OWN, SETTING
from procman.importing.reading import shells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Shell(NamedTuple):
    """An expansion of the shell, such as `$PORT` or `$(uname -n)`, as it is between double quotes."""

    text: str


Word = tuple["str | Shell", ...]
"""A word in pieces."""

NUMBER = "${PS##*.}"
"""The number of an instance, from 1: PS is its name, as web.2."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
"""Of a variable that the shell can set."""


def variable(name: str) -> Shell:
    """The value of a variable."""
    return Shell(f"${name}")


def instance(first: int, form: str = "") -> Shell:
    """The number of an instance where they count from `first`; `form` as printf(1) has it, as 02d."""
    number = NUMBER if first == 1 else f"$(({NUMBER}{first - 1:+d}))"
    return Shell(f"$(printf %{form} {number})" if form.strip("dius") else number)


def literal(word: Word) -> str | None:
    """The text of a word in which nothing is left to the shell, else None."""
    return None if any(isinstance(each, Shell) for each in word) else "".join(map(str, word))


def quoted(word: Word) -> str:
    """The word as the shell takes it for one."""
    pieces = (f'"{each.text}"' if isinstance(each, Shell) else shlex.quote(each) for each in word if each)
    return "".join(pieces) or "''"


def line(words: Sequence[Word]) -> str:
    """The line that runs these words, none of which means anything else to the shell: X of `sh -c X`.

    A program that is called as something of the shell's own is found by `exec`, which looks on the PATH only
    (Shell Command Language, 2.9.1).
    """
    known = [literal(word) for word in words]
    if len(known) == 3 and known[0] in shells.SHELLS and known[1] == "-c" and (known[2] or "").strip():
        return shells.as_written(known[2] or "")
    text = " ".join(map(quoted, words))
    first = "".join(each if isinstance(each, str) else "$" for each in words[0])
    return f"exec {text}" if first in OWN or SETTING.match(first) else text


class Marks:
    """Stands for expansions of the shell while a line is taken apart: each is a word of letters and digits
    that is nowhere in these texts."""

    def __init__(self, *texts: str) -> None:
        self.prefix = "shell"
        while any(self.prefix in text for text in texts):
            self.prefix += "s"
        self.of: dict[str, Shell] = {}

    def put(self, expansion: Shell) -> str:
        """A mark for an expansion."""
        mark = f"{self.prefix}{len(self.of)}x"
        self.of[mark] = expansion
        return mark

    def word(self, text: str) -> Word:
        """The pieces of a text with marks in it."""
        if not self.of:
            return (text,) if text else ()
        pieces = re.split(f"({self.prefix}[0-9]+x)", text)
        return tuple(self.of.get(each, each) for each in pieces if each)

    def split(self, text: str) -> list[Word]:
        """The words of a line with marks in it. Raises `ValueError`."""
        try:
            return [self.word(part) for part in shlex.split(text)]
        except ValueError:
            raise ValueError("a quote has no end, or nothing follows the last backslash") from None


def exported(variables: Mapping[str, Word]) -> str:
    """What sets variables in front of a command; their names are such that the shell can."""
    pairs = " ".join(f"{name}={quoted(word)}" for name, word in variables.items())
    return f"export {pairs} && " if pairs else ""


def entered(folder: Word) -> str:
    """What goes to a folder in front of a command."""
    text = quoted(folder)
    return f"cd {'./' if text.startswith('-') else ''}{text} && "
