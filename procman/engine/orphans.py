"""Runs whose procman was killed: closed as lost when nothing of them is left, and then perhaps run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.tasks.run import State
from procman.host.signals import GRACE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from procman.core.tasks.run import Run
    from procman.engine.needs import Liveness
    from procman.engine.store import Store

UNSEEN_SECONDS = GRACE_SECONDS + 2.0
"""After the death of a procman its guardian has stopped every child by then, also those that we cannot see:
in another container, or so young that the store was not told of them."""


class Orphans:
    """Only the thread of the store asks: it may look at files, and what it asks about is what it has read."""

    def __init__(self, liveness: Liveness, clock: Callable[[], float]) -> None:
        self._liveness = liveness
        self._clock = clock
        self._unseen_since: dict[int, float] = {}
        self.ending = False
        """Whether the last time somebody was still there of a run whose procman is dead."""
        self.found = False
        """Whether there was one of which nothing was left."""

    def recover(self, store: Store, rerun: Collection[str], now: float) -> list[Run]:
        """Have the store close all runs of which nothing is left, and give them. `now` in UTC seconds."""
        self.ending = self.found = False
        return store.recover(self._is_gone, rerun, now)

    def others(self, store: Store, runs: Collection[Run]) -> dict[str, list[str]]:
        """Of the tasks of these runs: the names of runs that are there at another procman, or still are."""
        found: dict[str, list[str]] = {}
        for run in store.open_runs({run.task for run in runs}, self._liveness.owner) if runs else ():
            if self._is_there(run):
                found.setdefault(run.task, []).append(run.name)
        return found

    def _is_gone(self, run: Run) -> bool:
        """Whether neither the procman nor the child of a run is there."""
        if self._liveness.owner_lives(run.owner or ""):
            return False
        gone = run.state is State.QUEUED or not self._is_ending(run)
        self.ending |= not gone
        self.found |= gone
        return gone

    def _is_there(self, run: Run) -> bool:
        """Whether a run is under way: one whose child has ended is not, whatever its row says."""
        owner = run.owner or ""
        seen = self._liveness.child_lives(run.identity, owner)
        return seen or (seen is None and (self._liveness.owner_lives(owner) or self._is_ending(run)))

    def _is_ending(self, run: Run) -> bool:
        """Whether somebody is, or may be, left of a run whose procman is dead."""
        seen = self._liveness.child_lives(run.identity, run.owner or "")
        if seen is None:
            since = self._unseen_since.setdefault(run.id, self._clock())
            return self._clock() - since < UNSEEN_SECONDS
        return seen
