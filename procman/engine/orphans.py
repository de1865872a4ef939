"""Runs whose procman was killed: closed as lost when nothing of them is left, and then perhaps run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.tasks.instance import LEASE_SECONDS
from procman.core.tasks.run import State
from procman.host.signals import GRACE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from procman.core.tasks.instance import Renewal
    from procman.core.tasks.run import Run
    from procman.engine.needs import Liveness
    from procman.engine.store import Store

UNSEEN_SECONDS = GRACE_SECONDS + 2.0
"""After the death of a procman its guardian has stopped every child by then, also those that we cannot see:
in another container, or so young that the store was not told of them."""
LEFT_SECONDS = 90.0
"""What was lost of a task that we do not know is left for so long to hosts that do, and know whether it runs
again: those look every 30 s."""
SLACK_SECONDS = 1.0
"""Clocks do not go at the same pace."""


class Orphans:
    """Only the thread of the store asks: it may look at files, and what it asks about is what it has read."""

    def __init__(self, liveness: Liveness, clock: Callable[[], float]) -> None:
        self._liveness = liveness
        self._clock = clock
        self._unseen_since: dict[int, float] = {}
        self._left_since: dict[int, float] = {}
        self._known: Collection[str] | None = None
        self.ending = False
        """Whether the last time somebody was still there of a run whose procman is dead."""
        self.found = False
        """Whether there was one of which nothing was left."""
        self._ours: list[Run] = []
        self._heard: float | None = None  # monotonic, as the next
        self._trusting_until = 0.0
        self.suspected = True
        """Whether there may be runs that nobody has any more: a store of several hosts says it."""

    def suspect(self, news: Renewal) -> bool:
        """The store says whether there are; whether that is new.

        If it has not heard of us for longer than we of it, it was set back, and has old renewals of all
        others too: nobody is taken for dead before they have had the time to renew their leases there.
        """
        now, heard, self._heard = self._clock(), self._heard, news.sent
        if heard is not None and news.silent > now - heard + SLACK_SECONDS:
            self._trusting_until = now + LEASE_SECONDS
        before, self.suspected = self.suspected, news.orphaned
        return news.orphaned and not before

    def recover(
        self, store: Store, rerun: Collection[str], known: Collection[str] | None, now: float
    ) -> tuple[list[Run], list[Run]]:
        """Have the store close all runs of which nothing is left, and give them; and those that are ours, as
        the store has it. `known`: our tasks, if other hosts may have others. `now` in UTC seconds."""
        self._known = known
        self.ending = self.found = False
        self._ours = []
        return store.recover(self._is_gone, rerun, now), self._ours

    def others(self, store: Store, tasks: Collection[str]) -> dict[str, list[Run]]:
        """Of these tasks: the runs that are there at another procman, or still are, or wait there."""
        found: dict[str, list[Run]] = {}
        for run in store.open_runs(tasks, self.owner) if tasks else ():
            if self._is_there(run):
                found.setdefault(run.task, []).append(run)
        return found

    @property
    def owner(self) -> str:
        """This procman."""
        return self._liveness.owner

    def _is_gone(self, run: Run) -> bool:
        """Whether neither the procman nor the child of a run is there."""
        if run.owner == self._liveness.owner:
            self._ours.append(run)
        if self._lives(run.owner or ""):
            return False
        if self._is_left(run):
            return False
        gone = run.state is State.QUEUED or not self._is_ending(run)
        self.ending |= not gone
        self.found |= gone
        return gone

    def _is_left(self, run: Run) -> bool:
        """Whether a run is left to others, who know its task."""
        if self._known is None or run.task in self._known:
            return False
        since = self._left_since.setdefault(run.id, self._clock())
        return self._clock() - since < LEFT_SECONDS

    def _is_there(self, run: Run) -> bool:
        """Whether a run is under way: one whose child has ended is not, whatever its row says."""
        owner = run.owner or ""
        if run.state is State.QUEUED:
            return self._lives(owner)
        seen = self._liveness.child_lives(run.identity, owner)
        return seen or (seen is None and (self._lives(owner) or self._is_ending(run)))

    def _lives(self, owner: str) -> bool:
        return self._clock() < self._trusting_until or self._liveness.owner_lives(owner)

    def _is_ending(self, run: Run) -> bool:
        """Whether somebody is, or may be, left of a run whose procman is dead."""
        seen = self._liveness.child_lives(run.identity, run.owner or "")
        if seen is None:
            since = self._unseen_since.setdefault(run.id, self._clock())
            return self._clock() - since < UNSEEN_SECONDS
        return seen
