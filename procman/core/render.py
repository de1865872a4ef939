"""From whole lines to what is written: prefixes, and lines that are still being written.

Both screens give lists of buffers for one `writev`: the prefix, then the batch in which one
`replace` put the prefix behind every newline. No line is touched by itself unless it has an escape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from procman.core import escapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Buffer = bytes | memoryview

FOREMAN_COLOURS = (36, 33, 32, 35, 31, 34, 96, 93, 92, 95, 91, 94)
"""Cyan, yellow, green, magenta, red, blue, then bright: one for each type, in turn."""
SYSTEM_COLOUR = 97
SYSTEM = "system"
ROOM_FOR_PROMPT = 4096
"""A longer unfinished line is no prompt and need not be shown before it ends."""

CONTROLS = frozenset(map(chr, [*range(8), *range(9, 32), *range(127, 160)]))
"""Bell, form feed and the like (not backspace, which spinners use): only a finished line has its effect."""


class Style(NamedTuple):
    """How a prefix looks. `width` in columns; `colours` are SGR numbers by type or task, none for plain."""

    width: int
    timestamp: bool
    prefix: bool
    colours: Mapping[str, int]


def prefix(style: Style, name: str, stamp: str) -> bytes:
    """`HH:MM:SS web.1    | ` in its colour, which ends before the text begins."""
    parts = ([stamp] if style.timestamp else []) + ([name.ljust(style.width) + " |"] if style.prefix else [])
    if not parts:
        return b""
    text = (" ".join(parts) + " ").encode(errors="surrogateescape")
    colour = style.colours.get(name.rpartition(".")[0] or name)
    return text if colour is None else b"\x1b[%dm%b\x1b[0m" % (colour, text)


def colours_of(names: Iterable[str]) -> dict[str, int]:
    """SGR number by name, of types in the order of the Procfile and tasks behind them."""
    found = {name: FOREMAN_COLOURS[index % len(FOREMAN_COLOURS)] for index, name in enumerate(names)}
    return {**found, SYSTEM: SYSTEM_COLOUR}


def prefixed(prefix: bytes, lines: bytes) -> list[Buffer]:
    """Whole lines, each with the prefix."""
    if not prefix:
        return [lines]
    body = memoryview(lines.replace(b"\n", b"\n" + prefix))
    return [prefix, body[: -len(prefix)]]


class PlainScreen:
    """A pipe or a file: bytes as they came, and at most one unfinished line, at the end.

    When another process writes behind an unfinished line, that line is ended; when it is
    completed it comes again, whole.
    """

    only_calm = True

    def __init__(self) -> None:
        self._open = ""
        self._shown: dict[str, bytes] = {}

    def lines(self, name: str, prefix: bytes, lines: bytes) -> list[Buffer]:
        """The buffers that show whole lines of a process."""
        if b"\x1b" in lines:
            lines = _each_line(lines, escapes.close_colours)
        if name not in self._shown:
            return self._interrupt() + prefixed(prefix, lines)
        out = self._resume(name, prefix, self._shown[name], lines)
        del self._shown[name]
        return out

    def partial(self, states: Mapping[str, tuple[bytes, bytes]]) -> list[Buffer]:
        """The buffers that show unfinished lines, given as prefix and text by process name."""
        out: list[Buffer] = []
        for name, (prefix, text) in states.items():
            if 0 < len(text) <= ROOM_FOR_PROMPT and self._shown.get(name) != text:
                out += self._grow(name, prefix, text)
        return out

    def _grow(self, name: str, prefix: bytes, text: bytes) -> list[Buffer]:
        shown = self._shown.get(name, b"")
        if self._open == name and not text.startswith(shown):
            return []
        self._shown[name] = text
        if self._open == name:
            return [text[len(shown) :]]
        interruption = self._interrupt()
        self._open = name
        return [*interruption, prefix, text]

    def _resume(self, name: str, prefix: bytes, shown: bytes, lines: bytes) -> list[Buffer]:
        if self._open != name:
            lines = lines.removeprefix(escapes.close_colours(shown) + b"\n")
            return self._interrupt() + prefixed(prefix, lines) if lines else []
        if not lines.startswith(shown):
            return self._interrupt() + prefixed(prefix, lines)
        self._open = ""
        end = lines.index(b"\n") + 1
        rest = lines[end:]
        return [lines[len(shown) : end], *(prefixed(prefix, rest) if rest else [])]

    def _interrupt(self) -> list[Buffer]:
        if not self._open:
            return []
        shown = self._shown[self._open]
        self._open = ""
        return [escapes.close_colours(shown)[len(shown) :] + b"\n"]


class TerminalScreen:
    """A terminal: unfinished lines of all processes stand below the log, repainted in place."""

    only_calm = False

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._live: dict[str, tuple[bytes, bytes]] = {}
        self._painted = 0

    def lines(self, name: str, prefix: bytes, lines: bytes) -> list[Buffer]:
        """The buffers that show whole lines of a process above the unfinished ones."""
        self._live.pop(name, None)
        if b"\x1b" in lines:
            lines = _each_line(lines, _for_terminal)
        if not self._painted:
            return prefixed(prefix, lines)
        return [self._erase(), *prefixed(prefix, lines), self._paint()]

    def partial(self, states: Mapping[str, tuple[bytes, bytes]]) -> list[Buffer]:
        """The buffers that repaint the unfinished lines, given as prefix and text by process name."""
        self._live = dict(states)
        return [self._erase(), self._paint()]

    def resize(self, columns: int, rows: int) -> list[Buffer]:
        """Take a new size. The terminal may have moved what was painted, so it is left and painted anew."""
        self.columns, self.rows = columns, rows
        end = [b"\r\n"] if self._painted else []
        self._painted = 0
        return [*end, self._paint()] if end else []

    def _erase(self) -> bytes:
        if not self._painted:
            return b""
        up = b"\x1b[%dA" % (self._painted - 1) if self._painted > 1 else b""
        return b"\r" + up + b"\x1b[J"

    def _paint(self) -> bytes:
        shown = list(self._live.values())[-max(1, self.rows - 1) :]
        self._painted = len(shown)
        return b"\r\n".join(fit(prefix + _for_terminal(text), self.columns - 1) for prefix, text in shown)


def fit(line: bytes, columns: int) -> bytes:
    """The line cut to a number of columns; colours and hyperlinks take none and are all kept."""
    out: list[bytes] = []
    for index, piece in enumerate(escapes.STILL.split(line)):
        if index % 2:  # where split() puts what it split at
            out.append(piece)
        else:
            text, columns = _cut(piece, columns)
            out.append(text)
    return b"".join(out)


def _cut(text: bytes, columns: int) -> tuple[bytes, int]:
    """As much of a text without escapes as fits, and the columns left, fewer than 0 when not all fits."""
    out: list[str] = []
    for character in text.decode(errors="surrogateescape").expandtabs(1):
        columns -= _columns(character)
        if columns < 0:
            break
        if character not in CONTROLS:
            out.append(character)
    return "".join(out).encode(errors="surrogateescape"), columns


def _columns(character: str) -> int:
    import unicodedata  # 1 ms that only a terminal with unfinished lines waits for

    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _for_terminal(line: bytes) -> bytes:
    return escapes.close_colours(escapes.keep_still(line))


def _each_line(lines: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return b"\n".join(change(line) if b"\x1b" in line else line for line in lines.split(b"\n"))
