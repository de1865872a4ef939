"""What ended runs have left outside their process groups: it gets SIGTERM, and SIGKILL later."""

from __future__ import annotations

from signal import SIGKILL, SIGTERM
from typing import TYPE_CHECKING

from procman.engine.process import is_due

if TYPE_CHECKING:
    from procman.engine.needs import World
    from procman.engine.processes import Processes

LOOK_SECONDS = 0.05
"""What ended runs have left is looked for this late, so that many that end at once are one look."""


class Leftovers:
    """Daemons and the like. Times on the monotonic clock."""

    def __init__(self, processes: Processes, world: World, kill_timeout: float) -> None:
        self._processes = processes
        self._world = world
        self._kill_timeout = kill_timeout
        self._left: list[int] = []
        self._left_at: float | None = None
        self._strays: dict[int, float] = {}

    @property
    def deadline(self) -> float | None:
        """When `expire` is due."""
        times = [self._left_at] if self._left_at is not None else []
        return min([*times, *self._strays.values()], default=None)

    def of(self, run: int, now: float) -> None:
        """A run has ended: look what it has left."""
        self._left.append(run)
        self._left_at = self._left_at or now + LOOK_SECONDS

    def expire(self, now: float) -> None:
        """Stop what there is."""
        if not is_due(self.deadline, now):
            return
        left, self._left, self._left_at = self._left, [], None
        late = [run for run, at in self._strays.items() if at <= now]
        for run in self._world.stop_strays(left, SIGTERM, self._processes.pids) if left else ():
            self._strays[run] = now + self._kill_timeout
        for run in late:
            del self._strays[run]
        if late:
            self._world.stop_strays(late, SIGKILL, self._processes.pids)
