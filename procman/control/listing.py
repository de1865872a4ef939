"""Processes as clients are told of them."""

from __future__ import annotations

from procman.core import exitcodes
from procman.core.life.child import Phase
from procman.core.life.service import State
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from procman.core.plan.plan import ProcessPlan
    from procman.engine.process import Process
    from procman.engine.service import Service

CHILDREN = {
    Phase.IDLE: "starting",
    Phase.RUNNING: "running",
    Phase.ENDED: "down",
}
"""For people; in all others a child is on its way out."""


class Listing:
    """Rows, with times in UTC seconds since the epoch."""

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        self._clock = clock
        self._wall = wall

    def of(self, service: Service) -> dict[str, Any]:
        """A process of the formation."""
        return self._row(service.plan, service.process, service)

    def of_child(self, process: Process) -> dict[str, Any]:
        """Any child, a run of a task too."""
        return self._row(process.plan, process, None)

    def _row(self, plan: ProcessPlan, process: Process | None, found: Service | None) -> dict[str, Any]:
        phase = _phase(process, found)
        there = process is not None and process.pid > 0 and process.life.phase is not Phase.ENDED
        lasted = self._clock() - process.began if process and there else None
        number = plan.name.rpartition(".")[2]
        return {
            "name": plan.name,
            "type": plan.type,
            "instance": int(number) if number.isdigit() else None,
            "phase": phase,
            "wanted": "up" if found is None or found.state.wanted else "down",
            "ready": phase == "running" and (found is None or found.state is State.UP),
            "pid": process.pid if process and there else None,
            "leader": process.child if process and there else None,
            "port": plan.port,
            "started_at": None if lasted is None else round(self._wall() - lasted, 3),
            "uptime_s": None if lasted is None else round(lasted, 3),
            "restarts": max(0, found.restarts) if found else 0,
            "exit_code": exitcodes.exit_code(process.code) if process and process.pid and not there else None,
            "failures": found.failures if found else 0,
            "note": (found.note or None) if found else None,
            "command": plan.command,
        }


def _phase(process: Process | None, found: Service | None) -> str:
    """The state of a process, and in one word with it how its child is."""
    if found is None or found.state is State.UP:
        return CHILDREN.get(process.life.phase, "stopping") if process else "down"
    if found.state is State.STARTING and process and process.life.phase is not Phase.IDLE:
        begins = process.life.phase is Phase.RUNNING and not found.plan.policies.oneshot
        return "starting" if begins else CHILDREN.get(process.life.phase, "stopping")
    return "stopping" if found.state is State.FAILING else found.state.value
