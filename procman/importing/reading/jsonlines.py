"""JSON as a tree of words, each with its line, of the same kind as that of a YAML file (RFC 8259).

`literals` takes what people write where a program reads JavaScript and not JSON: comments, names without
quotes, single quotes, commas behind the last value, as in JSON5.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from procman.core.config.yamltree import DEPTH, Entry, Mapping, Scalar, Sequence
from procman.errors import Problem, UserError
from procman.importing.reading.ini import decoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from procman.core.config.yamltree import Node

BLANK = re.compile(r"[ \t\n\r]*")
BLANK_OR_COMMENT = re.compile(r"(?:[\s\ufeff]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*)"')
LITERAL_STRING = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"|`([^`$\\]*)`", re.DOTALL)
WORD = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null", re.ASCII)
NAME = re.compile(r"[A-Za-z_$][\w$]*|[0-9]+", re.ASCII)
BEHIND = re.compile(r"[\w.$]")
ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\n)|(.))", re.DOTALL)
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def parse(data: bytes, source: str) -> Node:
    """The tree of a JSON file. Raises `UserError` with the line."""
    return _Parser(decoded(data, source), source, literals=False).document(0)


def literals(text: str, source: str, at: int = 0) -> tuple[Node, int]:
    """The tree of a value in JavaScript that begins at a position, and the position behind it, comments and
    blanks included. Raises `UserError` for whatever Node would have to compute."""
    parser = _Parser(text, source, literals=True)
    node = parser.value(parser.skipped(at), 0)
    return node, parser.skipped(parser.at)


class _Parser:
    def __init__(self, text: str, source: str, literals: bool) -> None:
        self.text = text
        self.source = source
        self.literals = literals
        self.blank = BLANK_OR_COMMENT if literals else BLANK
        self.ends = [found.start() for found in re.finditer("\n", text)]
        self.at = 0

    def document(self, at: int) -> Node:
        node = self.value(self.skipped(at), 0)
        end = self.skipped(self.at)
        if end < len(self.text):
            self.fail(end, "there is more behind the end of the value")
        return node

    def value(self, at: int, depth: int) -> Node:
        """The value at a position; `self.at` is behind it then."""
        if depth > DEPTH:
            self.fail(at, f"nested more than {DEPTH} levels deep")
        sign = self.text[at : at + 1]
        if sign == "{":
            return self.mapping(at, depth)
        if sign == "[":
            return self.sequence(at, depth)
        string = self.string(at)
        if string is not None:
            return Scalar(string, self.line(at), quoted=True)
        found = WORD.match(self.text, at)
        if not found or BEHIND.match(self.text, found.end()):
            self.fail(at, f"a value is missing here, at {self.shown(at)}")
        self.at = found.end()
        return Scalar(found[0], self.line(at))

    def mapping(self, at: int, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}

        def entry(start: int) -> None:
            key = self.key(start)
            colon = self.skipped(self.at)
            if self.text[colon : colon + 1] != ":":
                self.fail(colon, f"expected ':', not {self.shown(colon)}")
            value = self.value(self.skipped(colon + 1), depth + 1)
            entries[key] = Entry(self.line(start), value)  # of two with one name the last counts, as in Node

        self.items(at, "}", entry)
        return Mapping(entries, self.line(at))

    def sequence(self, at: int, depth: int) -> Sequence:
        items: list[Node] = []
        self.items(at, "]", lambda start: items.append(self.value(start, depth + 1)))
        return Sequence(tuple(items), self.line(at))

    def items(self, at: int, close: str, read: Callable[[int], None]) -> None:
        """What stands between brackets, with commas between."""
        at = self.skipped(at + 1)
        first = True
        while self.text[at : at + 1] != close or not (first or self.literals):
            read(at)
            first = False
            at = self.skipped(self.at)
            if self.text[at : at + 1] == close:
                break
            if self.text[at : at + 1] != ",":
                self.fail(at, f"expected ',' or '{close}', not {self.shown(at)}")
            at = self.skipped(at + 1)
        self.at = at + 1

    def key(self, at: int) -> str:
        string = self.string(at)
        if string is not None:
            return string
        found = NAME.match(self.text, at) if self.literals else None
        if not found:
            self.fail(at, f"expected a name in double quotes, not {self.shown(at)}")
        self.at = found.end()
        return found[0]

    def string(self, at: int) -> str | None:
        found = (LITERAL_STRING if self.literals else STRING).match(self.text, at)
        if not found:
            return None
        self.at = found.end()
        text = next((each for each in found.groups() if each is not None), "")
        if "\\" not in text:
            return text
        plain = ESCAPE.sub(_unescaped, text)
        return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def skipped(self, at: int) -> int:
        found = self.blank.match(self.text, at)
        return found.end() if found else at

    def line(self, at: int) -> int:
        return bisect_right(self.ends, at - 1) + 1

    def shown(self, at: int) -> str:
        """The sign that stands there, and no more: it may be a secret's."""
        return f"'{self.text[at]}'" if at < len(self.text) else "the end of the file"

    def fail(self, at: int, text: str) -> NoReturn:
        raise UserError([Problem(self.source, self.line(at), f"not JSON: {text}")])


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16))
    return "" if found[3] else ESCAPES.get(found[4], found[4])
