"""`start --detach`: the log goes to a file, and who has started procman hears when all runs."""

from __future__ import annotations

import os

from procman.core.life.service import State
from procman.errors import Problem, UserError
from procman.host import place
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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
    return lambda supervisor, pid: [_watch(detached, supervisor, pid)]


def _watch(detached: Detached, supervisor: Supervisor, pid: int) -> After:
    up = stops = False

    def after(now: float) -> None:
        nonlocal up, stops
        if not up and supervisor.is_up:
            up = True
            lost = [each for each in supervisor.services if each.state in (State.FAILED, State.SKIPPED)]
            detached.is_up(pid, [f"{each.plan.name} {WORDS[each.state]}: {each.note}" for each in lost])
        elif up and not stops and supervisor.stopping:
            stops = True
            detached.stops()

    return after
