"""How a process is called where its supervisor only starts a program, and what stands around that."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from procman.core.plan import commands
from procman.errors import Problem, UserError
from procman.export import shellwords
from procman.export.plan import Note, shell_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies
    from procman.core.tasks.task import Task
    from procman.export.plan import ExportPlan, TypePlan

SHELL = commands.SHELL
RELEASE = "is left out: run 'procman run release' before a new version starts"


def words(plan: ExportPlan, process: ProcessPlan) -> tuple[str, ...]:
    """The program and its words.

    Without values (--no-env) `procman run` reads the environment files, for nobody else reads them alike.
    """
    line = (*SHELL, shell_line(process))
    if plan.embed_environment or not plan.env_files:
        return line
    own = {**plan.place, **of_account(process.policies), **process.environment}
    return (*_run(plan), "--", "env", *(f"{name}={value}" for name, value in own.items()), *line)


def _run(plan: ExportPlan) -> Iterator[str]:
    """`procman run` for this app from any folder; it knows no formation."""
    yield from (*plan.procman, "run")
    pairs = [*zip(plan.typed[::2], plan.typed[1::2], strict=True)]
    if "-d" not in plan.typed:
        pairs.append(("-d", plan.root))
    if "-e" not in plan.typed:
        pairs += [("-e", file) for file in plan.env_files]
    for flag, value in pairs:
        if flag != "-m":
            yield from (flag, value)


def environment(plan: ExportPlan, process: ProcessPlan) -> dict[str, str]:
    """All variables of a process. Who is said to be somebody else finds that home, whatever files say."""
    own = of_account(process.policies)
    return {**plan.environment, **plan.place, **own, **process.environment}


def of_account(policies: Policies) -> dict[str, str]:
    """What a user of its own finds in its environment."""
    account = policies.account
    return {"HOME": account.home, "USER": account.name, "LOGNAME": account.name} if account else {}


def of_task(task: Task) -> str:
    """What `/bin/sh -c` gets for a task."""
    return commands.script(task.command, ()).behind[0]


def exported(variables: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Variables as a shell can export them, and those that only env(1) can set, as its words."""
    known = {name: value for name, value in variables.items() if shellwords.NAME.fullmatch(name)}
    return known, [f"{name}={value}" for name, value in variables.items() if name not in known]


def folder(plan: ExportPlan, policies: Policies) -> str:
    """Where a process runs."""
    return policies.cwd or plan.root


def log(plan: ExportPlan, name: str) -> str | None:
    """The file that gets what a process writes, if there is a folder for logs."""
    return os.path.join(plan.log, f"{plan.app}-{name}.log") if plan.log else None


def instances(type_: TypePlan) -> Iterator[tuple[str, ProcessPlan]]:
    """Each process with its name in names of files: `web-1`."""
    for process in type_.processes:
        yield f"{type_.name}-{process.name.rpartition('.')[2]}", process


def check(plan: ExportPlan, source: str) -> None:
    """Raise `UserError` for what no process can be given, and for a user without a name."""
    shellwords.checked(source, texts(plan))
    if plan.user and plan.user.isdecimal():
        text = f"user {plan.user} has no name here, and there only names are known: name one with -u"
        raise UserError([Problem("user", None, text)])


def of_app(plan: ExportPlan) -> Iterator[Note]:
    """Notes on what no such supervisor has a word for."""
    if plan.release:
        yield Note("release", "release", RELEASE)
    if plan.run:
        yield Note("", f"run: {plan.run}", "pid files are not needed there, none are written")


def whole(value: float) -> int:
    """Seconds for those who know no parts of one, and take 0 for ever."""
    return max(1, math.ceil(value))


def rounded(about: str, **times: float | None) -> Iterator[Note]:
    """Notes on times that are not as they are said because of that."""
    for key, value in times.items():
        if value and value != whole(value):
            yield Note(about, f"{key}: {seconds(value)}s", f"is {whole(value)} s there: it has whole seconds")


def texts(plan: ExportPlan) -> dict[str, str]:
    """All that comes from the user, by how to name it: never by its value."""
    found = {**plan.environment, "the folder of the app": plan.root}
    found |= {f"the command of {task.name}": task.command for task in plan.tasks}
    for each in plan.types:
        found[f"the command of {each.name}"] = each.command
        found |= {f"{key} of {each.name}": value for key, value in each.policies.env.items()}
        found |= {f"cwd of {each.name}": each.policies.cwd or ""}
    return found


def seconds(value: float) -> str:
    """Seconds as programs read them: `0.5`, `300`."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
