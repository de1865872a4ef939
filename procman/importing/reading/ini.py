"""Files in sections, `[program:web]` and `command = ...` below it, as configparser reads them, with lines."""

from __future__ import annotations

import configparser
import io
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from procman.importing.found import Found

UNREAD = "it cannot be read: are these sections with 'name = value' below them?"
YES, NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")
"""What supervisord and circus take for yes and no, in any case of letters."""


class Option(NamedTuple):
    """A value, and the line where its name stands."""

    value: str
    line: int


class Section(NamedTuple):
    """A name, as `program:web`, and the options below it."""

    name: str
    line: int
    options: dict[str, Option]

    @property
    def kind(self) -> str:
        """What stands in front of the colon."""
        return self.name.partition(":")[0]

    @property
    def title(self) -> str:
        """What stands behind it."""
        return self.name.partition(":")[2].strip()


class _Lines:
    """Hands lines to the parser, and knows which one it is at; 0 when it has them all."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for line in io.StringIO(self.text, newline=None):
            self.number += 1
            yield line
        self.number = 0


def read(data: bytes, source: str, **settings: Any) -> list[Section]:
    """The sections of a file; `settings` are those of `RawConfigParser`. Raises `UserError`."""
    lines = _Lines(decoded(data, source))

    class Noting(dict[str, Any]):
        """A section, or all of them, in which each name has its line."""

        def __init__(self) -> None:
            super().__init__()
            self.lines: dict[str, int] = {}

        def __setitem__(self, key: str, value: Any) -> None:
            super().__setitem__(key, value)
            if lines.number:  # afterwards values of several lines are put together
                self.lines[key] = lines.number

    parser = configparser.RawConfigParser(dict_type=Noting, strict=False, **settings)
    try:
        parser.read_file(lines)
    except configparser.Error as error:
        raise UserError(_problems(error, source)) from None
    except (AttributeError, TypeError, ValueError):
        raise UserError([Problem(source, lines.number or None, UNREAD)]) from None
    return [_section(parser, name) for name in parser.sections()]


def decoded(data: bytes, source: str) -> str:
    """The text of a file. Raises `UserError` when it is none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError([Problem(source, line, "not UTF-8 text: this is not such a file")]) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UserError([Problem(source, line, "a NUL byte: this is not a text file")])
    return text


def _section(parser: configparser.RawConfigParser, name: str) -> Section:
    sections: Any = parser._sections  # type: ignore[attr-defined]
    defaults: Any = parser._defaults  # type: ignore[attr-defined]
    lines = {**defaults.lines, **sections[name].lines}
    options = {key: Option(value, lines[key]) for key, value in parser.items(name)}
    return Section(name, sections.lines[name], options)


def _problems(error: configparser.Error, source: str) -> list[Problem]:
    if isinstance(error, configparser.MissingSectionHeaderError):
        return [Problem(source, error.lineno, "a section like [program:web] is missing before this line")]
    if isinstance(error, configparser.ParsingError):
        text = "expected 'name = value', or a section like [program:web]"
        return [Problem(source, line, text) for line, _ in error.errors[:20]]
    return [Problem(source, None, UNREAD)]


class Options:
    """The options of one section, each of which somebody takes; what nobody took is told."""

    def __init__(self, found: Found, section: Section) -> None:
        self.found = found
        self.section = section
        self.left = {**section.options}

    def lose(self, key: str, text: str) -> None:
        """Say what is not carried over of an option."""
        self.found.lose(self.line(key), f"[{self.section.name}] {key}: {text}")

    def line(self, key: str) -> int:
        """Where an option stands, of several the first, else the section."""
        option = self.section.options.get(key.partition(",")[0])
        return option.line if option else self.section.line

    def text(self, key: str, usual: str = "") -> str:
        """The value as it is written."""
        option = self.left.pop(key, None)
        return usual if option is None else option.value

    def flag(self, key: str, usual: bool = False) -> bool:
        """Yes or no."""
        text = self.text(key).strip().lower()
        if text and text not in YES + NO:
            self.lose(key, f"'{text}' is neither true nor false, so it is taken as {str(usual).lower()}")
        return text in YES if text in YES + NO else usual

    def whole(self, key: str, usual: int = 0) -> int:
        """A whole number that is not below 0."""
        text = self.text(key).strip()
        if not text:
            return usual
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            self.lose(key, f"'{text}' is no whole number, so it is taken as {usual}")
            return usual
        return int(text)

    def finish(self, lacks: Mapping[str, str], usual: Mapping[str, str] = {}) -> None:
        """Tell what nobody has taken, unless it has the value that it has without a word."""
        for key, option in self.left.items():
            if option.value.strip().lower() != usual.get(key, option.value + "!"):
                text = lacks.get(key, "procman does not know this option: nothing is made of it")
                self.found.lose(option.line, f"[{self.section.name}] {key}: {text}")
        self.left = {}
