"""Escape sequences of children: colours stay in their line, nothing else moves the terminal.

The forms are those of ECMA-48: CSI `ESC [ parameters intermediates final`, OSC `ESC ] … BEL or ST`.
"""

from __future__ import annotations

import re

RESET = b"\x1b[0m"
SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
RESETTING = re.compile(rb"(?!.*[345]8)(?:.*;)?0*")
"""Parameters that end in a reset; in `38;5;0` the 0 is a colour, so those with one never count."""
STILL = re.compile(rb"(\x1b\[[0-9;:]*m|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\))")
"""What a line may keep: SGR and hyperlinks (OSC 8). They take no columns."""
MOVING = re.compile(
    rb"\x1b\[(?![0-9;:]*m)[0-?]*[ -/]*[@-~]?"  # CSI other than SGR: cursor, erase, modes
    rb"|\x1b\](?!8;[^\x07\x1b]*(?:\x07|\x1b\\))[^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC other than links: titles
    rb"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC: images, answers of the terminal
    rb"|\x1b(?![\[\]\\])[ -/]*[0-~]?"  # the rest: full reset, saved cursor, character sets, keypad
)
"""Unfinished ones too, which would take the beginning of the next line for their end."""


def close_colours(line: bytes) -> bytes:
    """The line, with a reset at its end when its last colour is still on."""
    codes = SGR.findall(line)
    return line + RESET if codes and not RESETTING.fullmatch(codes[-1]) else line


def keep_still(line: bytes) -> bytes:
    """The line without what would move the cursor, erase or change modes of the terminal."""
    return MOVING.sub(b"", line)
