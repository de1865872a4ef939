"""The rows that a process may still change: a terminal's last rows, as far as a log needs them.

A log cannot take back a line. So while a process draws over its rows (progress bars, lists of what runs)
they are held here, and the log gets what has become of them: a line that was rewritten in its newest
state, a block that was redrawn when somebody asks for it.

Rows are taken as wholes: what is written at the beginning of a row takes the place of all that stood
there, and erasing to the end of the line from there erases the line.
"""

from __future__ import annotations

from procman.core.text import limits
from procman.core.text.columns import SIDEWAYS, cursor
from procman.core.text.row import Row
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.core.text.window import Window


class Rows:
    """Rows and a cursor."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._out: list[bytes] = []
        self._forget()

    def _forget(self) -> None:
        self.held = False
        """Whether rows are kept back, since they are likely to be drawn over."""
        self._saved: tuple[Row, int] | None = None
        self._rows = [Row()]
        self._at = 0
        self._fold = 0
        self._cut: int | None = None
        self._colours = b""
        self._home = self._cleared = False

    @property
    def idle(self) -> bool:
        """Whether all there is to know is the unfinished line."""
        row = self._row
        restless = self.held or self._colours or self._home or self._cleared or self._saved
        return len(self._rows) == 1 and not (restless or row.redrawn or row.shown is not None)

    @property
    def waiting(self) -> bool:
        """Whether blank lines are kept back, which may be there only to empty the window."""
        at_bottom = self._row is self._rows[-1]
        return at_bottom and not self.held and any(row.blank for row in self._rows[:-1])

    @property
    def redrawn(self) -> bool:
        """Whether a block has changed since the log has got it."""
        return self.held and len(self._rows) > 1 and any(row.news for row in self._rows)

    @property
    def rest(self) -> bytes:
        """The unfinished line if it is no part of a block, with a carriage return that came last."""
        text = self._rows[-1].text or b""
        if (self.held and len(self._rows) > 1) or text == self._rows[-1].shown:
            return b""
        return text + b"\r" if text and self._cut == 0 else text

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the cursor, from 0."""
        return self._at, cursor((self._row.text or b"")[: self._cut])

    def given(self) -> bytes:
        """The lines for the log since the last time, each with its newline."""
        lines, self._out = b"".join(self._out), []
        return lines

    def show(self) -> None:
        """Give what is kept back: the block as it is now, or the blank lines."""
        if not self.held:
            self._give_above()
            return
        self.held = False
        news = [at for at, row in enumerate(self._rows) if row.news]
        for at, row in enumerate(self._rows[: news[-1] + 1] if news else ()):
            if row.text is not None and at >= news[0]:
                self._give(row.text)
            row.shown = row.text

    def finish(self) -> None:
        """Nothing more comes: give all that the log has not."""
        self.show()
        self._give_above()
        if self._rows[-1].news:
            self._give(self._rows[-1].text or b"")

    def put(self, text: bytes) -> None:
        """Text without controls. It takes the place of what stands from the cursor on."""
        self._touch()
        if self.waiting:
            self._give_above()
        row = self._row
        if row.text is None or self._cut is not None:
            row.replace((row.text or b"")[: self._cut])
            text = self._colours + text
            self._cut, self._colours = None, b""
        self._append(text)
        self._fold = -1

    def keep(self, sequence: bytes) -> None:
        """A colour or a link: it belongs to the text that follows, and erases none."""
        if self.waiting:
            self._give_above()
        if self._cut is None:
            self._append(sequence)
        elif len(self._colours) < limits.WINDING:
            self._colours += sequence

    def newline(self) -> None:
        self._touch()
        row = self._row
        row.text = row.text + self._colours if row.text is not None else None
        self._at, self._fold = self._at + 1, 0
        if self._at == len(self._rows):
            self._rows.append(Row())
            if not (self.held or row.blank):
                self._give_above()
                self._saved = None
            elif len(self._rows) > max(2, self._window.rows * (1 if self.held else 2)):
                self._scroll()
        self.carriage_return()

    def carriage_return(self) -> None:
        self._cut, self._colours = 0, b""

    def aside(self, to: bytes, count: int) -> None:
        """Within the line: to a column (G), to the right (C) or left (D). It is settled when it is shown."""
        text = self._row.text or b""
        if (to in b"G`" and count == 1) or (to == b"D" and count >= cursor(text)):
            self.carriage_return()
        elif self._cut is None or to != b"D":
            to_the_right = self._cut == 0 and to in b"Ca"
            self._append(
                self._colours + (b"\x1b[%dG" % (count + 1) if to_the_right else b"\x1b[%d%b" % (count, to))
            )
            self._cut, self._colours = None, b""

    def up(self, count: int) -> None:
        """Long lines take several rows of the window, which are counted."""
        for _ in range(min(count, self._window.rows)):
            if self._fold < 0:
                self._fold = self._row.folds(self._window.columns)
            if self._fold:
                self._fold -= 1
            elif self._at or len(self._rows) < self._window.rows:
                self._climb()
        self.carriage_return()

    def down(self, count: int) -> None:
        self.row(min(self._at + count, len(self._rows) - 1))

    def row(self, number: int) -> None:
        """To the beginning of a row, from 0, of those in the window."""
        number = min(number, self._window.rows - 1)
        self._rows += [Row(None) for _ in range(number + 1 - len(self._rows))]
        self._home = number == 0
        self.held |= not self._cleared
        self._at, self._fold = number, 0
        self.carriage_return()

    def save(self) -> None:
        self._saved = self._row, len(self._row.text or b"") if self._cut is None else self._cut

    def restore(self) -> None:
        """Where `save` was called, if that row is still here; else home."""
        row, cut = self._saved or (None, 0)
        if row in self._rows:
            at = self._rows.index(row)
            self.held |= at != self._at
            self._at, self._fold = at, 0
            self.carriage_return()
            self._cut = cut
        else:
            self.row(0)

    def erase_line(self, whole: bool) -> None:
        """All of the line, or all behind the cursor."""
        self._touch()
        if self._cut is None and not whole:
            if SIDEWAYS.search(self._row.text or b""):
                self._append(b"\x1b[K")
            return
        if self._fold < 0:
            self._fold = self._row.folds(self._window.columns)
        if not self._fold:
            self._row.text = b"" if whole else (self._row.text or b"")[: self._cut]
            self._row.redrawn = True

    def erase_below(self) -> None:
        """All behind the cursor and below; from the upper left corner, that is all."""
        if self._home:
            self.clear()
        else:
            self.erase_line(whole=False)
            del self._rows[self._at + 1 :]

    def clear(self) -> None:
        """All of the window. What the log has not got yet it gets now, but for empty lines."""
        for row in self._rows:
            if row.news and not (row is self._rows[-1] and row.redrawn):
                self._give(row.text or b"")
        self._forget()
        self._cleared = True

    @property
    def _row(self) -> Row:
        return self._rows[self._at]

    def _append(self, text: bytes) -> None:
        for piece in self._row.append(text):
            self._give(piece)

    def _touch(self) -> None:
        self._home = self._cleared = False
        self.held |= self._at < len(self._rows) - 1

    def _climb(self) -> None:
        if self._at:
            self._at -= 1
        else:
            self._rows.insert(0, Row(None))
        self.held = True
        self._fold = self._row.folds(self._window.columns)

    def _scroll(self) -> None:
        """The uppermost row has left the window: it is final."""
        self._end(self._rows.pop(0))
        self._at -= 1

    def _give_above(self) -> None:
        """All rows but the last are final."""
        while len(self._rows) > 1:
            self._end(self._rows.pop(0))
        self._at = 0

    def _end(self, row: Row) -> None:
        if not row.skipped:
            self._give(row.text or b"")

    def _give(self, line: bytes) -> None:
        self._out.append(line + b"\n")
