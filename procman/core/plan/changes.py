"""What is different between two plans, or two sets of tasks: what a reload starts, restarts and stops."""

from __future__ import annotations

from enum import Enum

from procman.core.plan import ports
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from procman.core.plan.plan import ProcessPlan
    from procman.core.tasks.task import Task

UNTOLD = ("line", "name")
"""Of a task: where it stands is no change of it."""


class Kind(Enum):
    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"


class Change(NamedTuple):
    """Of a process, or of a task. `what` are names: `command`, `port`, of variables, of keys of procman.yml;
    never values, for those may be secrets."""

    name: str
    kind: Kind
    what: tuple[str, ...] = ()


def of_processes(
    before: Iterable[ProcessPlan],
    after: Iterable[ProcessPlan],
    shared_before: Mapping[str, str],
    shared_after: Mapping[str, str],
) -> list[Change]:
    """Processes, in the order of the new plan, then those that are gone. `shared`: the app's environment."""
    old, new = _by_name(before), _by_name(after)
    variables = _different(shared_before, shared_after)
    found = []
    for name, plan in new.items():
        if name not in old:
            found.append(Change(name, Kind.NEW))
        elif what := [*_of_plan(old[name], plan), *variables]:
            found.append(Change(name, Kind.CHANGED, tuple(dict.fromkeys(what))))
    return found + [Change(name, Kind.REMOVED) for name in old if name not in new]


def of_tasks(before: Mapping[str, Task], after: Mapping[str, Task]) -> list[Change]:
    """Tasks, likewise."""
    found = []
    for name, task in after.items():
        if name not in before:
            found.append(Change(name, Kind.NEW))
        elif what := _of_values(before[name]._asdict(), task._asdict(), before[name], task):
            found.append(Change(name, Kind.CHANGED, what))
    return found + [Change(name, Kind.REMOVED) for name in before if name not in after]


def _by_name(plans: Iterable[ProcessPlan]) -> dict[str, ProcessPlan]:
    return {plan.name: plan for plan in plans}


def _of_plan(before: ProcessPlan, after: ProcessPlan) -> Iterator[str]:
    if before.command != after.command:
        yield "command"
    yield from _different(before.environment, after.environment)


def _different(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Variables. The port of a type that comes or goes is none: nobody else waited for it."""
    names = sorted(name for name in {**before, **after} if before.get(name) != after.get(name))
    both = [name for name in names if name in before and name in after]
    return [name for name in names if name in both or not name.startswith(ports.VARIABLE)]


def _of_values(before: Mapping[str, Any], after: Mapping[str, Any], old: Task, new: Task) -> tuple[str, ...]:
    fields = [name for name in after if name not in (*UNTOLD, "schedules") and before[name] != after[name]]
    schedules = ["schedule"] if old.timetable != new.timetable else []
    return (*schedules, *fields)
