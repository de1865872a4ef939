"""Old runs are deleted a slice at a time: a tick that is due meanwhile waits for one slice at most."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from procman.engine.storequeue import Ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.core.tasks.task import Retention, Task
    from procman.engine.store import Store
    from procman.engine.storequeue import StoreQueue

TASKS, RUNS = 10, 200
"""In one slice, at most; runs of each task, and keys."""


class Pruning:
    """The tasks that may have more runs than they keep: all at first, then those that had new ones.

    Those that procman.yml no longer has are among them, and keep their runs as long as it said last.
    """

    def __init__(self, tasks: Mapping[str, Task], queue: StoreQueue) -> None:
        self._now = {name: task.retention for name, task in tasks.items()}
        self._queue = queue
        self._kept: dict[str, Retention] = {}  # of all tasks, when the store has told of the others
        self._suspects: dict[str, None] = {}
        self._round: deque[str] = deque()
        self._under_way = False

    def note(self, names: Iterable[str]) -> None:
        """These tasks have new rows."""
        self._suspects |= dict.fromkeys(names)

    def begin(self, wall: float) -> None:
        """Go through all that are suspect by now, unless that is under way. `wall` in UTC seconds."""
        if self._under_way:
            return
        self._under_way = True
        if self._kept:
            self._begin_round(wall)
        else:
            self._learn(wall)

    def _learn(self, wall: float) -> None:
        def learnt(others: dict[str, Retention]) -> None:
            self._kept = {**self._now, **others}
            self.note(self._kept)
            self._begin_round(wall)

        self._queue.query(Ask(lambda store: store.retain(self._now), learnt, self._refused))

    def _begin_round(self, wall: float) -> None:
        self._round.extend(name for name in self._suspects if name in self._kept)
        self._suspects.clear()
        self._slice(wall)

    def _slice(self, wall: float) -> None:
        names = [self._round.popleft() for _ in range(min(TASKS, len(self._round)))]

        def operation(store: Store) -> list[str]:
            return [name for name in names if _prune(store, name, self._kept[name], wall)]

        def done(unfinished: list[str]) -> None:
            self._round.extend(unfinished)
            self._slice(wall)

        def refused() -> None:
            self.note(names)
            self._refused()

        self._under_way = bool(names)
        if names:
            self._queue.query(Ask(operation, done, refused))

    def _refused(self) -> None:
        """All that is left of the round is for the next one."""
        self.note(self._round)
        self._round.clear()
        self._under_way = False


def _prune(store: Store, task: str, kept: Retention, wall: float) -> bool:
    """Whether there may be more."""
    runs = store.prune(task, kept.keep, wall - kept.keep_for, RUNS)
    keys = store.prune_keys(task, wall - kept.keep_keys, RUNS)
    return RUNS in (runs, keys)
