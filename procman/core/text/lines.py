"""Whole lines out of a stream of bytes, without a Python object per line."""

from __future__ import annotations

LIMIT = 1 << 20
"""A line longer than this many bytes is passed on in pieces."""


class LineCutter:
    """Cuts the output of one process at newlines; `rest` is the line not finished yet."""

    __slots__ = ("rest",)

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """The whole lines that `data` completes, each with its newline; nothing when there is none.

        Carriage returns are resolved: of a line that was rewritten only the newest state is kept.
        """
        if self.rest:
            data = self.rest + data
        cut = data.rfind(b"\n") + 1
        if cut == len(data):
            self.rest = b""
            return resolve_returns(data)
        self.rest = data[cut:]
        if b"\r" in self.rest:
            self.rest = _without_old_states(self.rest)
        lines = resolve_returns(data[:cut]) if cut else b""
        return lines + self._pieces() if len(self.rest) > LIMIT else lines

    def finish(self) -> bytes:
        """The unterminated last line with a newline, or nothing."""
        line, self.rest = newest_state(self.rest), b""
        return line + b"\n" if line else b""

    def _pieces(self) -> bytes:
        """Leaves the end, so that the newline yet to come ends a piece and is no line of its own."""
        text = len(self.rest) - self.rest.endswith(b"\r")
        whole = (text - 1) // LIMIT * LIMIT
        pieces = [self.rest[at : at + LIMIT] + b"\n" for at in range(0, whole, LIMIT)]
        self.rest = self.rest[whole:]
        return b"".join(pieces)


def resolve_returns(lines: bytes) -> bytes:
    """CRLF to LF, and of each line that a lone carriage return rewrote the newest state."""
    if b"\r" not in lines:
        return lines
    lines = lines.replace(b"\r\n", b"\n")
    if b"\r" not in lines:
        return lines
    return b"\n".join(newest_state(line) if b"\r" in line else line for line in lines.split(b"\n"))


def newest_state(line: bytes) -> bytes:
    """What stands last in a line rewritten by carriage returns: `10%\\r20%\\r` is `20%`."""
    return line.rstrip(b"\r").rpartition(b"\r")[2]


def _without_old_states(rest: bytes) -> bytes:
    """Keeps a trailing `\\r`, which may be the first half of a CRLF."""
    state = newest_state(rest)
    return state + b"\r" if rest.endswith(b"\r") else state
