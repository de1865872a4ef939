"""Old runs are deleted a slice at a time: a tick that is due meanwhile waits for one slice at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.core.tasks import Task
    from procman.engine.desk import Desk
    from procman.engine.needs import Store

TASKS, RUNS = 10, 200
"""In one slice, at most; runs of each task."""


class Pruning:
    """The tasks that may have more runs than they keep: all at first, then those that had new ones."""

    def __init__(self, tasks: Mapping[str, Task], desk: Desk) -> None:
        self._tasks = tasks
        self._desk = desk
        self._suspects = dict.fromkeys(tasks)

    def note(self, names: Iterable[str]) -> None:
        """These tasks have new rows."""
        self._suspects |= dict.fromkeys(name for name in names if name in self._tasks)

    def slice(self, wall: float) -> None:
        """Have the next slice deleted. `wall` in UTC seconds."""
        names = list(self._suspects)[:TASKS]
        for name in names:
            del self._suspects[name]

        def operation(store: Store) -> list[str]:
            tasks = [self._tasks[name] for name in names]
            return [
                task.name
                for task in tasks
                if store.prune(task.name, task.keep, wall - task.keep_for, RUNS) == RUNS
            ]

        def pruned(unfinished: list[str]) -> None:
            self.note(unfinished)
            if unfinished:
                self.slice(wall)

        if names:
            self._desk.ask(operation, pruned, lambda: self.note(names))
