"""Pending runs are taken from the store as they are due and there is room for them: one look at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.core.tasks.run import Run
    from procman.engine.admission import Admissions
    from procman.engine.needs import World
    from procman.engine.store import Store
    from procman.engine.storequeue import StoreQueue

    Others = Mapping[str, list[Run]]

LONGEST_SLEEP = 30.0
"""A look at least so often: the clock may be set, a ring of the bell unheard."""


class Intake:
    """`at` is when the next one is due, in UTC seconds; None before the first."""

    def __init__(self, admissions: Admissions, queue: StoreQueue, world: World) -> None:
        self._admissions = admissions
        self._queue = queue
        self._world = world
        self._under_way = self._wanted = self._crowded = False
        self.at: float | None = None

    def due(self, wall: float) -> bool:
        """Whether it is time; also when the clock was set back."""
        return self.at is not None and not wall < self.at <= wall + LONGEST_SLEEP

    def by(self, due: float | None) -> None:
        """Look when something is due, if nothing else is before it."""
        if due is not None and (self.at is None or due < self.at):
            self.at = due

    def room_again(self) -> None:
        """A run has ended: look for one that had no room, if there may be any."""
        if self._crowded:
            self.now()

    def now(self) -> None:
        """Take what is due, as much as there is room for."""
        if self._under_way or not self._admissions.open:
            self._wanted = True
            return
        wall, owner, late_before = self._world.wall(), self._world.owner, self._admissions.late_before
        late, fresh = self._admissions.room
        unknown = frozenset(self._admissions.unknown)
        self._under_way, self._wanted, self.at = True, False, wall + LONGEST_SLEEP

        def operation(store: Store) -> tuple[list[Run], Others, float | None]:
            runs = store.take_due(wall, owner, late_before, (late, fresh), unknown)
            return runs, others(store, runs, owner), store.next_due(wall, unknown)

        def taken(result: tuple[list[Run], Others, float | None]) -> None:
            runs, elsewhere, next_due = result
            jobs = sum(run.tick is None for run in runs)
            self._under_way, self._crowded = False, jobs >= min(late, fresh)
            self.by(next_due)
            for run in runs:
                self._admissions.taken(run, elsewhere.get(run.task, ()))
            more = self._wanted or unknown != self._admissions.unknown
            if more or (self._crowded and jobs and max(self._admissions.room)):
                self.now()

        def refused() -> None:
            self._under_way = False

        self._queue.query(operation, taken, refused)


def others(store: Store, runs: Sequence[Run], owner: str) -> dict[str, list[Run]]:
    """Open runs of the same tasks that another procman has, by task."""
    found: dict[str, list[Run]] = {}
    for run in store.open_runs({run.task for run in runs}, owner) if runs else ():
        found.setdefault(run.task, []).append(run)
    return found
