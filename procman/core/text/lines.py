"""Whole lines out of a stream of bytes, without a Python object per line."""

from __future__ import annotations

from procman.core.text import limits
from procman.core.text.window import Window
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.core.text.redraw import Redraw


class LineCutter:
    """Cuts the output of one process at newlines; `rest` is the line not finished yet.

    Where the process moves the cursor or goes back to the beginning of its line, `Redraw` follows it,
    for as long as that takes. `answers` are for the process, to what it has asked its terminal.
    `_begun` is a sequence, behind `rest`, whose end has yet to come.
    """

    __slots__ = ("_begun", "_blank", "_redraw", "_window", "answers", "rest")

    def __init__(self, window: Window | None = None) -> None:
        self.rest = b""
        self.answers = b""
        self._window = window or Window()
        self._begun = b""
        self._blank = b""
        self._redraw: Redraw | None = None

    @property
    def unsettled(self) -> bool:
        """Whether `rest` may have changed without a line being finished, or something is kept back."""
        return self._redraw is not None or bool(self._blank or self.rest or self._begun)

    @property
    def waiting(self) -> bool:
        """Whether blank lines are kept back: they may be there only to empty the window."""
        return bool(self._blank) or (self._redraw is not None and self._redraw.rows.waiting)

    @property
    def redrawn(self) -> bool:
        """Whether a block of lines was redrawn and is kept back."""
        return self._redraw is not None and self._redraw.rows.redrawn

    @property
    def state(self) -> bytes:
        """What the unfinished line shows; nothing when nothing of it can be seen."""
        return self.rest.rstrip(b"\r") if self.rest.strip() and _visible(self.rest) else b""

    def feed(self, data: bytes) -> bytes:
        """The whole lines that `data` completes, each with its newline; nothing when there is none.

        Of a line that was rewritten only the newest state is kept.
        """
        if self._redraw:
            return self._follow(data)
        steered = False
        if self._begun or b"\x1b" in data:
            data, self._begun, steered = _looked_through(self._begun + data, self.rest)
        if self._blank or self.rest:
            data = self._blank + self.rest + data
            self._blank = b""
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
            steered = steered or _returns(data)
        if steered:
            data, self._begun = data + self._begun, b""
            return self._begin_to_follow(data)
        cut = data.rfind(b"\n") + 1
        lines, self.rest = data[:cut], data[cut:]
        if not self.rest:
            return self._without_blank_end(lines)
        return lines + self._pieces() if len(self.rest) > min(limits.LINE, limits.WINDING) else lines

    def show(self) -> bytes:
        """What is kept back, as lines."""
        if self._redraw:
            lines = self._redraw.show()
            self._settle(self._redraw)
            return lines
        lines, self._blank = self._blank, b""
        return lines

    def finish(self) -> bytes:
        """All that is left, the unterminated last line with a newline, or nothing."""
        if self._redraw:
            lines, self._redraw, self.rest = self._redraw.finish(), None, b""
            return lines
        line, self.rest, self._begun = self.rest.rstrip(b"\r") + self._begun, b"", b""
        return self.show() + (line + b"\n" if line else b"")

    def _begin_to_follow(self, data: bytes) -> bytes:
        """The lines before the first that needs it pass as they are, but for blank ones at their end."""
        from procman.core.text.redraw import Redraw  # only for those who draw
        from procman.core.text.sequences import STEERING

        found = STEERING.search(data)
        first = min(at for at in (found.start() if found else -1, data.find(b"\r"), len(data)) if at >= 0)
        plain = data[: data.rfind(b"\n", 0, first) + 1].rstrip(b"\n")
        self.rest = b""
        self._redraw = Redraw(self._window)
        return (plain + b"\n" if plain else b"") + self._follow(data[len(plain) + bool(plain) :])

    def _follow(self, data: bytes) -> bytes:
        assert self._redraw
        lines = self._redraw.feed(data)
        self._settle(self._redraw)
        return lines

    def _settle(self, redraw: Redraw) -> None:
        self.rest = redraw.rows.rest
        self.answers += redraw.answers
        redraw.answers = b""
        if redraw.rows.idle:
            self._begun, self._redraw = redraw.begun, None

    def _without_blank_end(self, lines: bytes) -> bytes:
        """Keeps blank lines back: if the window is cleared next they were no lines."""
        if not lines.endswith(b"\n\n") and lines != b"\n":
            return lines
        text = lines.rstrip(b"\n")
        end = len(text) + bool(text)
        end = max(end, len(lines) - 2 * self._window.rows)
        self._blank = lines[end:]
        return lines[:end]

    def _pieces(self) -> bytes:
        """Leaves the end, so that the newline yet to come ends a piece and is no line of its own."""
        if b"\b" in self.rest and not self.rest.endswith(b"\r"):
            from procman.core.text.columns import compact  # only for spinners

            self.rest = compact(self.rest)
        text = len(self.rest) - self.rest.endswith(b"\r")
        whole = (text - 1) // limits.LINE * limits.LINE
        pieces = [self.rest[at : at + limits.LINE] + b"\n" for at in range(0, whole, limits.LINE)]
        self.rest = self.rest[whole:]
        return b"".join(pieces)


def _returns(data: bytes) -> bool:
    """Whether a carriage return is more than the first half of a CRLF, at the end of some text."""
    return -1 < data.find(b"\r") < len(data) - 1 or data[-2:] in (b"\r", b"\n\r")


def final_lines(output: bytes) -> bytes:
    """All that a process wrote, in the state it has left it in: whole lines, and the last as it was."""
    cutter = LineCutter()
    lines = cutter.feed(output)
    lines += cutter.finish()
    return lines if output.endswith(b"\n") else lines.removesuffix(b"\n")


def _looked_through(data: bytes, before: bytes) -> tuple[bytes, bytes, bool]:
    """What follows an unfinished line: without a sequence at its end that is not whole yet, that sequence,
    and whether there is one that steers.

    grep and compilers erase the rest of the line behind each colour. Where nothing is there, that is nothing.
    """
    from procman.core.text.columns import ERASING, SIDEWAYS  # 2 ms, for those who use escapes
    from procman.core.text.sequences import STEERING

    steering = STEERING.search(data)
    if steering and not (b"\r" in data or b"\b" in data or before.endswith(b"\r") or SIDEWAYS.search(before)):
        bare = data.replace(ERASING, b"")
        calm = STEERING.search(bare)
        if not calm or _is_begun(bare, calm.start()):
            data, steering = bare, calm
    if not steering:
        return data, b"", False
    at = steering.start()
    return (data[:at], data[at:], False) if _is_begun(data, at) else (data, b"", True)


def _is_begun(data: bytes, at: int) -> bool:
    """Whether what begins there may become a whole sequence."""
    from procman.core.text.sequences import BEGUN

    return len(data) - at <= limits.LINE and BEGUN.fullmatch(data, at) is not None


def _visible(line: bytes) -> bool:
    if b"\x1b" not in line:
        return True
    from procman.core.text.sequences import visible

    return visible(line)
