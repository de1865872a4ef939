"""Escape sequences of children: colours stay in their line, nothing else moves the terminal.

The forms are those of ECMA-48: CSI `ESC [ parameters intermediates final`, OSC `ESC ] … BEL or ST`.
"""

from __future__ import annotations

import re

RESET = b"\x1b[0m"
SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
RESETTING = re.compile(rb"(?:.*[;])?0*")
MOVING = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-ln-~]"  # CSI other than SGR (final byte m): cursor, erase, modes
    rb"|\x1b\](?!8;)[^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC other than hyperlinks (8): titles
    rb"|\x1b[78c=>DEHM]"  # save and restore cursor, full reset, keypad, index
)


def close_colours(line: bytes) -> bytes:
    """The line, with a reset at its end when its last colour is still on."""
    codes = SGR.findall(line)
    return line + RESET if codes and not RESETTING.fullmatch(codes[-1]) else line


def keep_still(line: bytes) -> bytes:
    """The line without what would move the cursor, erase or change modes of the terminal."""
    return MOVING.sub(b"", line)
