"""The log in files: one a process, one for all runs of a task, and `system.log` for procman's own words.

A thread writes them. When it is behind, output waits as it does for a slow terminal, and nothing else does.
"""

from __future__ import annotations

import os
import time
from collections import deque

from procman.core.facts import ProcessEnded
from procman.core.text.prefix import SYSTEM
from procman.errors import StoreError
from procman.logs.backlog import Backlog
from procman.logs.logfile import LogFile
from procman.logs.troubles import Troubles
from procman.typed import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Any

    from procman.core.facts import Fact
    from procman.core.text.prefix import Buffer
    from procman.logs.hub import Heads
    from procman.logs.logfile import Sizes

    Then = Callable[[], None]
    Parts = list[tuple[bytes, bytes]]
    """Of one file: what stands in front of lines, and lines."""

ENDING = ".log"
FULL = 1 << 22
"""Bytes that wait from which on no more output is read: a rotation is no reason to."""
MUCH = 1 << 16
"""So many bytes are written at once."""
MOST_OPEN = 256
"""Files: of more, the one that was not written for the longest time is closed."""
MOST_WAITING = 1 << 25
"""Bytes from which on procman's own words are left out, since nothing else bounds them."""


class Lines(Protocol):
    """How whole lines look; see `core/text/bare.py` and `core/text/jsonlines.py`."""

    def lines(self, name: str, prefix: bytes, lines: bytes) -> list[Buffer]: ...


class Folder(NamedTuple):
    """Where files are, and how large. Runs of these tasks are those of one file."""

    path: str
    sizes: Sizes
    tasks: Container[str]


class LogFiles(Backlog):
    """Gets all whole lines (`add`) and facts (`hear`); `after_turn` is called after each turn of the loop.

    `say` gets sentences for people, in the thread of `after_turn`.
    """

    def __init__(
        self,
        folder: Folder,
        heads: Heads,
        screen: Lines,
        say: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(changed)
        self.at_once = False
        self.limit = FULL
        self._folder = folder
        self._heads = heads
        self._screen = screen
        self._told: deque[Then] = deque()
        self._left_out = 0
        self._files: dict[str, LogFile] = {}  # the one that was written last is the last
        self._troubles = Troubles(lambda text: self._tell(lambda: say(text)))
        self.begin(self._write_out, self._finish)

    # In the thread that waits

    def add(self, name: str, lines: bytes, words: object = None) -> None:
        """Whole lines of a process; or procman's own, which say these `words`."""
        if words is None:
            self.enqueue((self._stem(name), self._heads.of(name), lines), len(lines))
        elif self.pending > MOST_WAITING:
            self._left_out += 1
        else:
            if self._left_out:
                lines = b"%d lines of procman's own are left out here\n%b" % (self._left_out, lines)
                self._left_out = 0
            self.enqueue((SYSTEM, self._heads.about(words), lines), len(lines))

    def hear(self, fact: Fact) -> None:
        """Which pid a process has, as long as it has it."""
        self._heads.about(fact)
        if isinstance(fact, ProcessEnded):
            self._heads.forget(fact.name)

    def reopen(self, then: Then) -> None:
        """Begin all files anew, and then call `then`: whoever has moved them may have them by then."""
        self.enqueue(then, 0)

    def after_turn(self, now: float) -> None:
        """Have written what was put; tell what the thread has to tell."""
        self.ring()
        while self._told:
            self._told.popleft()()

    def _stem(self, name: str) -> str:
        """`web.1` of a process, `remind` of the run `remind.12`."""
        task = name.rpartition(".")[0]
        return task if task in self._folder.tasks else name

    # In the thread that writes

    def _write_out(self, entries: list[Any]) -> None:
        """Little is written together with what follows; much alone, so that it does not take long."""
        waiting: dict[str, Parts] = {}
        for entry in entries:
            if callable(entry):
                self._store_all(waiting)
                self._finish()
                self._tell(entry)
                continue
            stem, head, lines = entry
            waiting.setdefault(stem, []).append((head, lines))
            if len(lines) >= MUCH:
                self._store_all(waiting)
        self._store_all(waiting)

    def _store_all(self, waiting: dict[str, Parts]) -> None:
        for stem, parts in waiting.items():
            self._store(stem, parts)
            self._written += sum(len(lines) for _, lines in parts)
        waiting.clear()

    def _store(self, stem: str, parts: Parts) -> None:
        """What cannot be written is counted, and told once."""
        path = os.path.join(self._folder.path, stem + ENDING)
        now = time.monotonic()
        if self._troubles.holds(path, now):
            self._troubles.missed(sum(lines.count(b"\n") for _, lines in parts))
            return
        buffers = [each for head, lines in parts for each in self._screen.lines(stem, head, lines)]
        file = self._file(path)
        self.stuck_since = now
        try:
            file.add(buffers, now)
        except (OSError, StoreError) as error:
            self._troubles.missed(b"".join(buffers).count(b"\n", file.stored))
            self._troubles.failed(path, error, now)
        else:
            self._troubles.worked(path, now)
        finally:
            self.stuck_since = None

    def _file(self, path: str) -> LogFile:
        file = self._files.pop(path, None) or LogFile(path, self._folder.sizes)
        self._files[path] = file
        if len(self._files) > MOST_OPEN:
            self._files.pop(next(iter(self._files))).close()
        return file

    def _finish(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _tell(self, then: Then) -> None:
        self._told.append(then)
        self._changed()
