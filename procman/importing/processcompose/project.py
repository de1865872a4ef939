"""A file of process-compose (its documentation, Configuration and the pages behind it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.config import yamltree
from procman.core.config.yamltree import Mapping
from procman.importing.processcompose import lacks, schedule
from procman.importing.processcompose.lacks import AGAIN, BASH, LOGGED, PROJECT_USUAL
from procman.importing.processcompose.process import Process, Project, variables
from procman.importing.processcompose.text import Context
from procman.importing.reading import surroundings, trees
from procman.importing.reading.parts import Part
from procman.importing.reading.partvalues import usual
from procman.importing.reading.surroundings import Surroundings

if TYPE_CHECKING:
    from procman.importing.found import Found

SHELLS: dict[tuple[str, ...], tuple[str, ...] | None] = {
    (): None,
    ("bash", "-c"): None,
    ("/bin/bash", "-c"): None,
    ("sh", "-c"): (),
    ("/bin/sh", "-c"): (),
}


def read(data: bytes, source: str, found: Found) -> None:
    """Add the processes of a file to what is found. Raises `UserError`."""
    root = trees.of(yamltree.parse, data, source, found)
    part = Part(found, "", root, root.line)
    processes = part.take("processes")
    project = _project(found, part)
    if processes is None or not isinstance(processes.value, Mapping):
        found.lose(processes.line if processes else 1, "no names with commands stand below 'processes:'")
        return
    reader = _Reader(found, project)
    for name, entry in processes.value.entries.items():
        reader.add(Part(found, name, entry.value, entry.line), name)
    reader.finish()


def _project(found: Found, part: Part) -> Project:
    expands = not part.flag("disable_env_expansion")
    shell = part.part("shell")
    chosen = tuple(each for key in ("shell_command", "shell_argument") if (each := shell.text(key).strip()))
    shell.finish(lacks.SHELL)
    texts = {key: value.text for key, value, _ in part.pairs("vars") if value}
    line = part.line_of("environment")
    shared = variables(part, Context(expands))
    left = surroundings.shared(found, Surroundings("environment", line, (), shared))
    part.finish(lacks.PROJECT, (*usual(part, PROJECT_USUAL), *lacks.SILENT))
    return Project(SHELLS.get(chosen, chosen), expands, texts, shared, left)


class _Reader:
    """Adds one process after the other. What most files say of each is told once."""

    def __init__(self, found: Found, project: Project) -> None:
        self.found = found
        self.project = project
        self.names: dict[str, str] = {}
        self.waiting: dict[str, tuple[int, dict[str, str]]] = {}
        self.logs: list[int] = []

    def add(self, part: Part, name: str) -> None:
        """A process, or a task. Without a command that can be run it is left out."""
        process = Process(self.found, part, name, self.project)
        try:
            command = process.command()
        except ValueError as error:
            part.lose(part.line, f"{error}. The process is left out")
            return
        if part.has("schedule"):
            schedule.add(self.found, process, command)
        else:
            keys, others = process.keys(), process.dependencies()
            made, front = surroundings.keys(self.found, process.around(), alone=process.count < 2)
            own = self.found.process(name, front + command, {**keys, **made}, part.line)
            self.names[name] = own
            self.waiting[own] = part.line, others
        self.logs += process.finish()

    def finish(self) -> None:
        """What needs all of them."""
        for name, (line, others) in self.waiting.items():
            for other in [each for each in others if each not in self.names]:
                self.found.lose(line, f"{name}: depends_on: '{other}' is no process here")
            known = {
                self.names[other]: condition for other, condition in others.items() if other in self.names
            }
            if known:
                self.found.processes[name]["depends_on"] = known
        new = [self.found.processes[name] for name in self.waiting]
        first = min((line for line, _ in self.waiting.values()), default=None)
        if self.project.shell is None and new:
            self.found.lose(first, BASH)
        if any("ready" in keys and "log" not in keys["ready"] and "alive" not in keys for keys in new):
            self.found.lose(first, f"readiness_probe: {AGAIN}")
        if self.logs:
            self.found.lose(self.logs[0], f"log_location, log_configuration: {LOGGED}")
