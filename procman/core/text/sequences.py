"""The grammar of control sequences (ECMA-48): `ESC [ … letter`, `ESC ] … BEL or ST`, `ESC letter`.

A sequence never leaves its line: a string that has no end before the newline is none.
"""

from __future__ import annotations

import re

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
LINK = rb"\x1b\]8;[^\x07\x1b\n]*(?:\x07|\x1b\\)"
STILL = re.compile(rb"(\x1b\[[0-9;:]*m|" + LINK + rb")")
"""What a line may keep: SGR and hyperlinks (OSC 8). They take no columns."""
STEERING = re.compile(rb"\x1b(?!\[[0-9;:]*m|\\|" + LINK[4:] + rb")")
"""Where a sequence begins that a line may not keep, or one that is not whole; `ESC \\` ends a link."""
WHOLE = re.compile(
    rb"\x1b(?:\[(?P<parameters>[0-?]*)(?P<final>[ -/]*[@-~])"  # CSI
    rb"|\][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # OSC
    rb"|[PX^_][^\x1b\n]*\x1b\\"  # DCS, SOS, PM, APC
    rb"|(?P<short>[ -/]*[0-OQ-WYZ\\`-~]))"
)
BEGUN = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b\n]*\x1b?|[PX^_][^\x1b\n]*\x1b?|[ -/]*)")
"""What may become whole with the next read."""
MOVING = re.compile(
    rb"\x1b\[(?![0-9;:]*m)[0-?]*[ -/]*[@-~]?"  # CSI other than SGR: cursor, erase, modes
    rb"|(?!" + LINK + rb")\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # OSC other than links: titles
    rb"|\x1b[PX^_][^\x1b\n]*(?:\x1b\\)?"  # DCS, SOS, PM, APC: images, answers of the terminal
    rb"|\x1b(?![\[\]\\])[ -/]*[0-~]?"  # the rest: full reset, saved cursor, character sets, keypad
)
"""What a line may not keep. Unfinished ones too, which would take the next line for their end."""
EIGHT_BIT = re.compile(rb"\xc2([\x80-\x9f])")
"""The controls that Unicode has as characters, U+0080 to U+009F, in UTF-8: U+009B is `ESC [`."""


def visible(line: bytes) -> bool:
    """Whether there is more in a line than blanks and whole sequences."""
    return bool((WHOLE.sub(b"", line) if b"\x1b" in line else line).strip())


def seven_bit(line: bytes) -> bytes:
    """The line with 8-bit controls written as `ESC` and a letter."""
    if b"\xc2" not in line:
        return line
    return EIGHT_BIT.sub(lambda control: b"\x1b%c" % (control[1][0] - 0x40), line)
