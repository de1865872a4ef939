"""One process of the formation: what is wanted of it, and what it has gone through."""

from __future__ import annotations

from procman.core.life.service import State
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.core.plan.plan import ProcessPlan
    from procman.engine.process import Process
    from procman.engine.timers import Timer


class Service:
    """`process` is its child, or the last one; `restarts` counts those after the first."""

    def __init__(self, plan: ProcessPlan) -> None:
        self.plan = plan
        self.state = State.DOWN
        self.process: Process | None = None
        self.restarts = -1
        self.dropped = False
        """Whether it is forgotten when it is down."""
        self.failures = 0
        """In a row."""
        self.failed_at = 0.0
        """When it failed last."""
        self.delay = 0.0
        """Seconds to wait before it is started again."""
        self.why: str | None = None
        """Why its child is made to stop, if it is not well."""
        self.late = False
        """Whether that is because it was not ready in time."""
        self.early = False
        """Whether it was ready before its main process was known."""
        self.note = ""
        """For people: what it waits for, or why it is as it is."""
        self.blocked = False
        """Whether it waits for one that is down: only a command helps."""
        self.timer: Timer | None = None
        """Until the next start."""

    @property
    def begun(self) -> bool:
        """Whether its child is there."""
        return self.process is not None and self.process.pid > 0

    @property
    def settled(self) -> bool:
        """Whether nothing is to be expected soon: it is as it is wanted, or it will not be for a while."""
        if self.state is State.STARTING:
            return self.begun and self.plan.policies.oneshot
        if self.state is State.WAITING:
            return self.blocked
        return not self.state.there or self.state is State.UP

    def forget(self) -> None:
        """A new child follows, or nothing: what was said about the old one is past."""
        self.why, self.late, self.early, self.note, self.blocked = None, False, False, "", False
