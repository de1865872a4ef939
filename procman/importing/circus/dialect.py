"""circus.ini in sections, as circus reads it: by rules of its own that configparser does not have.

Comments begin in the first column, with `#`, `;` or `rem `; names keep their case; of a name that comes twice
the first counts; an indented line goes on with the value above (`StrictConfigParser` in circus/util.py).
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from procman.errors import Problem, UserError
from procman.importing.reading.ini import Option, Section, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTION = re.compile(r"\[(.+)\]")
OPTION = re.compile(r"(.*?)\s*[=:]\s*(.*)$")
REM = re.compile(r"rem(?:\s|$)", re.IGNORECASE)


def read(data: bytes, source: str) -> list[Section]:
    """The sections of a file; one that comes twice is one. Raises `UserError`."""
    sections: dict[str, Section] = {}
    problems: list[Problem] = []
    section: Section | None = None
    name = ""
    for number, line in _lines(decoded(data, source)):
        if line[0].isspace() and section and name:
            value, first = section.options[name]
            section.options[name] = Option(f"{value}\n{line.strip()}", first)
        elif found := SECTION.match(line):
            section = sections.setdefault(found[1], Section(found[1], number, {}))
            name = ""
        elif section is None:
            text = "a section like [watcher:web] is missing before this line"
            raise UserError([Problem(source, number, text)])
        elif (found := OPTION.match(line)) and found[1]:
            name = found[1]
            section.options.setdefault(name, Option(_value(found[2]), number))
        else:
            text = "expected 'name = value', or a section like [watcher:web]"
            problems.append(Problem(source, number, text))
    if problems:
        raise UserError(problems[:20])
    return [*sections.values()]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Those with something on them that is no comment, with their numbers."""
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        row = line.rstrip("\n")
        if row.strip() and row[0] not in "#;" and not REM.match(row):
            yield number, row


def _value(text: str) -> str:
    """Without a comment behind a blank; two double quotes are nothing."""
    at = text.find(";")
    value = (text[:at] if at >= 0 and text[at - 1].isspace() else text).strip()
    return "" if value == '""' else value
