"""Pending runs are taken from the store as they are due and there is room for them: one look at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.engine.questions import TakeDue

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.facts import Fact
    from procman.engine.admission import Admissions
    from procman.engine.needs import World
    from procman.engine.orphans import Orphans
    from procman.engine.storequeue import StoreQueue

LONGEST_SLEEP = 30.0
"""A look at least so often: the clock may be set, a ring of the bell unheard."""


class Intake:
    """`at` is when the next look is due, in UTC seconds; None before the first. Of runs with a number up to
    `seen` everybody has been told that they were asked for."""

    def __init__(
        self,
        admissions: Admissions,
        orphans: Orphans,
        queue: StoreQueue,
        publish: Callable[[Fact], None],
        world: World,
    ) -> None:
        self.admissions = admissions
        self.orphans = orphans
        self.publish = publish
        self.world = world
        self._queue = queue
        self._under_way = self._wanted = False
        self.crowded = False
        """Whether runs are due that had no room."""
        self.at: float | None = None
        self.seen: int | None = None

    def due(self, wall: float) -> bool:
        """Whether it is time; also when the clock was set back."""
        return self.at is not None and not wall < self.at <= wall + LONGEST_SLEEP

    def by(self, due: float | None) -> None:
        """Look when something is due, if nothing else is before it."""
        if due is not None and (self.at is None or due < self.at):
            self.at = due

    def room_again(self) -> None:
        """A run has ended: look for one that had no room, if there may be any."""
        if self.crowded:
            self.now()

    def now(self) -> None:
        """Take what is due, as much as there is room for."""
        if self._under_way or not self.admissions.open:
            self._wanted = True
            return
        self._under_way, self._wanted, self.at = True, False, self.world.wall() + LONGEST_SLEEP
        self._queue.query(TakeDue(self, *self.admissions.room))

    def taken(self, jobs: int, crowded: bool, more: bool) -> None:
        """So many jobs were taken; `crowded` when others had no room, `more` when there is something else."""
        self._under_way, self.crowded = False, crowded
        if self._wanted or more or (crowded and jobs and max(self.admissions.room)):
            self.now()

    def refused(self) -> None:
        """The store would not: there is another look when it is due."""
        self._under_way = False
