"""Replays scripts of events against a supervisor with fakes."""

from __future__ import annotations

from signal import SIGTERM
from typing import TYPE_CHECKING

from procman.core.plan.plan import Policy, ProcessPlan
from procman.core.plan.policies import FOREMAN, Policies
from procman.engine.supervisor import Supervisor
from procman.testing.fakes import FakeChildren, FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping


def process(name: str, policies: Mapping[str, Policies] = {}) -> ProcessPlan:
    type_ = name.partition(".")[0]
    return ProcessPlan(name, type_, 0, f"run {name}", None, {}, (), policies.get(type_, FOREMAN))


class Play:
    """A supervisor, its fakes, and verbs for what happens to it."""

    def __init__(
        self,
        *stages: str,
        refused: tuple[str, ...] = (),
        timeout: float = 5.0,
        exit_code_from: str | None = None,
        policies: Mapping[str, Policies] = {},
    ) -> None:
        self.clock = FakeClock()
        self.children = FakeChildren(*refused)
        plans = [[process(name, policies) for name in stage.split()] for stage in stages]
        policy = Policy(timeout, SIGTERM, exit_code_from)
        self.supervisor = Supervisor(plans, self.children, self.children.publish, policy)

    def start(self) -> Play:
        """Start all that can be started, and forget what the journal says about it."""
        while self.supervisor.start_next(self.clock.now):
            pass
        self.children.journal.clear()
        return self

    def exit(self, name: str, code: int = 0, group: bool = False, output: bool = False) -> Play:
        """The child ends; with `group` others of its group live on, with `output` its output stays open."""
        if not group:
            self.children.leave(name)
        self.supervisor.child_exited(self.children.pids[name], code, None, self.clock.now)
        if not output and name not in self.children.closed:
            self.children.closed.add(name)
            self.supervisor.processes.output_closed(name, self.clock.now)
        return self.read()

    def read(self) -> Play:
        """What there is of output is read, where that was asked for."""
        while self.children.drained:
            self.supervisor.processes.output_drained(self.children.drained.pop(0), self.clock.now)
        return self

    def signal(self, number: int) -> Play:
        self.supervisor.signalled(number, self.clock.now)
        return self

    def at(self, now: float) -> Play:
        """Time passes, deadline by deadline as the engine would see them."""
        while (due := self.supervisor.deadline) is not None and due <= now:
            self.clock.now = due
            self.supervisor.expire(due)
            self.read()
        self.clock.now = now
        return self

    def told(self) -> list[str]:
        """The journal since it was last asked for."""
        journal = list(self.children.journal)
        self.children.journal.clear()
        return journal
