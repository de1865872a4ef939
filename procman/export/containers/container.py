"""What is different in a container: it has no path of this machine, and its loopback for itself."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from procman.core.plan import commands, ports, questions
from procman.core.plan import plan as plans
from procman.core.plan.plan import ProcessPlan
from procman.core.plan.policies import Kind
from procman.export import texts
from procman.export.plan import Note, shell_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from procman.core.plan.policies import Policies, Probe
    from procman.export.plan import ExportPlan, TypePlan

SHELL = commands.SHELL
WEB = "web"
"""The type that the world comes to (Heroku)."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ASKED_THERE = (Kind.TCP, Kind.HTTP)
STATE = "/var/lib/procman"
"""Where the history and jobs of a scheduler are kept: on a volume."""


def first(type_: TypePlan) -> ProcessPlan:
    """What all containers of a type are like: its first process, also where there is to be none."""
    if type_.processes:
        return type_.processes[0]
    name = f"{type_.name}.1"
    environment = {**type_.policies.env, **plans.identity(name, None)}
    return ProcessPlan(name, type_.name, 0, type_.command, None, environment, policies=type_.policies)


def script(command: str, policies: Policies, root: str) -> str:
    """A command for `/bin/sh -c` in an image whose own folder is the app's, wherever that is."""
    before = [] if policies.umask is None else [f"umask {policies.umask:03o}; "]
    cwd = policies.cwd
    if cwd and os.path.normpath(cwd) != os.path.normpath(root):
        before.append(f"cd {shlex.quote(_below(cwd, root))} || exit; ")
    return "".join(before) + command


def command(process: ProcessPlan, root: str) -> str:
    """What `/bin/sh -c` gets there for a process."""
    return script(shell_line(process), process.policies, root)


def _below(path: str, root: str) -> str:
    """A folder of the app as it is called from there (with `./`, for CDPATH), another one in full."""
    relative = os.path.relpath(path, root)
    return path if relative.startswith("..") else f"./{relative}"


def scheduler(plan: ExportPlan, tasks: Iterable[str]) -> list[str]:
    """What runs tasks there: the image has procman, and the app's files in its own folder."""
    there = plan._replace(procman=("procman",), typed=tuple(_typed(plan)))
    return [*there.scheduler_words(tuple(tasks))]


def _typed(plan: ExportPlan) -> Iterator[str]:
    """Options that mean something there: a Procfile of the app, by its name from there, and the port."""
    for flag, value in zip(plan.typed[::2], plan.typed[1::2], strict=True):
        if flag == "-f" and not (name := os.path.relpath(value, plan.root)).startswith(".."):
            yield from (flag, name)
        elif flag == "-p":
            yield from (flag, value)


def served(plan: ExportPlan, type_: TypePlan) -> tuple[int, ...]:
    """The ports on which others find a type: those that something says of it."""
    process = first(type_)
    said = (
        type_.name == WEB or type_.policies.port or type_.policies.listen or _is_asked_for(plan, type_.name)
    )
    own = [process.port] if said and process.port else []
    return tuple(dict.fromkeys([*own, *_probed(process)]))


def _probed(process: ProcessPlan) -> Iterator[int]:
    for probe in (process.policies.ready, process.policies.alive):
        if probe and probe.kind in ASKED_THERE and is_here(probe, process):
            yield questions.of(probe, process).port


def is_here(probe: Probe, process: ProcessPlan) -> bool:
    """Whether a TCP or HTTP probe is about the process itself."""
    return questions.of(probe, process).host in LOOPBACK


def _is_asked_for(plan: ExportPlan, name: str) -> bool:
    """Whether a command or a variable has its PROCMAN_PORT_."""
    asked = ports.variable(name)
    found = [*plan.environment.values(), *(task.command for task in plan.tasks)]
    found += [plan.release.command] if plan.release else []
    for each in plan.types:
        found += [each.command, *each.policies.env.values()]
    return any(asked in text for text in found)


def loopback(plan: ExportPlan, names: Mapping[str, str]) -> Iterator[Note]:
    """The note on addresses; `names` of the services by type."""
    found = [f"{names[each.name]}:{port}" for each in plan.types for port in served(plan, each)]
    if found:
        listed = ", ".join(found[:3]) + ", ..." * (len(found) > 3)
        text = f"is each container's own: a server listens on 0.0.0.0, and others find it as {listed}"
        yield Note("", "localhost", text)


def alike(type_: TypePlan) -> Iterator[Note]:
    """The note on what several containers of a type have in common."""
    if len(type_.processes) > 1:
        one = first(type_)
        port = "" if one.port is None else f" and have PORT {one.port}"
        yield Note(
            type_.name, f"instances: {len(type_.processes)}", f"is so, but all are called {one.name}{port}"
        )


def account(type_: TypePlan) -> Iterator[Note]:
    """The note on whom it runs as."""
    if found := type_.policies.account:
        yield Note(type_.name, f"user: {found.name}", f"is {found.uid}:{found.gid} there, its numbers here")


def check(plan: ExportPlan, what: str) -> None:
    """Raise `UserError` for what is no text in UTF-8."""
    wrong = "has a NUL or bytes that are not UTF-8, which YAML cannot hold: take them out"
    texts.check(plan, what, texts.is_utf_8, wrong)


def variables(plan: ExportPlan) -> list[str]:
    """The names of all variables."""
    own = (name for each in plan.types for name in each.policies.env)
    return [*dict.fromkeys([*plan.environment, *own])]


def of_machine(plan: ExportPlan, logs: str) -> Iterator[Note]:
    """Notes on what is about folders of this machine."""
    if plan.log:
        yield Note("", f"log: {plan.log}", f"is no folder there: '{logs}' shows what was written")
    if plan.run:
        yield Note("", f"run: {plan.run}", "is no folder there: nothing needs pid files")
