"""Words for `/bin/sh` that mean one text whatever is in it (POSIX.1-2017, Shell Command Language, 2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+", re.ASCII)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
"""What a shell can export."""
QUOTE = "'\"'\"'"
"""A quote among quoted text, without a backslash: some who read the line first keep those for themselves."""
NEWLINE = "__newline"
SET_NEWLINE = f"{NEWLINE}=$(printf '\\n_'); {NEWLINE}=${{{NEWLINE}%_}}"
"""What goes before a line with `one_line` in it. A substitution loses line ends at its end: hence the `_`."""


def word(text: str) -> str:
    """One word; a line end in it is one in the word too."""
    return text if PLAIN.fullmatch(text) else "'" + text.replace("'", QUOTE) + "'"


def one_line(text: str) -> str:
    """One word in one line, for those who take a line end for the end of all."""
    return word(text).replace("\n", f"'\"${NEWLINE}\"'")


def words(texts: Iterable[str]) -> str:
    """Several words, each in one line."""
    return " ".join(map(one_line, texts))


def prepared(line: str) -> str:
    """A line made of `one_line` words, with what these need before it."""
    return f"{SET_NEWLINE}; {line}" if f'"${NEWLINE}"' in line else line


def checked(source: str, texts: Mapping[str, str]) -> None:
    """Raise `UserError` with the names of texts that no command or variable can be: those with a NUL."""
    bad = [name for name, text in texts.items() if not _is_possible(text)]
    if bad:
        raise UserError(Problem(source, None, f"{name} has a NUL in it: take it out") for name in bad)


def _is_possible(text: str) -> bool:
    try:
        return b"\0" not in text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
