"""What ended runs have left outside their process groups: it gets SIGTERM, and SIGKILL later."""

from __future__ import annotations

from signal import SIGKILL, SIGTERM
from typing import TYPE_CHECKING

from procman.core.tasks.strays import Parent, whose
from procman.engine.process import is_due

if TYPE_CHECKING:
    from procman.engine.needs import World
    from procman.engine.process import Owner, Process
    from procman.engine.processes import Processes

LOOK_SECONDS = 0.05
"""What ended runs have left is looked for this late, so that many that end at once are one look."""


class Leftovers:
    """Daemons and the like. Times on the monotonic clock."""

    def __init__(self, processes: Processes, runs: Owner, world: World, kill_timeout: float) -> None:
        self._processes = processes
        self._runs = runs
        self._world = world
        self._kill_timeout = kill_timeout
        self._ended: dict[int, Parent] = {}  # those whose leftovers we look for
        self._left: set[int] = set()  # those of them that nobody has looked for yet
        self._left_at: float | None = None
        self._asked: dict[int, float] = {}  # those whose leftovers got SIGTERM: when SIGKILL is due

    @property
    def deadline(self) -> float | None:
        """When `expire` is due."""
        times = [self._left_at] if self._left_at is not None else []
        return min([*times, *self._asked.values()], default=None)

    def of(self, run: int, process: Process, now: float) -> None:
        """A run has ended: look what it has left."""
        self._ended[run] = _parent(process)
        self._left.add(run)
        self._left_at = self._left_at or now + LOOK_SECONDS

    def expire(self, now: float) -> None:
        """Stop what there is."""
        if not is_due(self.deadline, now):
            return
        late = {run for run, at in self._asked.items() if at <= now}
        for run, pid in self._found(now):
            if run in late:
                self._world.reach(pid, SIGKILL)
            elif run in self._left and self._world.reach(pid, SIGTERM):
                self._asked[run] = now + self._kill_timeout
        for run in late:
            del self._asked[run]
        self._left, self._left_at = set(), None
        self._ended = {run: self._ended[run] for run in self._asked}

    def _found(self, now: float) -> list[tuple[int, int]]:
        """The pids of what ended runs have left, each behind the number of its run."""
        strays = self._world.strays(self._processes.pids)
        alive = self._processes.alive() if strays else []
        runs = [_parent(process) for process in alive if process.owner is self._runs]
        others = [_parent(process) for process in alive if process.owner is not self._runs]
        owners = [(whose(stray, now, self._ended, runs, others), stray.pid) for stray in strays]
        return [(run, pid) for run, pid in owners if run is not None]


def _parent(process: Process) -> Parent:
    return Parent(process.began, process.output)
