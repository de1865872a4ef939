"""What stands in front of each line for people: made once a second, and not for each line."""

from __future__ import annotations

import time

from procman.core.text.prefix import SYSTEM, Style, prefix
from procman.core.text.visible import printable
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container

FILE_TIME = "%Y-%m-%d %H:%M:%S"


class Prefixes:
    """Time and name, for people. `style` may change at any time."""

    def __init__(self, style: Style, stamp: Callable[[], str]) -> None:
        self._style = style
        self._stamp = stamp
        self._made: dict[str, bytes] = {}
        self._made_for = ""

    @property
    def style(self) -> Style:
        """How they look."""
        return self._style

    @style.setter
    def style(self, style: Style) -> None:
        self._style = style
        self._made.clear()

    @property
    def width(self) -> int:
        """Columns that they take."""
        style = self._style._replace(colours={})
        return len(prefix(style, "", self._stamp()).decode(errors="surrogateescape"))

    def of(self, name: str) -> bytes:
        """In front of what a process writes now."""
        stamp = self._stamp()
        if stamp != self._made_for:
            self._made_for = stamp
            self._made.clear()
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = prefix(self._style, name, stamp)
        return found

    def about(self, words: object) -> bytes:
        """In front of procman's own words."""
        return self.of(SYSTEM)

    def forget(self, name: str) -> None:
        """A process has no more output: names of runs never come again."""
        self._made.pop(name, None)


class FileHeads:
    """Date and time, in files that are kept; of a run its name too, as others are in the same file."""

    def __init__(self, tasks: Container[str]) -> None:
        stamp, style = stamper(FILE_TIME), Style(0, timestamp=True, prefix=False, colours={})
        self._tasks = tasks
        self._times = Prefixes(style, stamp)
        self._names = Prefixes(style._replace(prefix=True), stamp)

    def of(self, name: str) -> bytes:
        """In front of what a process, or a run of a task, writes now."""
        is_run = name.rpartition(".")[0] in self._tasks
        return (self._names if is_run else self._times).of(name)

    def about(self, words: object) -> bytes:
        """In front of procman's own words."""
        return self._times.about(words)

    def forget(self, name: str) -> None:
        """A process has no more output."""
        self._times.forget(name)
        self._names.forget(name)


def stamper(form: str) -> Callable[[], str]:
    """Local time in a strftime(3) format, made once a second; `%f`, microseconds, each time."""
    microseconds = "\ue000"  # of private use: strftime(3) passes it on
    form = "%%".join(part.replace("%f", microseconds) for part in form.split("%%"))
    made_for, made = -1, ""

    def stamp() -> str:
        nonlocal made_for, made
        at = time.time()
        if int(at) != made_for:
            made_for, made = int(at), printable(time.strftime(form, time.localtime(at)))
        return made.replace(microseconds, f"{int(at % 1 * 1e6):06d}")

    return stamp
