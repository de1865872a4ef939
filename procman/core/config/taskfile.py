"""`procman.yml`: the app's tasks and processes, its time zone and the default options of `start`."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.config import storeurl, yamltree
from procman.core.config.reading import Reader, each_of
from procman.core.config.taskkeys import KEYS
from procman.core.config.yamltree import Mapping, Scalar, Sequence
from procman.core.plan.procfile import LINE
from procman.core.tasks.task import Task
from procman.errors import PartlyReadError, Problem, UserError

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Iterable
    from datetime import tzinfo

    from procman.core.config.processfile import ProcessSettings
    from procman.core.config.yamltree import Entry
    from procman.core.schedule.schedule import Schedule

TOP = ("timezone", "app", "state_dir", "store", "tasks", "start", "processes")
NOTES = "x-"
"""Keys of the top level that start so are the user's own: a place for anchors, as in Docker Compose."""
EXAMPLES = {
    "tasks": "report: python report.py",
    "start": "port: 3000",
    "processes": "web: {restart: on-failure}",
}
MANY: dict[str, tuple[type, ...]] = {
    "env": (Scalar, Sequence),
    "formation": (Scalar, Sequence, Mapping),
    "concurrency": (Scalar, Sequence, Mapping),
    "label": (Scalar, Sequence),
}
"""Options of `start` that may be more than one value."""
NAMES = "use letters, digits and '_', behind the first of them also '.' and '-'"
SYSTEM = "system"
"""The name of procman's own lines in the log."""


class Where(NamedTuple):
    """Where an app keeps what it knows, as written: the folder of its state, its store, its name there."""

    state_dir: str | None = None
    store: str | None = None
    app: str | None = None


class TaskFile(NamedTuple):
    """What the file says. `timezone` is None when neither the file nor the caller names one; `start`
    has options as they would be typed, by name, each with its line; `where` is as written;
    `processes` what is said of each process type; `source` is what mistakes call it."""

    timezone: tzinfo | None
    tasks: dict[str, Task]
    start: dict[str, str]
    start_lines: dict[str, int]
    where: Where = Where()
    processes: abc.Mapping[str, ProcessSettings] = {}
    source: str = ""


def parse(data: bytes, source: str, zone: tzinfo | None) -> TaskFile:
    """The tasks of a file, in its order; `zone` is that of its schedules when it names none.

    Without a zone the schedules are not read, which takes most of the time.

    Raises `UserError` with every mistake of the file, in the order of lines; `source` is how they name it. It
    is a `PartlyReadError` if at least it is YAML.
    """
    problems: list[Problem] = []
    root = yamltree.parse(data, source, problems)
    file = _Reader(source, problems, zone).file(root)
    if problems:
        in_order = sorted(dict.fromkeys(problems), key=lambda each: each.line or 0)
        raise PartlyReadError(_shorten(in_order, source), file)
    return file


def where(data: bytes, source: str) -> Where:
    """Where the file wants what the app knows. The rest may have mistakes.

    Raises `UserError` when they are such that it is not known.
    """
    problems: list[Problem] = []
    found = _Reader(source, problems, None).where(yamltree.parse(data, source, []))
    if problems:
        raise UserError(problems)
    return found


def clashes(tasks: abc.Mapping[str, Task], types: Iterable[str], source: str) -> list[Problem]:
    """A mistake for each task that is named like a process type, or like procman's own lines in the log."""
    taken = dict.fromkeys(types, "a process type") | {SYSTEM: "procman's own lines"}
    text = "task '{}' has the name of {}, and the log could not tell them apart: rename it"
    return [
        Problem(source, task.line, text.format(name, taken[name]))
        for name, task in tasks.items()
        if name in taken
    ]


