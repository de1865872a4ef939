"""The log in a pipe or a file."""

from __future__ import annotations

from procman.core.text.prefix import prefixed
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.text.prefix import Buffer

ROOM_FOR_PROMPT = 4096
"""A longer unfinished line is no prompt and need not be shown before it ends."""


class PlainScreen:
    """A pipe or a file: bytes as they came, and at most one unfinished line, at the end.

    When another process writes behind an unfinished line, that line is ended. It is not shown again
    before it is complete: then it comes whole.
    """

    only_calm = True

    def __init__(self) -> None:
        self._open = ""
        self._shown: dict[str, bytes] = {}
        """What was shown of unfinished lines, also of those that were interrupted."""

    def lines(self, name: str, prefix: bytes, lines: bytes) -> list[Buffer]:
        """The buffers that show whole lines of a process."""
        if b"\x1b" in lines or b"\xc2" in lines:
            from procman.core.text.escapes import all_for_pipe  # 2 ms, for those who use escapes

            lines = all_for_pipe(lines)
        if name not in self._shown:
            return self._interrupt() + prefixed(prefix, lines)
        out = self._resume(name, prefix, self._shown[name], lines)
        del self._shown[name]
        return out

    def partial(self, states: Mapping[str, tuple[bytes, bytes]]) -> list[Buffer]:
        """The buffers that show unfinished lines, given as prefix and text by process name."""
        out: list[Buffer] = []
        for name, (prefix, text) in states.items():
            interrupted = name in self._shown and name != self._open
            if 0 < len(text) <= ROOM_FOR_PROMPT and not interrupted:
                out += self._grow(name, prefix, _own(text, finished=False))
        return out

    def go_below(self) -> list[Buffer]:
        """Nothing: a pipe or a file shows no keys."""
        return []

    def _grow(self, name: str, prefix: bytes, text: bytes) -> list[Buffer]:
        shown = self._shown.get(name, b"")
        if shown == text or not text.startswith(shown):
            return []
        self._shown[name] = text
        if self._open == name:
            return [text[len(shown) :]]
        interruption = self._interrupt()
        self._open = name
        return [*interruption, prefix, text]

    def _resume(self, name: str, prefix: bytes, shown: bytes, lines: bytes) -> list[Buffer]:
        if self._open != name:
            lines = lines.removeprefix(_own(shown) + b"\n")
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
        return [_own(shown)[len(shown) :] + b"\n"]


def _own(line: bytes, finished: bool = True) -> bytes:
    """The line, so that it steers nothing but itself."""
    if b"\x1b" not in line and b"\xc2" not in line:
        return line
    from procman.core.text.escapes import flat, for_pipe

    return for_pipe(line) if finished else flat(line)
