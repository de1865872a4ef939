"""Tables for people, as wide as the terminal; as wide as they need to be in a pipe."""

from __future__ import annotations

import sys
from io import StringIO
from typing import TYPE_CHECKING

from procman.cli import answers
from procman.core.text.visible import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import JustifyMethod
    from rich.text import Text

UNBOUNDED = 10_000
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


def show(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print a table; the columns numbered in `right` hold numbers."""
    from rich.console import Console  # 30 ms that only tables wait for
    from rich.table import Table

    terminal = sys.stdout.isatty()
    buffer = StringIO()
    screen = Console()
    console = Console(
        file=buffer,
        force_terminal=terminal,
        color_system=screen.color_system,  # type: ignore[arg-type]  # a name that rich gave itself
        width=screen.width if terminal else UNBOUNDED,
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


def _cell(text: str) -> Text:
    from rich.text import Text

    return Text(printable(text), style=COLOURS.get(text.partition(" (")[0], ""))
