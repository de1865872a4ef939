"""One row of what a process writes, and what the log has of it."""

from __future__ import annotations

from procman.core.text import limits
from procman.core.text.columns import SIDEWAYS, compact, width
from procman.core.text.sequences import visible


class Row:
    """One row. `text` is None when it was written before anybody looked."""

    __slots__ = ("redrawn", "shown", "text")

    def __init__(self, text: bytes | None = b"") -> None:
        self.text = text
        self.shown: bytes | None = None
        """What the log has of it."""
        self.redrawn = False
        """Whether something was erased or overwritten: then an empty row is no line."""

    @property
    def blank(self) -> bool:
        """Whether it is an empty line that the log has not."""
        return self.text == b"" and self.shown is None and not self.redrawn

    @property
    def news(self) -> bool:
        """Whether it has something to be seen that the log has not."""
        return self.text is not None and self.text != self.shown and visible(self.text)

    @property
    def skipped(self) -> bool:
        """Whether it is no line for the log: unknown, known already, or erased."""
        return self.text in (None, self.shown) or (self.redrawn and not visible(self.text or b""))

    def replace(self, text: bytes) -> None:
        """Write over what stands there."""
        self.redrawn |= self.text is None or visible(self.text)
        self.text = text

    def append(self, text: bytes) -> list[bytes]:
        """Write behind what stands there; the pieces of it that are final, since a line has a limit."""
        text = (self.text or b"") + text
        if len(text) > limits.WINDING and SIDEWAYS.search(text):
            text = compact(text)
        ends = range(limits.LINE, len(text), limits.LINE)
        self.text = text[ends[-1] :] if ends else text
        return [text[end - limits.LINE : end] for end in ends]

    def folds(self, columns: int) -> int:
        """How often it goes on in the next row of a window of so many columns."""
        text = self.text or b""
        return (width(text) - 1) // columns if len(text) > columns else 0
