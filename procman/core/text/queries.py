"""What a program asks its terminal, and what is answered: a plain VT102 that knows no more than it must.

A program that gets no answer waits for seconds. Where a terminal would have to know more than procman
does (colours), it is silent; programs ask for the position or the kind too, so as not to wait then.
The forms are xterm's (ctlseqs): DSR, DA, DECRQM, XTVERSION, XTWINOPS, DECRQSS, XTGETTCAP; kitty's
keyboard protocol.
"""

from __future__ import annotations

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from procman.core.text.window import Window

CELL = 8, 16
"""Columns and rows of points that a character is said to have."""
FIXED = {
    b"\x1b[5n": b"\x1b[0n",
    b"\x1b[c": b"\x1b[?6c",
    b"\x1b[0c": b"\x1b[?6c",
    b"\x1bZ": b"\x1b[?6c",
    b"\x1b[>c": b"\x1b[>0;10;0c",
    b"\x1b[>0c": b"\x1b[>0;10;0c",
    b"\x1b[=c": b"\x1bP!|00000000\x1b\\",
    b"\x1b[=0c": b"\x1bP!|00000000\x1b\\",
    b"\x1b[>q": b"\x1bP>|procman\x1b\\",
    b"\x1b[>0q": b"\x1bP>|procman\x1b\\",
    b"\x1b[?u": b"\x1b[?0u",
    b"\x1b[?15n": b"\x1b[?13n",
    b"\x1b[11t": b"\x1b[1t",
    b"\x1b[13t": b"\x1b[3;0;0t",
    b"\x1b[16t": b"\x1b[6;%d;%dt" % (CELL[1], CELL[0]),
    b"\x1b[20t": b"\x1b]L\x1b\\",
    b"\x1b[21t": b"\x1b]l\x1b\\",
}
ENDS = frozenset(b"cnpqtuZ\\")
"""The last bytes of all that is a question."""


class Place(NamedTuple):
    """Where the cursor is, from 1."""

    row: int
    column: int


def answer(sequence: bytes, place: Place, window: Window) -> bytes:
    """What a terminal answers to a whole sequence; nothing when it is no question."""
    if sequence[-1] not in ENDS:
        return b""
    if found := FIXED.get(sequence):
        return found
    row, column = min(place.row, window.rows), min(place.column, window.columns)
    measured = {
        b"\x1b[6n": b"\x1b[%d;%dR" % (row, column),
        b"\x1b[?6n": b"\x1b[?%d;%dR" % (row, column),
        b"\x1b[14t": b"\x1b[4;%d;%dt" % (window.rows * CELL[1], window.columns * CELL[0]),
        b"\x1b[18t": b"\x1b[8;%d;%dt" % (window.rows, window.columns),
        b"\x1b[19t": b"\x1b[9;%d;%dt" % (window.rows, window.columns),
    }
    return measured.get(sequence) or _refusal(sequence)


def _refusal(sequence: bytes) -> bytes:
    """The answer that says `not known here`, where there is such an answer."""
    if sequence.startswith(b"\x1b[") and sequence.endswith(b"$p"):
        return b"\x1b[%b;0$y" % sequence[2:-2]
    if sequence.startswith(b"\x1bP+q"):
        return b"\x1bP0+r\x1b\\"
    if sequence.startswith(b"\x1bP$q"):
        return b"\x1bP0$r\x1b\\"
    return b""
