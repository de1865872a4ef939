"""`start --detach`: the log goes to a file, and who has started procman hears when all runs."""

from __future__ import annotations

import os

from procman.core.life.service import State
from procman.errors import Problem, UserError
from procman.host import place
from procman.host.daemon import SETTLING_SECONDS
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.cli.options import Namespace
    from procman.engine.supervisor import Supervisor
    from procman.host.daemon import Detached
    from procman.host.guardian import Guarded

    After = Callable[[float], None]

LOG_FILE = "procman.log"
WORDS = {State.FAILED: "failed", State.SKIPPED: "was skipped"}


def begin(options: Namespace, root: str, guarded: Guarded | None) -> Callable[[Supervisor, int], list[After]]:
    """Have all that is written from now on in the log file, if procman is detached.

    Gives what is to be told of the supervisor, and then to be called by the engine after each turn.
    """
    detached = guarded.detached if guarded else None
    if detached is None:  # a system without guardians
        raise UserError([Problem("--detach", None, "this system cannot do it")])
    from procman.host.rotation import Rotation  # few starts wait for it

    options.log_file = os.path.join(place.of(root), LOG_FILE)
    Rotation(options.log_file).begin()
    detached.has_log(options.log_file)
    return lambda supervisor, pid: [_Watch(detached, supervisor, pid)]


class _Watch:
    """Tells who waits how things are, until that has not changed for a while after all was up."""

    def __init__(self, detached: Detached, supervisor: Supervisor, pid: int) -> None:
        self._detached = detached
        self._supervisor = supervisor
        self._pid = pid
        self._told: tuple[str, ...] | None = None
        self._until: float | None = None
        self._stops = False

    def __call__(self, now: float) -> None:
        """After each turn of the engine."""
        if self._stops:
            return
        if self._supervisor.stopping:
            self._stops = True
            self._detached.stops()
        elif self._until is None or now < self._until:
            self._look(now)

    def _look(self, now: float) -> None:
        up = self._supervisor.is_up
        if up and (failures := tuple(self._failures())) != self._told:
            self._told, self._until = failures, now + 2 * SETTLING_SECONDS
            self._detached.is_up(self._pid, failures)
        elif not up and self._told is not None:  # one has failed, and is tried again
            self._told = self._until = None
            self._detached.waits()

    def _failures(self) -> Iterator[str]:
        for each in self._supervisor.services:
            if each.state in WORDS:
                yield f"{each.plan.name} {WORDS[each.state]}: {each.note}"
