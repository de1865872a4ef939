"""One process of the plan, and where it stands in its life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.lifecycle import Life

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.core.config import ProcessPlan


class Process:
    """A row of the supervisor's table. `code` is the exit code, or minus the signal's number."""

    def __init__(self, plan: ProcessPlan, timeout: float) -> None:
        self.plan = plan
        self.life = Life(timeout)
        self.pid = 0
        self.code = 0


def due(at: float | None, now: float) -> bool:
    """Whether a deadline has come; None never does."""
    return at is not None and at <= now


def names_and_pids(processes: Sequence[Process]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names and pids of processes, side by side."""
    return tuple(each.plan.name for each in processes), tuple(each.pid for each in processes)
