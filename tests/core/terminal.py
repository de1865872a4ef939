"""As much of a terminal as is needed to see what a screen shows."""

from __future__ import annotations

import re
from itertools import accumulate

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
COLUMNS = {"\N{COMBINING ACUTE ACCENT}": 0, "漢": 2, "😀": 2}
TOKENS = re.compile(
    r"\x1b\[[0-9;:]*m|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[J|\x1b\[(?P<up>[0-9]+)A|(?P<text>[^\x1b])",
    re.S,
)


def colour_on(data: bytes) -> bool:
    """Whether a colour or another attribute may still be on at the end, by ECMA-48 and ISO 8613-6."""
    on = False
    for code in SGR.findall(data):
        parameters = [parameter.lstrip(b"0") for parameter in code.split(b";")]
        while parameters:
            first = parameters.pop(0)
            on = first != b""
            if first in (b"38", b"48", b"58"):
                kind = parameters.pop(0) if parameters else b""
                del parameters[: {b"5": 1, b"2": 3}.get(kind, 0)]
    return on


def without_codes(data: bytes) -> str:
    return re.sub(r"\x1b\[[0-9;:]*m|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)", "", data.decode())


def width(text: str) -> int:
    return sum(COLUMNS.get(character, 1) for character in text)


def cut(text: str, columns: int) -> str:
    """The longest beginning of a text that takes no more than these columns."""
    ends = accumulate(map(width, text))
    return text[: sum(end <= max(0, columns) for end in ends)]


class Terminal:
    """Rows and a cursor. Understands CR, LF, `ESC[J` and `ESC[nA`; fails at any other escape."""

    def __init__(self, height: int) -> None:
        self.height = height
        self.rows = [""]
        self._at = 0
        self._column = 0

    def write(self, data: bytes) -> None:
        text = data.decode()
        at = 0
        while at < len(text):
            token = TOKENS.match(text, at)
            assert token, f"not understood: {text[at : at + 10]!r}"
            at = token.end()
            if token["text"]:
                self._put(token["text"])
            elif token["up"]:
                top = max(0, len(self.rows) - self.height)
                assert self._at - int(token["up"]) >= top, "the cursor would leave the screen"
                self._at -= int(token["up"])
            elif token[0] == "\x1b[J":
                assert self._column == 0
                self.rows[self._at :] = [""]

    def _put(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._at += 1
            self._column = 0
            if self._at == len(self.rows):
                self.rows.append("")
        else:
            assert self._column == len(self.rows[self._at]), "text is written over other text"
            self.rows[self._at] += character
            self._column += 1

    @property
    def shown(self) -> list[str]:
        """The rows down to the last that has something in it."""
        rows = list(self.rows)
        while rows and not rows[-1]:
            rows.pop()
        return rows
