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

PHASES = {
    Phase.IDLE: "starting",
    Phase.RUNNING: "running",
    Phase.ENDED: "down",
}
"""For people; in all others it is on its way out."""


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
        there = process is not None and process.pid > 0 and phase != "down"
        lasted = self._clock() - process.began if process and there else None
        number = plan.name.rpartition(".")[2]
        return {
            "name": plan.name,
            "type": plan.type,
            "instance": int(number) if number.isdigit() else None,
            "phase": phase,
            "wanted": "up" if found is None or found.state.wanted else "down",
            "ready": phase == "running",
            "pid": process.pid if process and there else None,
            "leader": process.child if process and there else None,
            "port": plan.port,
            "started_at": None if lasted is None else round(self._wall() - lasted, 3),
            "uptime_s": None if lasted is None else round(lasted, 3),
            "restarts": found.restarts if found else 0,
            "exit_code": exitcodes.exit_code(process.code) if process and process.pid and not there else None,
            "command": plan.command,
        }


def _phase(process: Process | None, found: Service | None) -> str:
    if found and found.state is State.RESTARTING:
        return "restarting"
    if process is None:
        return "starting" if found and found.state.wanted else "down"
    return PHASES.get(process.life.phase, "stopping")
