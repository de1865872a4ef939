"""Runs of other procmans: whom ours wait for, and how many there may be over all of them.

The functions here run in the store's thread, in the transaction in which runs are claimed: so of several
procmans that ask at the same time, one is the first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from procman.core.tasks import limits
from procman.core.tasks.task import Overlap
from procman.core.tasks.transitions import Event

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from procman.core.tasks.run import Run
    from procman.core.tasks.task import Task
    from procman.engine.orphans import Orphans
    from procman.engine.store import Store


class Elsewhere:
    """By task, the names of runs that its first in line waits for: they are there at other procmans."""

    def __init__(self, tasks: Collection[Task], labels: Collection[str]) -> None:
        self._names: dict[str, list[str]] = {}
        self.replaces = False
        """Whether runs make way for others, or did so when they began."""
        self.learn(tasks, labels)

    def learn(self, tasks: Collection[Task], labels: Collection[str]) -> None:
        """These are the tasks, and the labels of this host."""
        self.limits = limits.of(tasks, labels)
        self.replaces |= any(task.overlap is Overlap.REPLACE for task in tasks)

    @property
    def watched(self) -> frozenset[str]:
        """The tasks whose lines wait so."""
        return frozenset(self._names)

    def of(self, task: str) -> Sequence[str]:
        """Whom the line of a task waits for."""
        return self._names.get(task, ())

    def wait(self, task: str, names: Sequence[str]) -> None:
        """It waits for these from now on."""
        self._names.pop(task, None)
        if names:
            self._names[task] = [*names]

    def clear(self) -> None:
        """Nobody waits any more."""
        self._names.clear()


def ahead(run: Run, others: Sequence[Run]) -> list[str]:
    """Which others come before a run that waits: those that are there, and those that waited before it."""
    return [each.name for each in others if each.begun or _place(each) < _place(run)]


def _place(run: Run) -> tuple[int, int]:
    return run.tick or 0, run.id


def beside(
    store: Store, orphans: Orphans, runs: Sequence[Run], tasks: Mapping[str, Task]
) -> dict[str, list[Run]]:
    """The runs of the same tasks that runs of ours, just claimed, meet at other procmans.

    Of tasks with `concurrency` our own as well: of a job that has just been claimed we may not know yet.
    """
    names = {run.task for run in runs}
    found = orphans.others(store, names)
    numbers = {run.id for run in runs}
    for each in _of_limited(store, names, tasks):
        if each.id not in numbers and each.owner == orphans.owner:
            found.setdefault(each.task, []).append(each)
    return found


def hold_back(store: Store, runs: Sequence[Run], tasks: Mapping[str, Task]) -> set[int]:
    """Give back ticks, just claimed, that are more than there may be at once; their numbers.

    Only those that may run beside others: what becomes of the rest, `overlap` says.
    """
    beside = {run.task for run in runs if (task := tasks.get(run.task)) and task.overlap is Overlap.ALLOW}
    begun = Counter(each.task for each in _of_limited(store, beside, tasks) if each.begun)
    held: set[int] = set()
    for run in reversed(runs):
        if run.task in beside and begun[run.task] > (tasks[run.task].concurrency or begun[run.task]):
            store.move(run, Event.RELEASE)
            begun[run.task] -= 1
            held.add(run.id)
    return held


def call(store: Store, orphans: Orphans, run: Run, task: Task) -> list[str] | None:
    """The turn of a run has come, unless the store knows of others that come first: their names. None when
    it is not ours any more: we were taken for dead meanwhile."""
    known = store.run(run.id)
    if known is None or known.owner != orphans.owner or known.outcome:
        return None
    first: list[str] = []
    if task.overlap is not Overlap.ALLOW:
        first = ahead(run, orphans.others(store, {run.task}).get(run.task, ()))
    if not first and task.concurrency:
        others = [each for each in store.open_runs({run.task}, "") if each.id != run.id]
        begun = [each.name for each in others if each.begun]
        first = begun if len(begun) >= task.concurrency else []
    if not first:
        store.move(run, Event.CALL)
    return first


def _of_limited(store: Store, names: Collection[str], tasks: Mapping[str, Task]) -> list[Run]:
    """The open runs of those of these tasks that have a limit, of all procmans."""
    limited = {name for name in names if name in tasks and tasks[name].concurrency}
    return store.open_runs(limited, "") if limited else []
