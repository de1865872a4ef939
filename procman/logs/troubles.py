"""What is told of log files that cannot be written: once, and what is missing when they are written again."""

from __future__ import annotations

from procman.shortages import WHAT_TO_DO, reason
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

RETRY_SECONDS = 1.0
"""A file that cannot be written is tried again with the first line after so long."""
STEADY_SECONDS = 1.0
"""A short line may find room on a full disk: it is full no longer when lines have done so for so long."""


class Troubles:
    """`say` gets sentences; what can be told once for many files is. Times are on the monotonic clock."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._works_since: dict[object, float | None] = {}
        """By reason, of those that were told."""
        self._failed: dict[str, tuple[object, float]] = {}
        """By path: why, and when it is tried again."""
        self._missing = 0

    def holds(self, path: str, now: float) -> bool:
        """Whether it is too early to try this file again."""
        return path in self._failed and now < self._failed[path][1]

    def missed(self, lines: int) -> None:
        """So many lines were not written while that was so."""
        self._missing += lines

    def failed(self, path: str, error: Exception, now: float) -> None:
        """A file cannot be written: an `OSError`, or a `StoreError` when it is not safe."""
        why = error.errno if isinstance(error, OSError) else type(error)
        if why not in self._works_since:
            self._say(f"log files cannot be written: {_words(path, error)}; lines go to the terminal only")
        self._works_since[why] = None
        self._failed[path] = (why, now + RETRY_SECONDS)

    def worked(self, path: str, now: float) -> None:
        """A file was written."""
        if path not in self._failed:
            return
        why = self._failed[path][0]
        since = self._works_since.get(why)
        if since is None:
            self._works_since[why] = now
        elif now - since >= STEADY_SECONDS:
            self._over(why)

    def _over(self, why: object) -> None:
        del self._works_since[why]
        self._failed = {path: each for path, each in self._failed.items() if each[0] != why}
        self._say(f"log files are written again, {self._missing} lines are missing in them")
        self._missing = 0


def _words(path: str, error: Exception) -> str:
    """A shortage is that of all files; anything else is that of one."""
    if not isinstance(error, OSError):
        return str(error)
    return reason(error) if error.errno in WHAT_TO_DO else f"{path}: {reason(error)}"
