"""What a line may do to the terminal it is shown on: have colours and links, which end with it.

A line is shown on its own: it steers nothing beyond its end, not even when a sequence in it never ended.
"""

from __future__ import annotations

import re

from procman.core.text.columns import ASIDE, settle
from procman.core.text.sequences import BEGUN, EIGHT_BIT, MOVING, SGR, seven_bit

RESET = b"\x1b[0m"
UNLINK = b"\x1b]8;;\x1b\\"
STRING_END = b"\x1b\\"
RESETTING = re.compile(rb"(?!.*[345]8)(?:.*;)?0*")
"""Parameters that end in a reset; in `38;5;0` the 0 is a colour, so those with one never count."""
LINKS = re.compile(rb"\x1b\]8;[^\x07\x1b\n;]*;([^\x07\x1b\n]*)(?:\x07|\x1b\\)")
CONTROLS = bytes([*range(1, 7), 8, *range(11, 27), *range(28, 32), 127])
"""What a terminal obeys besides newline, tab, bell and escape: line feeds of other kinds, character sets."""


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


def keep_still(line: bytes) -> bytes:
    """The line without what would move the cursor, erase or change modes of the terminal."""
    return MOVING.sub(b"", line)
