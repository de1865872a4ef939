"""The tasks of an app, as procman.yml says them."""

from __future__ import annotations

from procman.app import taskfiles
from procman.errors import Problem, UserError
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from procman.core.config.taskfile import TaskFile
    from procman.core.plan.procfile import ProcessType
    from procman.core.tasks.task import Task


def of_root(root: str) -> dict[str, Task]:
    """The tasks of procman.yml alone, none where there is no such file. Raises `UserError`."""
    return of(taskfiles.of(root, with_schedules=True), ())


def of(file: TaskFile | None, types: Iterable[ProcessType]) -> dict[str, Task]:
    """The tasks of a file. Raises `UserError` for each that has the name of a process type."""
    if file is None:
        return {}
    from procman.core.config.taskfile import clashes

    if problems := clashes(file.tasks, (type_.name for type_ in types), file.source):
        raise UserError(problems)
    return file.tasks


def due_here(tasks: dict[str, Task], named: Collection[str]) -> dict[str, Task]:
    """All tasks, for any may be asked for; with schedules only those that are named, if some are.

    Raises `UserError` for a name that no task has.
    """
    if not named or not tasks:
        return tasks
    from procman.core.plan.commands import unknown_task  # only who names tasks waits for it

    if unknown := [name for name in named if name not in tasks]:
        raise UserError(Problem("scheduler", None, unknown_task(name, tasks)) for name in unknown)
    return {name: task._replace(ticks_elsewhere=name not in named) for name, task in tasks.items()}
