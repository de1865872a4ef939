"""What stands in front of a line: the time and the name, in the colour of its type.

A screen gives lists of buffers for one `writev`: the prefix, then the batch in which one `replace` put
the prefix behind every newline. No line is touched by itself unless it has an escape.
"""

from __future__ import annotations

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Buffer = bytes | memoryview

FOREMAN_COLOURS = (36, 33, 32, 35, 31, 34, 96, 93, 92, 95, 91, 94)
"""Cyan, yellow, green, magenta, red, blue, then bright: one for each type, in turn."""
SYSTEM_COLOUR = 97
SYSTEM = "system"


class Style(NamedTuple):
    """How a prefix looks. `width` in columns; `colours` are SGR numbers by type or task, none for plain."""

    width: int
    timestamp: bool
    prefix: bool
    colours: Mapping[str, int]


def prefix(style: Style, name: str, stamp: str) -> bytes:
    """`HH:MM:SS web.1    | ` in its colour, which ends before the text begins."""
    parts = ([stamp] if style.timestamp else []) + ([name.ljust(style.width) + " |"] if style.prefix else [])
    if not parts:
        return b""
    text = (" ".join(parts) + " ").encode(errors="surrogateescape")
    colour = style.colours.get(name.rpartition(".")[0] or name)
    return text if colour is None else b"\x1b[%dm%b\x1b[0m" % (colour, text)


def colours_of(names: Iterable[str]) -> dict[str, int]:
    """SGR number by name, of types in the order of the Procfile and tasks behind them."""
    found = {name: FOREMAN_COLOURS[index % len(FOREMAN_COLOURS)] for index, name in enumerate(names)}
    return {**found, SYSTEM: SYSTEM_COLOUR}


def prefixed(prefix: bytes, lines: bytes) -> list[Buffer]:
    """Whole lines, each with the prefix."""
    if not prefix:
        return [lines]
    body = memoryview(lines.replace(b"\n", b"\n" + prefix))
    return [prefix, body[: -len(prefix)]]


def each_line(lines: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The lines, those that have an escape changed."""
    return b"\n".join(change(line) if b"\x1b" in line else line for line in lines.split(b"\n"))
