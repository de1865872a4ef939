"""What a line may do to the terminal it is shown on: have colours and links, which end with it.

A line is shown on its own: it steers nothing beyond its end, not even when a sequence in it never ended.
"""

from __future__ import annotations

import re

from procman.core.text.columns import ASIDE, settle
from procman.core.text.sequences import BEGUN, EIGHT_BIT, MOVING, SGR, seven_bit
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

RESET = b"\x1b[0m"
UNLINK = b"\x1b]8;;\x1b\\"
STRING_END = b"\x1b\\"
RESETTING = re.compile(rb"(?!.*[345]8)(?:.*;)?0*")
"""Parameters that end in a reset; in `38;5;0` the 0 is a colour, so those with one never count."""
LINKS = re.compile(rb"\x1b\]8;[^\x07\x1b\n;]*;([^\x07\x1b\n]*)(?:\x07|\x1b\\)")
NO_COLOUR = re.compile(rb"\x1b(?!\[[0-9;:]*m)")
LAST = re.compile(rb"\x1b\[(?!0?m)([0-9;:]*)m[^\x1b\n]*\n")
"""From the last colour of a line on, unless that is the usual reset."""
CONTROLS = bytes([*range(1, 7), 8, *range(11, 27), *range(28, 32), 127])
"""What a terminal obeys besides newline, tab, bell and escape: line feeds of other kinds, character sets."""


def all_for_terminal(lines: bytes) -> bytes:
    """Whole lines, each as `for_terminal` has it."""
    if not _calm(lines):
        return _each(lines, for_terminal)
    return _closed(lines.translate(None, CONTROLS))


def all_for_pipe(lines: bytes) -> bytes:
    """Whole lines, each as `for_pipe` has it."""
    return _closed(lines) if _calm(lines) else _each(lines, for_pipe)


def for_terminal(line: bytes) -> bytes:
    """The line with nothing that steers a terminal but colours and links."""
    line = keep_still(settle(seven_bit(line)))
    return close(line.translate(None, CONTROLS))


def for_pipe(line: bytes) -> bytes:
    """The line as it came, but for what would steer the terminal of who reads it there."""
    return close(flat(line))


def flat(line: bytes) -> bytes:
    """What `for_pipe` leaves of a line that is not finished."""
    if EIGHT_BIT.search(line):
        line = keep_still(seven_bit(line))
    return settle(line) if ASIDE.search(line) else line


def close(line: bytes) -> bytes:
    """The line, with an end for what it left open: a sequence, a link, a colour."""
    if b"\x1b" not in line:
        return line
    if BEGUN.fullmatch(line, line.rfind(b"\x1b")):
        line += STRING_END
    links = LINKS.findall(line)
    if links and links[-1]:
        line += UNLINK
    codes = SGR.findall(line)
    return line + RESET if codes and not RESETTING.fullmatch(codes[-1]) else line


def _each(lines: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return b"\n".join(map(change, lines.split(b"\n")))


def _calm(lines: bytes) -> bool:
    """Whether there is nothing but text and colours. A search for one byte is the fastest there is."""
    if b"\b" in lines or (b"\xc2" in lines and EIGHT_BIT.search(lines)):
        return False
    return b"\x1b" not in lines or not NO_COLOUR.search(lines)


def _closed(lines: bytes) -> bytes:
    """Text and colours, each line with an end for the colour that it left open."""
    return LAST.sub(_ended, lines) if b"\x1b" in lines else lines


def _ended(end: re.Match[bytes]) -> bytes:
    return end[0] if RESETTING.fullmatch(end[1]) else end[0][:-1] + RESET + b"\n"


def keep_still(line: bytes) -> bytes:
    """The line without what would move the cursor, erase or change modes of the terminal."""
    return MOVING.sub(b"", line)
