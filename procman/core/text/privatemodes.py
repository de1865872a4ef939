"""What a program has switched in a terminal, so that it can be switched back when somebody leaves.

Private modes (DECSET and DECRST in xterm's ctlseqs): the other screen, a hidden cursor, the mouse,
bracketed paste. Colours are not counted: one reset ends them all.
"""

from __future__ import annotations

import re

SWITCH = re.compile(rb"\x1b\[\?([0-9;]{1,60})([hl])")
LONGEST = 64
"""Bytes of a sequence that may be cut in two by a read."""
ON_AT_FIRST = (7, 25)
"""Lines wrap, the cursor can be seen."""
RESET_COLOURS = b"\x1b[0m"


class PrivateModes:
    """Fed with all that a terminal is shown."""

    def __init__(self) -> None:
        self._switched: dict[int, bool] = {}
        self._tail = b""

    def feed(self, data: bytes) -> None:
        """The terminal is shown this."""
        data = self._tail + data
        for found in SWITCH.finditer(data):
            for number in found[1].split(b";"):
                if number:
                    self._note(int(number), on=found[2] == b"h")
        begun = data.rfind(b"\x1b", -LONGEST)
        self._tail = data[begun:] if begun >= 0 and not SWITCH.match(data, begun) else b""

    def _note(self, number: int, on: bool) -> None:
        self._switched.pop(number, None)
        if on != (number in ON_AT_FIRST):
            self._switched[number] = on

    @property
    def undo(self) -> bytes:
        """What switches all back, the newest first."""
        found = [b"\x1b[?%d%c" % (number, b"l" if on else b"h") for number, on in self._switched.items()]
        return b"".join(reversed(found)) + RESET_COLOURS
