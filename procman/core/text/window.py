"""The size of a terminal."""

from __future__ import annotations


class Window:
    """The terminal that children see, in characters. It changes size with the one procman is on."""

    __slots__ = ("columns", "rows")

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.columns, self.rows = columns, rows
