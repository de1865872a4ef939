"""A process of process-compose as a process type, or as a task if it has a schedule."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from procman.core.config.yamltree import Mapping, Scalar
from procman.importing.processcompose import lacks, policies, probes
from procman.importing.processcompose.text import BASH, REPLICA, Context, names, plain, rendered, script
from procman.importing.reading import words
from procman.importing.reading.partvalues import number, usual
from procman.importing.reading.surroundings import Surroundings

if TYPE_CHECKING:
    from collections import abc

    from procman.importing.found import Found, Keys
    from procman.importing.reading.parts import Part
    from procman.importing.reading.words import Word

CONDITIONS = {
    "process_started": "started",
    "process_healthy": "ready",
    "process_log_ready": "ready",
    "process_completed": "completed",
    "process_completed_successfully": "completed",
}
OWN_NAME = "PC_PROC_NAME"
ANY_END = "procman waits for an end with code 0: write '|| true' behind the command of"


class Project(NamedTuple):
    """What holds for all. `shell` is what runs commands, with its option: empty for /bin/sh,
    None for bash, as usual. `variables` are for each process."""

    shell: tuple[str, ...] | None = None
    expands: bool = True
    vars: abc.Mapping[str, str] = {}
    shared: abc.Mapping[str, Word] = {}
    variables: abc.Mapping[str, Word] = {}


class Process:
    """Reads one process."""

    def __init__(self, found: Found, part: Part, name: str, project: Project) -> None:
        self.found = found
        self.part = part
        self.name = name
        self.project = project
        self.text = repr(part.entries)
        self.count = max(1, number(part, "replicas", 1))
        own = {key: value.text for key, value, _ in part.pairs("vars") if value}
        templates = not part.flag("is_template_disabled")
        self.context = Context(project.expands, templates, self.count, {**project.vars, **own})
        self.variables = variables(part, self.context)

    def command(self) -> str:
        """The command, without its surroundings. Raises `ValueError`."""
        text = self.part.text("command")
        entrypoint = self.part.scalars("entrypoint")
        if not text.strip() and entrypoint:
            return words.line([plain(each.text, self.context) for each in entrypoint])
        if not text.strip():
            raise ValueError("there is no command")
        word = rendered(text, self.context)
        self._tell_of_variables(word)
        line = script(word).strip("\n")
        shell = self.project.shell
        if shell is None:
            shell = ("bash", "-c") if BASH.search(line) else ()
        return words.line([*((each,) for each in shell), (line,)]) if shell else line

    def around(self) -> Surroundings:
        """Its folder and variables."""
        folder: Word = ()
        try:
            folder = rendered(self.part.text("working_dir"), self.context)
        except ValueError as error:
            self.part.lose(self.part.line, f"working_dir: {error}. It starts in the app's folder")
        return Surroundings(
            self.part.where,
            self.part.line,
            folder,
            {**self._own(), **self.project.variables, **self.variables},
        )

    def keys(self) -> Keys:
        """What procman.yml says of the process type, without what is around it and what it depends on."""
        keys: Keys = {"instances": self.count} if self.count > 1 else {}
        if True in (self.is_off(), self._is_foreground()):
            keys["autostart"] = False
        if True in (self.part.flag("is_tty"), self.part.flag("is_interactive")):
            keys["pty"] = "always"
        keys |= {**policies.end(self.part), **policies.stop(self.part)}
        keys |= {
            **probes.ready(self.part, self.context),
            **probes.alive(self.part, self.context),
        }
        return {**keys, **policies.watch(self.part), **self._env_file()}

    def is_off(self) -> bool:
        """Whether it is not started with the others."""
        return True in (self.part.flag("disabled"), self.part.flag("is_disabled"))

    def dependencies(self) -> dict[str, str]:
        """Conditions by the names of other processes."""
        entry = self.part.take("depends_on")
        if entry is None:
            return {}
        found: dict[str, str] = {}
        if isinstance(entry.value, Mapping):
            for other, below in entry.value.entries.items():
                found[other] = self._condition(other, below.value, below.line)
        else:
            self.part.entries["depends_on"] = entry
            found = {each.text: "started" for each in self.part.scalars("depends_on")}
        return found

    def finish(self) -> list[int]:
        """Tell what nobody has taken; returns the lines that are about log files."""
        for code in self.part.scalars("success_exit_codes"):
            if code.text != "0":
                self.part.lose(code.line, f"success_exit_codes: {code.text}: only 0 is success for procman")
        left = self.part.entries
        logs = [left.pop(key).line for key in lacks.LOGS if key in left]
        silent = usual(self.part, lacks.PROCESS_USUAL)
        self.part.finish(lacks.PROCESS, (*silent, *lacks.PROCESS_SILENT))
        return logs

    def _is_foreground(self) -> bool:
        line = self.part.line_of("is_foreground")
        foreground = self.part.flag("is_foreground")
        if foreground:
            self.part.lose(line, f"is_foreground: 'procman run {self.name}' gives it your terminal")
        return foreground

    def _own(self) -> dict[str, Word]:
        """What process-compose tells a process of itself, where that may be looked at."""
        own: dict[str, Word] = {}
        if REPLICA in self.text or self.count > 1:
            own[REPLICA] = (words.instance(0) if self.count > 1 else "0",)
        if OWN_NAME in self.text:
            own[OWN_NAME] = (self.name,)
        return own

    def _tell_of_variables(self, word: Word) -> None:
        for name in sorted(names(word) & {*self.variables, *self.project.shared}):
            text = "process-compose puts in what its own environment has, procman the process's own value"
            self.part.lose(self.part.line, f"command: ${{{name}}}: {text}")

    def _condition(self, other: str, node: object, line: int) -> str:
        condition = ""
        if isinstance(node, Mapping) and "condition" in node.entries:
            below = node.entries["condition"].value
            condition = below.text if isinstance(below, Scalar) else ""
        elif isinstance(node, Scalar):
            condition = node.text
        if condition == "process_completed":
            self.part.lose(line, f"depends_on: {other}: process_completed: {ANY_END} '{other}'")
        if condition and condition not in CONDITIONS:
            self.part.lose(
                line, f"depends_on: {other}: '{condition}' is no condition: taken as process_started"
            )
        return CONDITIONS.get(condition, "started")

    def _env_file(self) -> Keys:
        line, path = self.part.line_of("env_file"), self.part.text("env_file")
        if path and not self.found.place.is_file(os.path.join(self.found.place.root, path)):
            self.part.lose(line, f"env_file: there is no {path} here: write 'env_file: {path}' where it is")
            return {}
        return {"env_file": path} if path else {}


def variables(part: Part, context: Context) -> dict[str, Word]:
    """What `environment` sets, as a list or a mapping."""
    found: dict[str, Word] = {}
    for name, value, line in part.pairs("environment"):
        try:
            found[name] = plain(value.text if value else "", context)
        except ValueError as error:
            part.lose(line, f"environment: {name}: {error}: it is left out")
    return found
