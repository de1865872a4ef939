"""Runs that have ended here: a store that was set back may have them as if they were still to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.core.tasks.run import Run

MOST = 10_000
"""A store is seldom set back by more than that."""


class Ended:
    """The newest of them."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, float], None] = {}

    def add(self, run: Run) -> None:
        """Forget the oldest for it, if there are too many."""
        self._known[run.origin] = None
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def __contains__(self, run: Run) -> bool:
        return run.origin in self._known
