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
        self._known[_identity(run)] = None
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def __contains__(self, run: Run) -> bool:
        return _identity(run) in self._known


def _identity(run: Run) -> tuple[int, str, float]:
    return run.id, run.task, run.created_at
