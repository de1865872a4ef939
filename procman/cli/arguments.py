"""Arguments for a task or process type: refused where they are given, and not when they are used."""

from __future__ import annotations

from procman.app import taskfiles
from procman.core.plan.commands import Kind
from procman.errors import Problem, UserError
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.app.app import App
    from procman.core.plan.commands import Resolution


def check(resolution: Resolution, app: App) -> None:
    """Raise `UserError` for arguments that the command does not take, or the system."""
    if resolution.line is None or not resolution.words:
        return
    from procman.core.plan import arguments
    from procman.host import execlimits

    if not arguments.accepts(resolution.line):
        kind = "task" if resolution.kind is Kind.TASK else "process type"
        text = f"{kind} '{resolution.name}' takes no arguments: {arguments.REFUSAL}"
        raise UserError([_place(resolution, app)._replace(text=text)])
    if wrong := execlimits.complaint(resolution.words, app.environment.values):
        raise UserError([Problem(f"run {resolution.name}", None, wrong)])


def _place(resolution: Resolution, app: App) -> Problem:
    """Where the command stands."""
    if resolution.kind is Kind.TASK:
        return Problem(taskfiles.path_in(app.root) or taskfiles.FILE, app.tasks[resolution.name].line, "")
    return Problem(app.procfile, next(each.line for each in app.types if each.name == resolution.name), "")
