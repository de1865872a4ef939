"""A row of small bars for numbers that change: the newest on the right."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BARS = "▁▂▃▄▅▆▇█"
LEAST_TOP = 10.0
"""The highest bar stands for no less, so that hardly anything does not look like much."""


def spark(values: Iterable[float], width: int) -> str:
    """The last so many values, 0 and more, as bars; the largest of them is the highest bar."""
    shown = [*values][-width:] if width else []
    top = max([LEAST_TOP, *shown])
    return "".join(BARS[min(int(value / top * len(BARS)), len(BARS) - 1)] for value in shown)
