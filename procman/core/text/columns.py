"""How many columns a text takes, and what a line looks like in which a program has moved about."""

from __future__ import annotations

import re

from procman.core.text.sequences import MOVING, STILL

ERASING = b"\x1b[K"
ASIDE = re.compile(rb"\x1b\[[0-9]*[CDGa`]|\x1b\[0?K")
SIDEWAYS = re.compile(ASIDE.pattern + rb"|\x08")
PIECES = re.compile(
    rb"(?P<moved>\x1b\[(?P<count>[0-9]*)(?P<to>[CDGa`])|\x08)|(?P<erased>\x1b\[0?K)"
    rb"|(?P<still>" + STILL.pattern[1:-1] + rb")"
    rb"|(?P<text>[\xc2-\xf4][\x80-\xbf]+|.)",
    re.DOTALL,
)
MOST = 500
"""No line is made longer than this many columns by moving to the right."""


def columns(character: str) -> int:
    """How many columns one character takes."""
    import unicodedata  # 1 ms that only few wait for

    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def width(text: bytes) -> int:
    """How many columns a text takes; sequences take none."""
    if b"\x1b" in text:
        text = MOVING.sub(b"", STILL.sub(b"", text))
    if text.isascii():
        return len(text)
    return sum(map(columns, text.decode(errors="surrogateescape")))


def settle(line: bytes) -> bytes:
    """The line as it looks where a program went back and forth in it, never beyond its beginning."""
    return b"".join(_laid(line)[0]) if SIDEWAYS.search(line) else line


def cursor(line: bytes) -> int:
    """The column where the cursor is behind a line, from 0."""
    return _laid(line)[1] if SIDEWAYS.search(line) else width(line)


def compact(line: bytes) -> bytes:
    """A line that looks the same and has the cursor at the same place, as short as can be."""
    cells, at = _laid(line)
    return b"".join(cells) + (b"\x1b[%dG" % (at + 1) if at < len(cells) else b"")


def _laid(line: bytes) -> tuple[list[bytes], int]:
    """What stands in each column, the colours that begin there before it; where the cursor is."""
    cells: list[bytes] = []
    at, colours = 0, b""
    for piece in PIECES.finditer(line):
        if piece["moved"]:
            at = _moved(at, piece["to"], min(int(piece["count"] or 1), MOST))
        elif piece["erased"]:
            del cells[at:]
        elif piece["still"]:
            colours += piece["still"]
        else:
            cells += [b" "] * (at - len(cells))
            wide = width(piece["text"])
            cells[at : at + max(1, wide)] = [colours + piece["text"], *[b""] * (wide - 1)]
            at, colours = at + wide, b""
    return (cells if not colours else [*cells, colours]), at


def _moved(at: int, to: bytes | None, count: int) -> int:
    if to in (b"G", b"`"):
        return max(0, count - 1)
    step = max(1, count) if to else 1
    return min(at + step, MOST) if to in (b"C", b"a") else max(0, at - step)
