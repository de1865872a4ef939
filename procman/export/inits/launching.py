"""How a process is called where its supervisor only starts a program, and what stands around that."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.core.plan import commands
from procman.errors import Problem, UserError
from procman.export import searchpath, seconds, shell, texts
from procman.export.plan import Note, account_variables, shell_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.plan.plan import ProcessPlan
    from procman.export.plan import ExportPlan, TypePlan

SHELL = commands.SHELL
KEPT = "__own_"
"""How the names of variables begin that the shell has back."""
RELEASE = "is left out: run 'procman run release' before a new version starts"


def words(plan: ExportPlan, process: ProcessPlan) -> tuple[str, ...]:
    """The program and its words, for who has `environment`.

    Without values (--no-env) `procman run` reads the environment files, for nobody else reads them alike.
    They would win over the app's own variables: the shell has those back. No list of processes shows them.
    """
    line = shell_line(process)
    if not _is_by_file(plan):
        return (*SHELL, line)
    known = {**plan.place, **account_variables(process.policies), **process.environment}
    given = (f"{name}={value}" for name, value in known.items() if name not in process.policies.env)
    back = (f'export {name}="${KEPT}{name}"; unset {KEPT}{name}; ' for name in _kept(plan, process))
    return (*_run(plan), "--", "env", *given, *SHELL, "".join([*back, line]))


def environment(plan: ExportPlan, process: ProcessPlan, path: str = searchpath.SYSTEM) -> dict[str, str]:
    """All variables of a process. `path` is the PATH that it has there by itself."""
    kept = {f"{KEPT}{name}": value for name, value in _kept(plan, process).items()}
    return {**searchpath.variables(plan, path), **plan.environment_of(process), **kept}


def _is_by_file(plan: ExportPlan) -> bool:
    return bool(not plan.embed_environment and plan.env_files)


def _kept(plan: ExportPlan, process: ProcessPlan) -> dict[str, str]:
    """Variables that files must not change, and that may be secrets; /bin/sh passes on no others."""
    said = process.policies.env.items() if _is_by_file(plan) else ()
    return {name: value for name, value in said if shell.NAME.fullmatch(name)}


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


def exported(variables: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Variables as a shell can export them, and those that only env(1) can set, as its words."""
    known = {name: value for name, value in variables.items() if shell.NAME.fullmatch(name)}
    return known, [f"{name}={value}" for name, value in variables.items() if name not in known]


def log(plan: ExportPlan, name: str) -> str | None:
    """The file that gets what a process writes, if there is a folder for logs."""
    return os.path.join(plan.log, f"{plan.app}-{name}.log") if plan.log else None


def instances(type_: TypePlan) -> Iterator[tuple[str, ProcessPlan]]:
    """Each process with its name in names of files: `web-1`."""
    for process in type_.processes:
        yield f"{type_.name}-{process.name.rpartition('.')[2]}", process


def check(plan: ExportPlan, source: str) -> None:
    """Raise `UserError` for what no process can be given, and for a user without a name."""
    texts.check(plan, source, texts.is_for_processes, "has a NUL in it: take it out")
    if plan.user and plan.user.isdecimal():
        text = f"user {plan.user} has no name here, and there only names are known: name one with -u"
        raise UserError([Problem("user", None, text)])


def of_app(plan: ExportPlan) -> Iterator[Note]:
    """Notes on what no such supervisor has a word for."""
    if plan.release:
        yield Note("release", "release", RELEASE)
    if plan.run:
        yield Note("", f"run: {plan.run}", "pid files are not needed there, none are written")


def rounded(about: str, **times: float | None) -> Iterator[Note]:
    """Notes on times that are not as they are said because of that."""
    for key, value in times.items():
        if value is not None and value != seconds.whole(value):
            text = f"is {seconds.whole(value)} s there: it has whole seconds"
            yield Note(about, f"{key}: {seconds.text(value)}s", text)
