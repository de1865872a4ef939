"""What a process writes, followed through its control sequences: which rows change, what it asks."""

from __future__ import annotations

from procman.core.text import limits, queries
from procman.core.text.queries import Place
from procman.core.text.rows import Rows
from procman.core.text.sequences import BEGUN, STILL, WHOLE
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from re import Match

    from procman.core.text.window import Window


class Redraw:
    """Takes output in any pieces. `answers` are for the process, to what it has asked its terminal.

    `begun` is a sequence whose end has yet to come.
    """

    def __init__(self, window: Window) -> None:
        self.rows = Rows(window)
        self.answers = b""
        self._window = window
        self.begun = b""

    def feed(self, data: bytes) -> bytes:
        """The lines that are finished with `data`, each with its newline."""
        data, self.begun = self.begun + data, b""
        at = 0
        while at < len(data):
            escape = data.find(b"\x1b", at)
            end = len(data) if escape < 0 else escape
            if at < end:
                self._text(data[at:end])
            at = end if escape < 0 else self._sequence(data, escape)
        return self.rows.given()

    def show(self) -> bytes:
        """What is kept back, as lines."""
        self.rows.show()
        return self.rows.given()

    def finish(self) -> bytes:
        """Nothing more comes: all that the log has not got."""
        if self.begun:
            self.rows.put(self.begun)
        self.rows.finish()
        return self.rows.given()

    def _text(self, text: bytes) -> None:
        first, *others = text.split(b"\n")
        self._states(first)
        for line in others:
            self.rows.newline()
            self._states(line)

    def _states(self, line: bytes) -> None:
        """What carriage returns separate: each state takes the place of the one before."""
        first, *others = line.split(b"\r")
        if first:
            self.rows.put(first)
        for state in others:
            self.rows.carriage_return()
            if state:
                self.rows.put(state)

    def _sequence(self, data: bytes, at: int) -> int:
        """Obey the sequence that begins here; where the next byte is."""
        if whole := WHOLE.match(data, at):
            self._obey(whole)
            return whole.end()
        if len(data) - at <= limits.LINE and BEGUN.fullmatch(data, at):
            self.begun = data[at:]
            return len(data)
        self.rows.put(b"\x1b")  # it begins nothing
        return at + 1

    def _obey(self, sequence: Match[bytes]) -> None:
        if STILL.fullmatch(sequence[0]):
            self.rows.keep(sequence[0])
            return
        if sequence["final"]:
            self._control(sequence["final"], sequence["parameters"])
        elif sequence["short"]:
            self._short(sequence["short"])
        self._ask(sequence[0])

    def _ask(self, sequence: bytes) -> None:
        row, column = self.rows.place if sequence.endswith(b"6n") else (0, 0)
        self.answers += queries.answer(sequence, Place(row + 1, column + 1), self._window)

    def _short(self, final: bytes) -> None:
        rows = self.rows
        match final:
            case b"7":
                rows.save()
            case b"8":
                rows.restore()
            case b"M":
                rows.up(1)
            case b"D" | b"E":
                rows.newline()
            case b"c":
                rows.clear()

    def _control(self, final: bytes, parameters: bytes) -> None:
        numbers = _numbers(parameters)
        if parameters == b"?25" and final == b"l":
            self.rows.held = True  # who hides the cursor is about to draw
        elif numbers is not None and final in b"GCDa`" and len(final) == 1:
            self.rows.aside(final, max(1, numbers[0]))
        elif numbers is not None and final in b"KJ" and len(final) == 1:
            self._erase(final, numbers[0])
        elif numbers is not None:
            self._move(final, *numbers)

    def _erase(self, final: bytes, what: int) -> None:
        if final == b"K":
            self.rows.erase_line(whole=what > 0)
        elif what == 0:
            self.rows.erase_below()
        elif what > 1:
            self.rows.clear()

    def _move(self, final: bytes, first: int, second: int) -> None:
        rows = self.rows
        match final:
            case b"A" | b"F":
                rows.up(first or 1)
            case b"B" | b"E" | b"e":
                rows.down(first or 1)
            case b"d":
                rows.row(max(0, first - 1))
            case b"H" | b"f":
                rows.row(max(0, first - 1))
                rows.aside(b"G", max(1, second))
            case b"s":
                rows.save()
            case b"u":
                rows.restore()


def _numbers(parameters: bytes) -> tuple[int, int] | None:
    """The first two, 0 where there is none; None when they are no plain numbers."""
    if parameters.strip(b"0123456789;"):
        return None
    first, second, *_ = [*(int(each[:4] or 0) for each in parameters.split(b";")), 0]
    return first, second
