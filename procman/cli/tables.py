"""Tables for people, as wide as the terminal; as wide as they need to be in a pipe."""

from __future__ import annotations

import os
import sys
from io import StringIO
from typing import TYPE_CHECKING

from procman.cli import answers
from procman.core.text.columns import columns
from procman.core.text.visible import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import JustifyMethod
    from rich.text import Text

UNBOUNDED = 10_000
MOST_LAID_OUT = 1000
WHOLE = ("task", "process", "variable")
NAMES = 0.4
"""Names in such columns are not broken while they leave so much of the width to the other columns."""
COLOURS = {
    "ok": "green",
    "failed": "red",
    "timed out": "red",
    "lost": "red",
    "missed": "yellow",
    "skipped": "yellow",
    "stopped": "yellow",
    "running": "cyan",
}


def show_some(
    kept: Sequence[int], headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]
) -> None:
    """Print these columns of a table: where there is no room for all, a broken number is none."""
    chosen = [[row[number] for number in kept] for row in (headings, *rows)]
    show(chosen[0], chosen[1:], [at for at, number in enumerate(kept) if number in right])


def room(otherwise: int) -> int:
    """The columns of the screen; `otherwise` where it is none."""
    return os.get_terminal_size().columns if sys.stdout.isatty() else otherwise


def show(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print a table; the columns numbered in `right` hold numbers.

    More rows than anybody reads on a screen are laid out as in a pipe: a thousand times as fast.
    """
    terminal = sys.stdout.isatty() or "FORCE_COLOR" in os.environ
    if not terminal or len(rows) > MOST_LAID_OUT:
        _show_lines(headings, rows, right)
    else:
        _show_laid_out(headings, rows, right)


def _show_laid_out(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    """As wide as the screen, in colours."""
    from rich.console import Console  # 30 ms that only tables wait for
    from rich.table import Table

    buffer = StringIO()
    screen = Console()
    console = Console(
        file=buffer,
        force_terminal=True,
        color_system=screen.color_system,  # type: ignore[arg-type]  # a name that rich gave itself
        width=screen.width if sys.stdout.isatty() else UNBOUNDED,
        highlight=False,
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    for number, heading in enumerate(headings):
        whole = (
            heading in WHOLE and max((len(row[number]) for row in rows), default=0) <= console.width * NAMES
        )
        justify: JustifyMethod = "right" if number in right else "left"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=whole)
    for row in rows:
        table.add_row(*map(_cell, row))
    console.print(table)
    answers.write("\n".join(line.rstrip() for line in buffer.getvalue().splitlines()))


def _show_lines(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> None:
    """Each row on a line, however long."""
    table = [[*map(printable, row)] for row in (headings, *rows)]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [
            " " * (width - _width(cell)) + cell if number in right else cell + " " * (width - _width(cell))
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        answers.write("  ".join(cells).rstrip())


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(map(columns, text))


def _cell(text: str) -> Text:
    from rich.text import Text

    return Text(printable(text), style=COLOURS.get(text.partition(" (")[0], ""))
