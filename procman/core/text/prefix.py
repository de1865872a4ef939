"""What stands in front of a line: the time and the name, in the colour of its type.

A screen gives lists of buffers for one `writev`: the prefix, then the batch in which one `replace` put
the prefix behind every newline. No line is touched by itself unless it steers.
"""

from __future__ import annotations

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Buffer = bytes | memoryview

FOREMAN_COLOURS = (36, 33, 32, 35, 31, 34, 96, 93, 92, 95, 91, 94)
"""Cyan, yellow, green, magenta, red, blue, then bright: one for each type, in turn."""
SYSTEM_COLOUR = 97
SYSTEM = "system"
ROOM_FOR_TIME = 60
"""Columns of a terminal from which on the time is shown."""


class Style(NamedTuple):
    """How a prefix looks. `width` in columns; `colours` are SGR numbers by type or task, none for plain.

    Names longer than `most` columns are shortened; 0 means that they may be of any length.
    """

    width: int
    timestamp: bool
    prefix: bool
    colours: Mapping[str, int]
    most: int = 0


def fitted(style: Style, columns: int) -> Style:
    """The style on a terminal: names take a third of its width at most, and a narrow one shows no time."""
    most = max(1, columns // 3)
    timestamp = style.timestamp and columns >= ROOM_FOR_TIME
    return style._replace(width=min(style.width, most), most=most, timestamp=timestamp)


def shortened(name: str, most: int) -> str:
    """`remind_o…tion.42`: the beginning and the end of a name that is longer than `most` columns."""
    if not most or len(name) <= most:
        return name
    left = most // 2
    return f"{name[:left]}…{name[len(name) - (most - 1 - left) :]}"


def prefix(style: Style, name: str, stamp: str) -> bytes:
    """`HH:MM:SS web.1    | ` in its colour, which ends before the text begins."""
    parts = [stamp] if style.timestamp else []
    if style.prefix:
        parts.append(shortened(name, style.most).ljust(style.width) + " |")
    if not parts:
        return b""
    text = (" ".join(parts) + " ").encode(errors="surrogateescape")
    colour = style.colours.get(name.rpartition(".")[0] or name)
    return text if colour is None else b"\x1b[%dm%b\x1b[0m" % (colour, text)


def colours_of(names: Iterable[str]) -> dict[str, int]:
    """SGR number by name, of types in the order of the Procfile and tasks behind them."""
    found = {name: FOREMAN_COLOURS[index % len(FOREMAN_COLOURS)] for index, name in enumerate(names)}
    return {**found, SYSTEM: SYSTEM_COLOUR}


def prefixed(prefix: bytes, lines: bytes, end: bytes = b"\n") -> list[Buffer]:
    """Whole lines, each with the prefix, and with `end` for its newline."""
    if not prefix:
        return [lines]
    body = memoryview(lines.replace(b"\n", end + prefix))
    return [prefix, body[: -len(prefix)]]
