"""What is probably wrong in an app, though nothing forbids it."""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from procman.app import taskfiles
from procman.core.plan import ports
from procman.core.plan.policies import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.app.app import App
    from procman.core.plan.plan import Plan, ProcessPlan
    from procman.core.plan.procfile import ProcessType
    from procman.core.tasks.task import Task

ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
PLAIN_WORD = re.compile(r"[A-Za-z0-9_./+-]+")
OF_THE_SHELL = frozenset(
    ". : [ alias bg break case cd command continue echo eval exec exit export false fg for getopts hash"
    " if jobs kill local printf pwd read readonly return set shift test time times trap true type ulimit"
    " umask unalias unset until wait while".split()
)
OWN_NAMES = {"system": "procman's own lines", "all": "all types in -m"}


def of(app: App, plan: Plan) -> list[str]:
    """The warnings about an app, in the order of its Procfile."""
    found = [
        f"{app.procfile}:{type_.line}: {text}" for type_ in app.types for text in _about_type(app, type_)
    ]
    found += (*_same_variable(app), *app.environment.doubts, *_same_port(plan))
    found += (*_vain_waiting(app, plan), *_ready_too_early(app, plan))
    beyond = [process.name for process in plan.processes if process.port is None]
    if beyond:
        found.append(f"no port is left for {', '.join(beyond[:5])}{' and others' * (len(beyond) > 5)}")
    return found


def of_tasks(app: App, now: float) -> list[str]:
    """The warnings about an app's tasks, in the order of procman.yml. `now` in UTC seconds."""
    path = taskfiles.path_in(app.root)
    return [
        f"{path}:{task.line}: {text}" for task in app.tasks.values() for text in _about_task(app, task, now)
    ]


def _about_task(app: App, task: Task, now: float) -> Iterator[str]:
    from procman.core.schedule.schedule import surprises  # only tasks need it

    program = _program(task.command)
    if program and not _found(program, app):
        yield f"'{task.name}': no command '{program}' found"
    for each in task.schedules:
        yield from (f"'{task.name}': {text}" for text in surprises(each, datetime.fromtimestamp(now, UTC)))
        if each.once and each.tick_after(int(now)) is None:
            yield f"'{task.name}': '{each.expression}' is past, so it will not run"


def _same_variable(app: App) -> Iterator[str]:
    """`web-ui` and `web_ui` are two types, but their ports are told in one variable."""
    first: dict[str, ProcessType] = {}
    for type_ in app.types:
        variable = ports.variable(type_.name)
        if variable in first:
            yield f"{app.procfile}:{type_.line}: '{type_.name}' and '{first[variable].name}' share {variable}"
        first.setdefault(variable, type_)


def _same_port(plan: Plan) -> Iterator[str]:
    """A fixed port may be one that another type gets as it comes; those who share a socket share a port."""
    first: dict[int, ProcessPlan] = {}
    for process in plan.processes:
        if process.port is None:
            continue
        other = first.setdefault(process.port, process)
        fixed = any(each.policies.port or each.policies.listen for each in (process, other))
        if other.type != process.type and fixed:
            yield f"{other.name} and {process.name} both have port {process.port}"


def _vain_waiting(app: App, plan: Plan) -> Iterator[str]:
    """Whoever depends on what is not started waits for somebody to start it."""
    started = {each.type for each in plan.processes if each.policies.autostart}
    for name, policies in app.policies.items():
        for other in policies.depends_on:
            if name in started and other not in started:
                yield f"'{name}' depends on '{other}', which is not started with it"


def _ready_too_early(app: App, plan: Plan) -> Iterator[str]:
    """On a socket that is open already nobody can see whether this process is ready."""
    for name, policies in app.policies.items():
        ready, many = policies.ready, sum(each.type == name for each in plan.processes) > 1
        if not policies.listen or ready is None:
            continue
        if ready.kind is Kind.TCP:
            yield f"'{name}' is ready at once: procman itself listens there. Use 'log' or 'notify'"
        elif ready.kind is Kind.HTTP and many:
            yield f"'{name}' is ready when any instance answers, as all share a socket. Use 'log' or 'notify'"


def _about_type(app: App, type_: ProcessType) -> Iterator[str]:
    if type_.name in OWN_NAMES:
        yield f"'{type_.name}' is the name of {OWN_NAMES[type_.name]}"
    if re.search(r"(?<!&)&\s*$", type_.command):
        yield f"'{type_.name}' ends in '&': its shell ends at once, and with it everything"
    program = _program(type_.command)
    if program and not _found(program, app):
        yield f"'{type_.name}': no command '{program}' found"


def _program(command: str) -> str | None:
    """The first program of a command, when that can be told without being a shell."""
    words = [word for word in command.split() if not ASSIGNMENT.match(word)]
    if words[:1] == ["exec"]:
        words = words[1:]
    if not words or words[0] in OF_THE_SHELL or not PLAIN_WORD.fullmatch(words[0]):
        return None
    return words[0]


def _found(program: str, app: App) -> bool:
    """Looked for where the child would look; a path is one from the root."""
    place = os.path.join(app.root, program) if "/" in program else program
    folders = app.environment.values.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(os.path.join(app.root, folder) for folder in folders)
    return shutil.which(place, path=path) is not None
