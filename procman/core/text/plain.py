"""The log in a pipe or a file."""

from __future__ import annotations

from procman.core.text import escapes
from procman.core.text.prefix import each_line, prefixed
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.text.prefix import Buffer

ROOM_FOR_PROMPT = 4096
"""A longer unfinished line is no prompt and need not be shown before it ends."""


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
            lines = each_line(lines, escapes.close_colours)
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

    def go_below(self) -> list[Buffer]:
        """Nothing: a pipe or a file shows no keys."""
        return []

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
