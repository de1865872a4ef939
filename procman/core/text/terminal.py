"""The log on a terminal: whole lines, and below them the lines that are still being written."""

from __future__ import annotations

from procman.core.text.prefix import prefixed
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.text.prefix import Buffer

CONTROLS = frozenset(map(chr, [*range(32), *range(127, 160)]))
"""Bell and the like: only a finished line has its effect."""
STEERING = (*(b"%c" % code for code in (*range(1, 7), 8, *range(11, 32), 127)), b"\xc2")
"""Bytes for whose sake lines are looked at: controls, and what begins those of Unicode."""


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
        if any(byte in lines for byte in STEERING):
            from procman.core.text.escapes import all_for_terminal  # 2 ms, for those who use escapes

            lines = all_for_terminal(lines)
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
        return self.go_below() if self._painted else []

    def go_below(self) -> list[Buffer]:
        """Leave what is painted, and what the terminal has shown behind it, and paint anew below."""
        painted, self._painted = self._painted, 0
        return [b"\r\n", self._paint()] if painted else [b"\r\n"]

    def _erase(self) -> bytes:
        if not self._painted:
            return b""
        up = b"\x1b[%dA" % (self._painted - 1) if self._painted > 1 else b""
        return b"\r" + up + b"\x1b[J"

    def _paint(self) -> bytes:
        shown = list(self._live.values())[-max(1, self.rows - 1) :]
        self._painted = len(shown)
        return b"\r\n".join(fit(prefix + _still(text), self.columns - 1) for prefix, text in shown)


def fit(line: bytes, columns: int) -> bytes:
    """The line cut to a number of columns; colours and hyperlinks take none and are all kept."""
    from procman.core.text.sequences import STILL

    out: list[bytes] = []
    for index, piece in enumerate(STILL.split(line)):
        if index % 2:  # where split() puts what it split at
            out.append(piece)
        else:
            text, columns = _cut(piece, columns)
            out.append(text)
    return b"".join(out)


def _cut(text: bytes, room: int) -> tuple[bytes, int]:
    """As much of a text without escapes as fits, and the columns left, fewer than 0 when not all fits."""
    from procman.core.text.columns import columns

    out: list[str] = []
    for character in text.decode(errors="surrogateescape").expandtabs(1):
        room -= columns(character)
        if room < 0:
            break
        if character not in CONTROLS:
            out.append(character)
    return "".join(out).encode(errors="surrogateescape"), room


def _still(line: bytes) -> bytes:
    from procman.core.text.escapes import for_terminal

    return for_terminal(line)
