"""What is different in a container: it has no path of this machine, and its loopback for itself."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from procman.core.plan import commands, ports, questions
from procman.core.plan import plan as plans
from procman.core.plan.plan import ProcessPlan
from procman.core.plan.policies import Kind
from procman.export import seconds, texts
from procman.export.plan import Note, shell_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from procman.core.plan.policies import Policies, Probe
    from procman.export.plan import ExportPlan, TypePlan

SHELL = commands.SHELL
WEB = "web"
"""The type that the world comes to (Heroku)."""
NO_FILES = ("-e", "/dev/null")
"""Environment files that procman.yml names are not in the image, and procman would miss them."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ASKED_THERE = (Kind.TCP, Kind.HTTP)
VOLUME = "/var/lib/procman"
"""Where the volume is on which a scheduler keeps history and jobs."""
STATE = f"{VOLUME}/state"
"""procman wants a folder of its own, and makes it; a volume belongs to root, mostly."""


def first(plan: ExportPlan, type_: TypePlan) -> ProcessPlan:
    """What all containers of a type are like: its first process, also where there is to be none."""
    if type_.processes:
        return type_.processes[0]
    name, said = f"{type_.name}.1", plan.environment.get(ports.variable(type_.name))
    port = int(said) if said else None
    environment = {**type_.policies.env, **plans.identity(name, port)}
    return ProcessPlan(name, type_.name, 0, type_.command, port, environment, policies=type_.policies)


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


def inside(path: str, root: str) -> str | None:
    """A path as it is called from the app's folder; None for one that is outside."""
    relative = os.path.relpath(path, root)
    return None if relative.split("/")[0] == ".." else relative


def _below(path: str, root: str) -> str:
    """A folder of the app as it is called from there (with `./`, for CDPATH), another one in full."""
    found = inside(path, root)
    return path if found is None else f"./{found}"


def scheduler(plan: ExportPlan, tasks: Iterable[str]) -> list[str]:
    """What runs tasks there: the image has procman, and the app's files in its own folder."""
    typed = (*_typed(plan), "-t", seconds.text(plan.timeout))
    return [*plan._replace(procman=("procman",), typed=typed).scheduler_words(tuple(tasks))]


def _typed(plan: ExportPlan) -> Iterator[str]:
    """Options that mean something there: a Procfile of the app, by its name from there, and the port."""
    if "-e" in plan.typed[::2]:
        yield from NO_FILES
    for flag, value in zip(plan.typed[::2], plan.typed[1::2], strict=True):
        if flag == "-f" and (name := inside(value, plan.root)):
            yield from (flag, name)
        elif flag == "-p":
            yield from (flag, value)


def served(plan: ExportPlan, type_: TypePlan) -> tuple[int, ...]:
    """The ports on which others find a type: those that something says of it."""
    process = first(plan, type_)
    said = (
        type_.name == WEB or type_.policies.port or type_.policies.listen or _is_asked_for(plan, type_.name)
    )
    own = [process.port] if said and process.port else []
    return tuple(dict.fromkeys([*own, *_probed(process)]))


def _probed(process: ProcessPlan) -> Iterator[int]:
    found = (process.policies.ready, process.policies.alive)
    here = [probe for probe in found if probe and probe.kind in ASKED_THERE and is_here(probe, process)]
    yield from filter(None, (questions.of(probe, process).port for probe in here))


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
        one = type_.processes[0]
        port = "" if one.port is None else f" and have PORT {one.port}"
        yield Note(
            type_.name, f"instances: {len(type_.processes)}", f"is so, but all are called {one.name}{port}"
        )


def outside(name: str, policies: Policies, root: str) -> Iterator[Note]:
    """The note on a folder that is not the app's."""
    if policies.cwd and inside(policies.cwd, root) is None:
        text = "is outside of the app's folder: the image has to have it"
        yield Note(name, f"cwd: {policies.cwd}", text)


def account(name: str, policies: Policies) -> Iterator[Note]:
    """The note on whom it runs as."""
    if found := policies.account:
        text = f"is {found.uid}:{found.gid} there, its numbers here, and HOME is what the image says"
        yield Note(name, f"user: {found.name}", text)


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
