r"""The log for a machine: one JSON object (RFC 8259) a line, all of them in UTF-8, whatever was written.

    {"time":"2026-03-01T09:30:00.123456Z","process":"web.1","pid":7,"stream":"child","text":"ready"}

Bytes that are not UTF-8 are U+FFFD there. No control character is left raw, nor what some readers take
for the end of a line (U+0085, U+2028), so every line is one object for every reader, and on a terminal too.
"""

from __future__ import annotations

import re

from procman.core.text.prefix import prefixed
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.text.prefix import Buffer

CHILD, PROCMAN = "child", "procman"
END = b'"}\n'
CONTROLS = bytes([*range(10), *range(11, 32), 127])
RAW = rb"[\0-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]"
USUAL = ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\t", b"\\t"), (b"\x1b", b"\\u001b"))
"""Replaced without a look at each: the backslash first, which the others bring in."""


def head(time: str, process: str | None, pid: int | None, stream: str) -> bytes:
    """What stands in an object before its text. `time` is RFC 3339; `process` and `pid` may be unknown."""
    name = "null" if process is None else f'"{process}"'
    number = "null" if pid is None else str(pid)
    return f'{{"time":"{time}","process":{name},"pid":{number},"stream":"{stream}","text":"'.encode()


def escaped(lines: bytes) -> bytes:
    """The lines, each as the inside of a JSON string."""
    if not lines.isascii():
        lines = _valid(lines)
    for sign, escape in USUAL:
        if sign in lines:
            lines = lines.replace(sign, escape)
    if len(lines.translate(None, CONTROLS)) < len(lines) or b"\xc2" in lines or b"\xe2\x80" in lines:
        lines = re.sub(RAW, _escape, lines)
    return lines


class JsonScreen:
    """Whole lines only: what is unfinished comes when its newline does, or its process ends."""

    only_calm = True

    def lines(self, name: str, prefix: bytes, lines: bytes) -> list[Buffer]:
        """The objects of whole lines; `prefix` is their `head`."""
        return prefixed(prefix, escaped(lines), END)

    def partial(self, states: Mapping[str, tuple[bytes, bytes]]) -> list[Buffer]:
        """Nothing."""
        return []

    def go_below(self) -> list[Buffer]:
        """Nothing: keys that a terminal shows are between lines already, or not for machines."""
        return []


def _valid(lines: bytes) -> bytes:
    try:
        lines.decode()
    except UnicodeDecodeError:
        return lines.decode(errors="replace").encode()
    return lines


def _escape(match: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(match[0].decode())
