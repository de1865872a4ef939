"""Old runs are deleted a slice at a time: a tick that is due meanwhile waits for one slice at most."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.core.tasks.task import Task
    from procman.engine.store import Store
    from procman.engine.storequeue import StoreQueue

TASKS, RUNS = 10, 200
"""In one slice, at most; runs of each task, and keys."""


class Pruning:
    """The tasks that may have more runs than they keep: all at first, then those that had new ones."""

    def __init__(self, tasks: Mapping[str, Task], queue: StoreQueue) -> None:
        self._tasks = tasks
        self._queue = queue
        self._suspects = dict.fromkeys(tasks)
        self._round: deque[str] = deque()

    def note(self, names: Iterable[str]) -> None:
        """These tasks have new rows."""
        self._suspects |= dict.fromkeys(name for name in names if name in self._tasks)

    def begin(self, wall: float) -> None:
        """Go through all that are suspect by now, unless that is under way. `wall` in UTC seconds."""
        if not self._round:
            self._round.extend(self._suspects)
            self._suspects.clear()
            self._slice(wall)

    def _slice(self, wall: float) -> None:
        names = [self._round.popleft() for _ in range(min(TASKS, len(self._round)))]

        def operation(store: Store) -> list[str]:
            tasks = [self._tasks[name] for name in names]
            return [task.name for task in tasks if _prune(store, task, wall)]

        def pruned(unfinished: list[str]) -> None:
            self._round.extend(unfinished)
            self._slice(wall)

        def refused() -> None:
            self.note([*names, *self._round])
            self._round.clear()

        if names:
            self._queue.query(operation, pruned, refused)


def _prune(store: Store, task: Task, wall: float) -> bool:
    """Whether there may be more."""
    runs = store.prune(task.name, task.keep, wall - task.keep_for, RUNS)
    keys = store.prune_keys(task.name, wall - task.keep_keys, RUNS)
    return RUNS in (runs, keys)
