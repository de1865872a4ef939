"""The Procfile: `name: command`, one process type a line.

The format is Foreman's, but a line that is neither a process, a comment nor blank is an error here,
and so is a name that comes twice: Foreman drops the first silently and lets the second win.
"""

from __future__ import annotations

import re

from procman.core.plan.policies import FOREMAN
from procman.errors import Problem, UserError
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from procman.core.plan.policies import Policies

LINE = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*):[ \t]*(.*)")
BOM = b"\xef\xbb\xbf"
RELEASE = "release"
"""The type that is run once before the others, and only when asked for (as on Heroku)."""


class ProcessType(NamedTuple):
    """One line of the Procfile, and what procman.yml says of it. `line` counts from 1."""

    name: str
    command: str
    line: int
    policies: Policies = FOREMAN


def parse(data: bytes, source: str) -> tuple[ProcessType, ...]:
    """The process types of a Procfile, in its order.

    Raises `UserError` with every mistake of the file; `source` is how they name it.
    """
    types: dict[str, ProcessType] = {}
    problems: list[Problem] = []
    for number, raw in enumerate(data.removeprefix(BOM).split(b"\n"), start=1):
        found = _parse_line(raw, number)
        if isinstance(found, str):
            problems.append(Problem(source, number, found))
        elif found and found.name in types:
            first = types[found.name].line
            problems.append(Problem(source, number, f"'{found.name}' is already defined on line {first}"))
        elif found:
            types[found.name] = found
    if not types and not problems:
        problems.append(Problem(source, None, "no process defined: write a line like 'web: python app.py'"))
    if problems:
        raise UserError(_shorten(problems, source))
    return tuple(types.values())


def _parse_line(raw: bytes, number: int) -> ProcessType | str | None:
    """A process type, None for a line without one, or what is wrong with the line."""
    try:
        line = raw.decode().rstrip()
    except UnicodeDecodeError as error:
        return f"not UTF-8 text (byte 0x{raw[error.start]:02x} in column {error.start + 1})"
    if not line or line.lstrip().startswith("#"):
        return None
    if "\r" in line:
        return "a carriage return inside the line: lines end in LF or CR LF"
    if "\0" in line:
        return "a NUL byte: this is not a text file"
    match = LINE.fullmatch(line)
    if match is None:
        return f"expected 'name: command', not {_quote(line)}"
    name, command = match.groups()
    return ProcessType(name, command, number) if command else f"'{name}' has no command"


def _quote(line: str) -> str:
    return repr(line if len(line) <= 40 else line[:37] + "...")


def _shorten(problems: list[Problem], source: str, most: int = 20) -> list[Problem]:
    """A binary file has thousands of bad lines, and nobody reads more than a screen of them."""
    left = len(problems) - most
    return problems if left <= 0 else [*problems[:most], Problem(source, None, f"and {left} more bad lines")]
