"""One process of the plan, and where it stands in its life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.lifecycle import Life

if TYPE_CHECKING:
    from procman.core.config import ProcessPlan


class Process:
    """A row of the supervisor's table. `code` is the exit code, or minus the signal's number."""

    def __init__(self, plan: ProcessPlan, timeout: float) -> None:
        self.plan = plan
        self.life = Life(timeout)
        self.pid = 0
        self.code = 0

    @property
    def who(self) -> tuple[str, int]:
        """Name and pid, for people."""
        return self.plan.name, self.pid
