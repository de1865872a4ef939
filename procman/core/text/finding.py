"""A text or pattern in what a process writes: `Listening on`, or `/port [0-9]+/`."""

from __future__ import annotations

import re

from procman.core.text.sequences import WHOLE

MOST = 1 << 16
"""Bytes of a line that are looked at again when more of it has come."""


def pattern(text: str) -> re.Pattern[bytes]:
    """What is looked for in a line. Raises `re.error` for what is no pattern between its slashes."""
    is_pattern = len(text) > 2 and text[0] == text[-1] == "/"
    return re.compile(text[1:-1].encode() if is_pattern else re.escape(text.encode()))


class Finder:
    """Gets output as it is read; colours and the like do not count, nor where a read ends."""

    def __init__(self, text: str) -> None:
        self._pattern = pattern(text)
        self._rest = b""

    def feed(self, data: bytes) -> bool:
        """Whether it is there, in a line that may still grow."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines[-1][-MOST:]
        return any(self._pattern.search(WHOLE.sub(b"", line)) for line in lines)
