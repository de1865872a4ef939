"""The .env file: `NAME=value` a line, quoted as python-dotenv has it. What that passes over is an error here.

What is said of a mistake never has a part of the file in it, as that may be a secret: its line must do.
"""

from __future__ import annotations

import re
from collections import ChainMap

from procman.core.plan import expansion
from procman.errors import Problem, UserError
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BLANK = r"[^\S\n]*"
NOTHING = re.compile(rf"{BLANK}(?:#.*)?")
EXPORT = r"(?:export[^\S\n]+)?+"
NAME = re.compile(rf"{BLANK}{EXPORT}(?P<key>'[^'\n]+'|[^=#\s'][^=#\s]*){BLANK}=")
NAMELESS = re.compile(rf"{BLANK}{EXPORT}[=#]")
COLON = re.compile(rf"{BLANK}{EXPORT}[A-Za-z_][A-Za-z0-9_.-]*{BLANK}:(?!//)")
OPENED = re.compile(rf"{BLANK}(['\"])")
CLOSED = {quote: re.compile(rf"((?:\\.|[^{quote}\\])*){quote}", re.DOTALL) for quote in "'\""}
COMMENT = re.compile(r"\s+#.*")

NO_EQUALS = "'=' is missing: write NAME=value; a value of several lines needs quotes, from its first line on"
NO_EQUALS_TO = (
    "'=' is missing from here to line {}: a value of several lines needs quotes, from its first line on"
)
COLON_FOR_EQUALS = "'=' is missing: write NAME=value, not 'NAME: value'"
NO_NAME = "a name is missing before '='"
BAD_NAME = "this is not NAME=value: a name has no blank, '#' or '=' in it"
NO_END = "the quote has no end: write one, or put the value in quotes of the other kind"
BEHIND = "there is text behind the closing quote: put it inside, or make it a comment with '#'"
NUL = "a NUL byte: this is not a text file"
TOO_LONG = "the value is longer than the 128 KiB that a process can be given: does '${...}' repeat others?"
TOO_MUCH = "the values up to here are more than the 6 MiB that a process can be given"
MOST = 6 << 20
"""Bytes of all arguments and variables of a process (execve(2))."""


class DotEnv(NamedTuple):
    """The variables of a file, and what is probably not meant as it is written."""

    values: dict[str, str]
    doubts: tuple[Problem, ...]


class Assignment(NamedTuple):
    """A variable as it is written: the text between its quotes, or bare."""

    key: str
    quote: str
    raw: str


def parse(data: bytes, source: str, environment: Mapping[str, str], environment_wins: bool = False) -> DotEnv:
    """The variables of one file, last value of a key.

    `${X}` and `${X:-default}` outside single quotes are taken from the lines above, else from
    `environment`, or the other way round when that wins. Raises `UserError` with every bad line of the file.
    """
    values: dict[str, str] = {}
    known = ChainMap(*(environment, values) if environment_wins else (values, environment))
    problems: list[Problem] = []
    doubts: list[Problem] = []
    room = MOST
    for line, found in _statements(_decode(data, source)):
        if isinstance(found, Assignment):
            doubts += (Problem(source, line, text) for text in _doubts(found, known))
            value = _value(found, known)
            room -= len(value or "")
            wrong = TOO_LONG if value is None else TOO_MUCH if room < 0 else None
            values[found.key] = value or ""
        else:
            wrong = found
        problems += [Problem(source, line, wrong)] if wrong else []
        if wrong is TOO_MUCH:
            break
    if problems:
        raise UserError(_joined(problems))
    return DotEnv(values, tuple(doubts))


def _statements(text: str) -> Iterator[tuple[int, Assignment | str]]:
    """The lines that are not blank: an assignment, which may go on over lines, or what is wrong."""
    at, line = 0, 1
    while at < len(text):
        found, after = _statement(text, at)
        if found is not None:
            yield line, found
        line += text.count("\n", at, after)
        at = after


def _statement(text: str, at: int) -> tuple[Assignment | str | None, int]:
    """What begins here, None for a blank line or comment; and where the next line begins."""
    end = _end_of_line(text, at)
    if NOTHING.fullmatch(text, at, end):
        return None, end + 1
    name = NAME.match(text, at)
    if name is None:
        return _not_an_assignment(text[at:end]), end + 1
    opened = OPENED.match(text, name.end())
    if opened is None:
        bare = COMMENT.sub("", text[name.end() : end]).strip()
        return _checked(name["key"], "", bare), end + 1
    closed = CLOSED[opened[1]].match(text, opened.end())
    if closed is None:
        return NO_END, end + 1
    end = _end_of_line(text, closed.end())
    if not NOTHING.fullmatch(text, closed.end(), end):
        return BEHIND, end + 1
    return _checked(name["key"], opened[1], closed[1]), end + 1


def _end_of_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _not_an_assignment(row: str) -> str:
    if "\0" in row:
        return NUL
    if NAMELESS.match(row):
        return NO_NAME
    if COLON.match(row):
        return COLON_FOR_EQUALS
    return BAD_NAME if "=" in row else NO_EQUALS


def _checked(key: str, quote: str, raw: str) -> Assignment | str:
    key = key.strip("'") if key.startswith("'") else key
    if "\0" in key + raw:
        return NUL
    return BAD_NAME if "=" in key else Assignment(key, quote, raw)


def _value(found: Assignment, known: Mapping[str, str]) -> str | None:
    """The value, None when it is too long for a process."""
    try:
        value = expansion.value_of(found.raw, found.quote, known)
    except expansion.TooLongError:
        return None
    return value if expansion.fits(found.key, value) else None


def _doubts(found: Assignment, known: Mapping[str, str]) -> Iterator[str]:
    """`$X` is literal, so that a password with a dollar survives; `PATH=/x:$PATH` is hardly meant to be."""
    for name in dict.fromkeys(expansion.untouched(found.raw, found.quote)):
        if name == found.key or name in known:
            yield (
                f"'{found.key}': ${name} stays as it is written: write ${{{name}}} for its value,"
                " or single quotes around all if it is meant so"
            )


def _decode(data: bytes, source: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(error.object[: error.start + 1].splitlines())
        raise UserError([Problem(source, line, "not UTF-8 text")]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _joined(problems: Iterable[Problem]) -> list[Problem]:
    """A key file without quotes has many lines without '=', and one mistake."""
    joined: list[Problem] = []
    last = 0
    for each in problems:
        if each.text == NO_EQUALS and joined and last == (each.line or 0) - 1:
            joined[-1] = joined[-1]._replace(text=NO_EQUALS_TO.format(each.line))
        else:
            joined.append(each)
        last = (each.line or 0) if each.text == NO_EQUALS else 0
    return joined
