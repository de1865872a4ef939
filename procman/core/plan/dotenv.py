"""The .env file, read by python-dotenv's parser; what it passes over in silence is an error here."""

from __future__ import annotations

import re
from collections import ChainMap
from io import StringIO

from procman.errors import Problem, UserError
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dotenv.parser import Binding

REFERENCE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")
SINGLE_QUOTED = re.compile(r"\s*(?:export\s+)?[^=]+=\s*'")


def parse(
    data: bytes, source: str, environment: Mapping[str, str], environment_wins: bool = False
) -> dict[str, str]:
    """The variables of one file, last value of a key.

    `${X}` and `${X:-default}` outside single quotes are taken from the lines above, else from
    `environment`, or the other way round when that wins. Raises `UserError` with every bad line of the file.
    """
    from dotenv.parser import parse_stream  # 30 ms that an app without a .env need not wait for

    values: dict[str, str] = {}
    known = ChainMap(*(environment, values) if environment_wins else (values, environment))
    problems: list[Problem] = []
    for binding in parse_stream(StringIO(_decode(data, source), newline=None)):
        wrong = _mistake(binding)
        if wrong:
            problems.append(Problem(source, _line(binding), wrong))
        elif binding.key is not None and binding.value is not None:
            quoted = SINGLE_QUOTED.match(binding.original.string)
            values[binding.key] = binding.value if quoted else expand(binding.value, known)
    if problems:
        raise UserError(problems)
    return values


def expand(value: str, known: Mapping[str, str]) -> str:
    """`${X}` replaced by its value, or by the default behind `:-`, or by nothing; `$X` stays."""

    def replace(match: re.Match[str]) -> str:
        return known.get(match["name"], match["default"] or "")

    return REFERENCE.sub(replace, value)


def _decode(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(error.object[: error.start + 1].splitlines())
        raise UserError([Problem(source, line, "not UTF-8 text")]) from None


def _mistake(binding: Binding) -> str | None:
    line = _first_line(binding)
    if binding.key is None and line.removeprefix("export").lstrip().startswith(("=", "#")):
        return "a name is missing before '='"
    if binding.error:
        return "cannot be read: is a quote missing its end, or is there text behind one?"
    if binding.key is not None and binding.value is None:
        return f"'{binding.key}' has no value: write '{binding.key}=' for an empty one"
    if "\0" in (binding.value or "") or "\0" in (binding.key or ""):
        return "a NUL byte: this is not a text file"
    if "=" in (binding.key or ""):
        return f"'{binding.key}' is no name for a variable: it has a '=' in it"
    return None


def _first_line(binding: Binding) -> str:
    """The first line that is not blank, or nothing when it is a comment."""
    line = binding.original.string.lstrip().partition("\n")[0]
    return "" if line.startswith("#") else line


def _line(binding: Binding) -> int:
    """python-dotenv counts from the blank lines before a binding; the user wants the binding's own."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
