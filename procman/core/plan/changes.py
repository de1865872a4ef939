"""What is different between two plans, or two sets of tasks: what a reload starts, restarts and stops."""

from __future__ import annotations

from enum import Enum

from procman.core.plan import ports
from procman.core.plan.policies import Kind as Probed
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies, Probe
    from procman.core.tasks.task import Task

UNTOLD = ("line", "name")
"""Of a task: where it stands is no change of it."""
OF_CHILD = ("cwd", "account", "nice", "umask", "nofile", "stdin_null", "pty", "listen")
"""Policies that a child is started with: no other way leads to new ones than a new child."""
TOLD_ELSEWHERE = ("port", "env", "instances")
"""A change of these is one of variables, or of how many there are."""
KEYS = {"stdin_null": "stdin", "account": "user", "signal_group": "signal_to"}
"""What is called otherwise in procman.yml."""


class Kind(Enum):
    NEW = "new"
    CHANGED = "changed"
    ADJUSTED = "adjusted"
    """A process goes on as it is, under other policies."""
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
            continue
        adjusted = [*_of_policies(old[name].policies, plan.policies, of_child=False)]
        if what := [*_of_plan(old[name], plan), *variables]:
            found.append(Change(name, Kind.CHANGED, tuple(dict.fromkeys([*what, *adjusted]))))
        elif adjusted:
            found.append(Change(name, Kind.ADJUSTED, tuple(adjusted)))
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
    yield from _of_policies(before.policies, after.policies, of_child=True)
    yield from _different(before.environment, after.environment)


def _of_policies(before: Policies, after: Policies, of_child: bool) -> Iterator[str]:
    for field in after._fields:
        old, new = getattr(before, field), getattr(after, field)
        if old != new and field not in TOLD_ELSEWHERE and _is_of_child(field, old, new) == of_child:
            yield KEYS.get(field, field)


def _is_of_child(field: str, old: Any, new: Any) -> bool:
    """Whether a child has it from its start. That it is to tell of itself stands in its environment."""
    return field in OF_CHILD or (field in ("ready", "alive") and _tells(old) != _tells(new))


def _tells(probe: Probe | None) -> float | None:
    return probe.every if probe and probe.kind is Probed.NOTIFY else None


def _different(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Variables. The port of a type that comes or goes is none: nobody else waited for it."""
    names = sorted(name for name in {**before, **after} if before.get(name) != after.get(name))
    both = [name for name in names if name in before and name in after]
    return [name for name in names if name in both or not name.startswith(ports.VARIABLE)]


def _of_values(before: Mapping[str, Any], after: Mapping[str, Any], old: Task, new: Task) -> tuple[str, ...]:
    fields = [name for name in after if name not in (*UNTOLD, "schedules") and before[name] != after[name]]
    schedules = ["schedule"] if old.timetable != new.timetable else []
    return (*schedules, *fields)
