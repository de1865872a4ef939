"""The plain values in a file of Ruby, `config.good_job.cron = { ... }`, as a tree like that of YAML.

Only what is written down is read: strings, symbols, numbers, true, false, nil, arrays, hashes. For anything
else in the place of a value stands `CODE`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.core.config.yamltree import Entry, Mapping, Scalar, Sequence
from procman.errors import Problem, UserError
from procman.importing.ruby.values import CODE

if TYPE_CHECKING:
    from procman.core.config.yamltree import Node

BEGIN = re.compile(r"good_job\.cron\s*=\s*|good_job\s*=\s*(?=\{)")
BLANK = re.compile(r"(?:\s+|\#[^\n]*)*")
COMMENT = re.compile(r"^\s*\#.*$", re.MULTILINE)
KEY = re.compile(r"(?P<name>[A-Za-z_]\w*[?!]?):(?!:)|:(?P<symbol>[A-Za-z_]\w*[?!]?)\s*=>")
QUOTED_KEY = re.compile(r"(?P<symbol>:)(?!:)|\s*=>")
NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)(?:\.[0-9]+)?(?![\w.])")
WORD = re.compile(r"(?:true|false|nil)(?![\w?!.:])|:[A-Za-z_]\w*[?!]?(?!\w)")
WORDS = re.compile(r"%(?P<kind>[wi])(?:\[(?P<a>[^\]\\]*)\]|\((?P<b>[^)\\]*)\)|\{(?P<c>[^}\\]*)\})")
SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
DOUBLE = re.compile(r'"((?:[^"\\#]|\\.|#(?![{$@]))*)"', re.DOTALL)
ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|.)", re.DOTALL)
LETTERS = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "s": " ",
    "e": "\x1b",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "\n": "",
}
UNREAD = set("xcCMu01234567")
"""Escapes of bytes and keys, which need not be text."""
PAIRS = {"(": ")", "[": "]", "{": "}"}
DEPTH = 30


def is_ruby(data: bytes, source: str) -> bool:
    """Whether it is Ruby and not YAML."""
    return source.endswith(".rb") or BEGIN.search(data.decode("utf-8", "replace")) is not None


def read(data: bytes, source: str) -> Mapping:
    """The hash of cron jobs. Raises `UserError` when there is none that is written down."""
    text = COMMENT.sub(lambda match: "", data.decode("utf-8", "replace"))
    begin = BEGIN.search(text)
    line = text.count("\n", 0, begin.end()) + 1 if begin else None
    try:
        if begin is None:
            raise ValueError("it sets no config.good_job.cron")
        found = _Reader(text, begin.end()).value(0)
    except ValueError as error:
        raise UserError([Problem(source, line, f"{error}: {INSTEAD}")]) from None
    if not isinstance(found, Mapping):
        raise UserError([Problem(source, line, f"the jobs are no plain hash of Ruby: {INSTEAD}")])
    return found


INSTEAD = "write the jobs as YAML, by name, and import that"


class _Reader:
    """Reads one value from a place in the text on."""

    def __init__(self, text: str, position: int) -> None:
        self.text, self.position = text, position

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.position) + 1

    def skip(self, sign: str = "") -> bool:
        """Past blanks and comments, and past a sign if it is there."""
        self.take(BLANK)
        if not sign or not self.text.startswith(sign, self.position):
            return False
        self.position += len(sign)
        return True

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return match

    def value(self, depth: int) -> Node:
        """A value, or code, up to what may stand behind one."""
        if depth > DEPTH:
            raise ValueError(f"it is nested more than {DEPTH} levels deep")
        self.skip()
        start, line = self.position, self.line
        found = self.literal(depth)
        self.skip()
        if found is not None and (
            depth == 0 or self.text[self.position : self.position + 1] in (",", "]", "}", "")
        ):
            return found
        self.position = start
        if depth:
            self.code()
        return Scalar(CODE, line)

    def literal(self, depth: int) -> Node | None:
        line = self.line
        if self.skip("{"):
            return self.hash(depth, line)
        if self.skip("["):
            return self.array(depth, line)
        if match := self.take(WORDS):
            sign = ":" if match["kind"] == "i" else ""
            words = (match["a"] or match["b"] or match["c"] or "").split()
            return Sequence(tuple(Scalar(sign + word, line, not sign) for word in words), line)
        if match := self.take(NUMBER):
            return Scalar(match[0].replace("_", ""), line)
        if match := self.take(WORD):
            return Scalar("~" if match[0] == "nil" else match[0], line)
        text = self.string()
        return None if text is None else Scalar(text, line, quoted=True)

    def string(self) -> str | None:
        """A text in quotes without code in it."""
        if match := self.take(SINGLE):
            return re.sub(r"\\([\\'])", r"\1", match[1])
        start = self.position
        match = self.take(DOUBLE)
        if match is None or UNREAD & {each[1] for each in ESCAPE.finditer(match[1])}:
            self.position = start
            return None
        return ESCAPE.sub(_unescaped, match[1])

    def hash(self, depth: int, line: int) -> Mapping:
        entries: dict[str, Entry] = {}
        while not self.skip("}"):
            at, key = self.line, self.key()
            entries[key] = Entry(at, self.value(depth + 1))
            if not self.skip(",") and not self.text.startswith("}", self.position):
                raise ValueError("a hash has no end")
        return Mapping(entries, line)

    def key(self) -> str:
        """A symbol has its colon, as in YAML."""
        if match := self.take(KEY):
            return f":{match['name'] or match['symbol']}"
        symbol = self.skip(":")
        text = self.string()
        if text is not None and (match := self.take(QUOTED_KEY)):
            symbol = symbol or bool(match["symbol"])
            if symbol or not text.startswith(":"):  # which would look like a symbol
                return f":{text}" if symbol else text
        raise ValueError(f"line {self.line} has no plain key of a hash")

    def array(self, depth: int, line: int) -> Sequence:
        items = []
        while not self.skip("]"):
            items.append(self.value(depth + 1))
            if not self.skip(",") and not self.text.startswith("]", self.position):
                raise ValueError("an array has no end")
        return Sequence(tuple(items), line)

    def code(self) -> None:
        """Past code, to the comma or the end of what encloses it."""
        closing: list[str] = []
        while self.position < len(self.text):
            char = self.text[self.position]
            if not closing and char in ",]})":
                return
            if closing and char == closing[-1]:
                closing.pop()
            elif char in PAIRS:
                closing.append(PAIRS[char])
            if char not in "'\"" or not (self.take(SINGLE) or self.take(DOUBLE)):
                self.position += 1
        raise ValueError("a hash has no end")


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] == "u" and len(code) > 1:
        number = int(code.strip("u{}"), 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "?"
    return LETTERS.get(code, code)
