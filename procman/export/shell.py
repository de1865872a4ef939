"""Words for `/bin/sh` that mean one text whatever is in it (POSIX.1-2017, Shell Command Language, 2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.core.plan import commands
from procman.core.plan import shell as lines
from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def stays(command: str) -> bool:
    """Whether the shell waits for the last command of a line, and does not give its place to it."""
    return commands.script(command, ()).stays and not _gives_its_place(command)


def _gives_its_place(command: str) -> bool:
    """Whether the line ends with an `exec` of its own that starts a program."""
    try:
        found = lines.read(lines.tokens(command))
    except ValueError:
        return False
    last = [word.text for word in found.commands[-1]] if found.commands else []
    is_piped = found.joined[-1:] in (("|",), ("|&",))
    return last[:1] == ["exec"] and len(last) > 1 and found.ends and not found.compound and not is_piped


def assigned(name: str, value: str) -> str:
    """A line that puts a variable into the environment. Raises `UserError` for a name that no shell takes."""
    if not NAME.fullmatch(name):
        text = f"the name of the variable {name!r} is none for the shell: use letters, digits and '_'"
        raise UserError([Problem("export", None, text)])
    return f"export {name}={word(value)}"
