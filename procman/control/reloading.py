"""The app's files read again while it runs: what has changed is restarted, and nothing else."""

from __future__ import annotations

from collections import Counter

from procman.core import facts
from procman.core.plan import changes
from procman.core.plan.changes import Kind
from procman.typed import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from procman.core.facts import Fact
    from procman.core.plan.changes import Change
    from procman.core.plan.plan import ProcessPlan
    from procman.core.tasks.task import Task
    from procman.engine.service import Service
    from procman.engine.supervisor import Supervisor


class Loaded(NamedTuple):
    """The app as it is on disk. `shared` is the environment of all processes."""

    processes: Sequence[ProcessPlan]
    shared: Mapping[str, str]
    tasks: Mapping[str, Task]
    warnings: Sequence[str]
    take: Callable[[], None]
    """From now on this is the app that runs: raises `ProcmanError` when it cannot be, and then nothing was
    changed."""


class RunningApp(Protocol):
    """The app that runs, as it was read last."""

    shared: Mapping[str, str]
    tasks: Mapping[str, Task]

    def plan(self, counts: Mapping[str, int] | None) -> Sequence[ProcessPlan]:
        """So many of each type, or as many as is usual without numbers. Raises `UnknownNameError`."""
        ...

    def load(self, counts: Mapping[str, int]) -> Loaded:
        """The app as it is on disk, with so many of each type. Raises `UserError` with all mistakes."""
        ...


class Reload:
    """One of them, in the middle of which nothing else happens. `what` is the answer to who asked."""

    def __init__(
        self, app: RunningApp, supervisor: Supervisor, publish: Callable[[Fact], None], now: float
    ) -> None:
        services = {each.plan.name: each for each in supervisor.services if not each.dropped}
        loaded = app.load(Counter(each.plan.type for each in services.values()))
        plans = [each.plan for each in services.values()]
        processes = changes.of_processes(plans, loaded.processes, app.shared, loaded.shared)
        tasks = changes.of_tasks(app.tasks, loaded.tasks)
        loaded.take()
        found = [*processes, *tasks]
        publish(facts.CommandGiven("reload", tuple(each.name for each in found)))
        for warning in loaded.warnings:
            publish(facts.Notice(warning))
        changed = {each.name for each in processes if each.kind is Kind.CHANGED}
        supervisor.services.replan(loaded.processes, changed, now)
        services |= {each.plan.name: each for each in supervisor.services}
        self.concerned: list[Service] = [services[each.name] for each in processes]
        self.what: dict[str, Any] = {
            "changes": [*map(_told, processes)],
            "tasks": [*map(_told, tasks)],
            "warnings": [*loaded.warnings],
        }


def _told(change: Change) -> dict[str, Any]:
    return {"name": change.name, "change": change.kind.value, "what": [*change.what]}