def _path(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty: write the path of a folder, or take the line out")
    return text


def _app(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty: write what the app is called, or take the line out")
    return text


def _find_zone(name: str) -> tzinfo:
    from procman.core.schedule.zones import find  # as much, and for schedules only

    return find(name)


PLACES = {"state_dir": _path, "store": storeurl.read, "app": _app}


class _Reader(Reader):
    """Reads the whole tree."""

    def __init__(self, source: str, problems: list[Problem], zone: tzinfo | None) -> None:
        super().__init__(source, problems)
        self.zone = zone
        self.with_schedules = zone is not None

    def file(self, root: Mapping) -> TaskFile:
        for key, entry in root.entries.items():
            if key not in TOP and not key.startswith(NOTES):
                self.unknown(entry.line, "", key, TOP)
        if "timezone" in root.entries:
            before = len(self.problems)
            named = self.value("", "timezone", root.entries["timezone"], _find_zone)
            self.zone = named or (UTC if self.problems[before:] else self.zone)  # a mistake is told once
        tasks = {name: self.task(name, entry) for name, entry in self.part(root, "tasks").items()}
        start, lines = self.options(self.part(root, "start"))
        processes = self.processes(self.part(root, "processes"))
        return TaskFile(self.zone, tasks, start, lines, self.where(root), processes, self.source)

    def part(self, root: Mapping, key: str) -> dict[str, Entry]:
        return self.section(root, key, EXAMPLES[key])

    def where(self, root: Mapping) -> Where:
        return Where(**{key: self._text(root, key, read) for key, read in PLACES.items()})

    def _text(self, root: Mapping, key: str, read: abc.Callable[[str], str]) -> str | None:
        entry = root.entries.get(key)
        return self.value("", key, entry, read) if entry else None

    def processes(self, entries: dict[str, Entry]) -> abc.Mapping[str, ProcessSettings]:
        if not entries:
            return {}
        from procman.core.config import processfile  # only an app that says something of them waits for it

        return processfile.read(self, entries)

    def task(self, name: str, entry: Entry) -> Task:
        where = f"task '{name}': "
        match = LINE.fullmatch(f"{name}: command")
        if match is None or match[1] != name:
            self.problem(entry.line, f"'{name}' is no name for a task: {NAMES}")
        node = entry.value
        entries = node.entries if isinstance(node, Mapping) else {"command": entry}
        fields: dict[str, Any] = {}
        for key, each in entries.items():
            self.field(fields, where, key, each)
        if "command" not in entries:
            self.problem(entry.line, f"{where}it has no command: write one, as 'command: ...'")
        return Task(**{"command": "", **fields, "name": name, "line": entry.line})

    def field(self, fields: dict[str, Any], where: str, key: str, entry: Entry) -> None:
        """Add what the key of a task says to the fields of the task."""
        if key == "schedule":
            fields["schedules"] = self.schedules(where, entry) if self.with_schedules else ()
        elif key not in KEYS:
            self.unknown(entry.line, where, key, (*KEYS, "schedule"))
        elif KEYS[key].field in fields:
            self.problem(entry.line, f"{where}{key}: it is described already")
        else:
            value = self.value(where, key, entry, KEYS[key].read)
            if value is not None:
                fields[KEYS[key].field] = value

    def schedules(self, where: str, entry: Entry) -> tuple[Schedule, ...]:
        return self.values(where, "schedule", entry, self.read_schedule)

    def read_schedule(self, text: str) -> Schedule:
        from procman.core.schedule import schedule  # 10 ms that a task that is run by hand need not wait for

        return schedule.parse(text, self.zone or UTC)

    def options(self, entries: dict[str, Entry]) -> tuple[dict[str, str], dict[str, int]]:
        """The options of `start`, each as it would be typed, and the lines also of those that are null."""
        texts: dict[str, str] = {}
        lines: dict[str, int] = {}
        for key, entry in entries.items():
            name = key.replace("-", "_")
            text = self.option(key, entry)
            if name in lines:
                self.problem(entry.line, f"start: '{key}' is already set on line {lines[name]}")
            elif text is not None:
                texts[name] = text
            lines.setdefault(name, entry.line)
        return texts, lines

    def option(self, key: str, entry: Entry) -> str | None:
        """A value, a list or a mapping of values in one text."""
        node = entry.value
        if not isinstance(node, MANY.get(key, Scalar)) or isinstance(node, Scalar):
            return self.value("start: ", key, entry, str)
        if isinstance(node, Sequence):
            parts = [("", each) for each in each_of(entry)]
        else:
            parts = [(f"{name}=", each) for name, each in node.entries.items()]
        found = [(before, self.value("start: ", key, each, str)) for before, each in parts]
        return ",".join(before + text for before, text in found if text is not None)


def _shorten(problems: list[Problem], source: str, most: int = 20) -> list[Problem]:
    """One bad default that thousands of tasks share is as many mistakes, and nobody reads them."""
    left = len(problems) - most
    return problems if left <= 0 else [*problems[:most], Problem(source, None, f"and {left} more mistakes")]
