"""All that comes from the user, and whether a file or a process can have it. Values are never told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.export.plan import ExportPlan


def of(plan: ExportPlan) -> dict[str, str]:
    """Each text, by how to name it."""
    variables = [plan.environment, *(each.policies.env for each in plan.types)]
    found = {f"the name of the variable {name!r}": name for each in variables for name in each}
    found |= {**plan.environment, "the folder of the app": plan.root}
    found |= {"the command of release": plan.release.command} if plan.release else {}
    for task in plan.tasks:
        found[f"the command of {task.name}"] = task.command
        found[f"the description of {task.name}"] = task.description
    for each in plan.types:
        found[f"the command of {each.name}"] = each.command
        found |= {f"{key} of {each.name}": value for key, value in each.policies.env.items()}
        found[f"cwd of {each.name}"] = each.policies.cwd or ""
    return found


def check(plan: ExportPlan, source: str, is_fine: Callable[[str], bool], wrong: str) -> None:
    """Raise `UserError` with the names of all texts that are not."""
    bad = [name for name, text in of(plan).items() if not is_fine(text)]
    if bad:
        raise UserError(Problem(source, None, f"{name} {wrong}") for name in bad)


def is_for_processes(text: str) -> bool:
    """Whether an argument or a variable can be that: bytes without a NUL."""
    return _is(text, "surrogateescape")


def is_utf_8(text: str) -> bool:
    """Whether it is text without a NUL."""
    return _is(text, "strict")


def _is(text: str, errors: str) -> bool:
    try:
        return b"\0" not in text.encode("utf-8", errors)
    except UnicodeEncodeError:
        return False
