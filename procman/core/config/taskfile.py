"""`procman.yml`: the app's tasks, its time zone and the default options of `start`."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.config import yamltree
from procman.core.config.taskkeys import KEYS
from procman.core.config.yamltree import Entry, Mapping, Scalar, Sequence
from procman.core.plan.procfile import LINE
from procman.core.tasks.task import Task
from procman.errors import Problem, UserError, suggest

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Callable, Iterable
    from datetime import tzinfo
    from typing import TypeVar

    from procman.core.config.yamltree import Node
    from procman.core.schedule.schedule import Schedule

    T = TypeVar("T")

TOP = ("timezone", "state_dir", "tasks", "start")
NOTES = "x-"
"""Keys of the top level that start so are the user's own: a place for anchors, as in Docker Compose."""
EXAMPLES = {"tasks": "report: python report.py", "start": "port: 3000"}
NAMES = "use letters, digits and '_', behind the first of them also '.' and '-'"
SYSTEM = "system"
"""The name of procman's own lines in the log."""


class TaskFile(NamedTuple):
    """What the file says. `timezone` is None when neither the file nor the caller names one; `start`
    has options as they would be typed, by name, each with its line; `state_dir` a path as written."""

    timezone: tzinfo | None
    tasks: dict[str, Task]
    start: dict[str, str]
    start_lines: dict[str, int]
    state_dir: str | None = None


def parse(data: bytes, source: str, zone: tzinfo | None) -> TaskFile:
    """The tasks of a file, in its order; `zone` is that of its schedules when it names none.

    Without a zone the schedules are not read, which takes most of the time.

    Raises `UserError` with every mistake of the file, in the order of lines; `source` is how they name it.
    """
    problems: list[Problem] = []
    root = yamltree.parse(data, source, problems)
    file = _Reader(source, problems, zone).file(root)
    if problems:
        raise UserError(_shorten(sorted(dict.fromkeys(problems), key=lambda each: each.line or 0), source))
    return file


def state_dir(data: bytes, source: str) -> str | None:
    """Where the file wants the app's state, None where it does not say. The rest may have mistakes.

    Raises `UserError` when they are such that it is not known.
    """
    problems: list[Problem] = []
    found = _Reader(source, problems, None).state_dir(yamltree.parse(data, source, []))
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


def _find_zone(name: str) -> tzinfo:
    from procman.core.schedule.zones import find  # as much, and for schedules only

    return find(name)


class _Reader:
    """Reads the tree, and gathers what is wrong with it."""

    def __init__(self, source: str, problems: list[Problem], zone: tzinfo | None) -> None:
        self.source = source
        self.problems = problems
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
        tasks = {name: self.task(name, entry) for name, entry in self.section(root, "tasks").items()}
        start, lines = self.options(self.section(root, "start"))
        return TaskFile(self.zone, tasks, start, lines, self.state_dir(root))

    def state_dir(self, root: Mapping) -> str | None:
        entry = root.entries.get("state_dir")
        return self.value("", "state_dir", entry, _path) if entry else None

    def section(self, root: Mapping, key: str) -> dict[str, Entry]:
        """The entries below a key of the top level, none when nothing stands there."""
        entry = root.entries.get(key)
        if entry is None or (isinstance(entry.value, Scalar) and (entry.value.empty or entry.value.null)):
            return {}
        if isinstance(entry.value, Mapping):
            return entry.value.entries
        wrong = f"{key}: write lines like '{EXAMPLES[key]}' below it, not {_kind(entry.value)}"
        self.problem(entry.line, wrong)
        return {}

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
        node = entry.value
        entries = [Entry(each.line, each) for each in node.items] if isinstance(node, Sequence) else [entry]
        found = [self.value(where, "schedule", each, self.read_schedule) for each in entries]
        return tuple(each for each in found if each is not None)

    def read_schedule(self, text: str) -> Schedule:
        from procman.core.schedule import schedule  # 10 ms that a task that is run by hand need not wait for

        return schedule.parse(text, self.zone or UTC)

    def options(self, entries: dict[str, Entry]) -> tuple[dict[str, str], dict[str, int]]:
        """The options of `start`, each as it would be typed, and their lines."""
        texts: dict[str, str] = {}
        lines: dict[str, int] = {}
        for key, entry in entries.items():
            name = key.replace("-", "_")
            text = self.option(key, entry)
            if name in lines:
                self.problem(entry.line, f"start: '{key}' is already set on line {lines[name]}")
            elif text is not None:
                texts[name], lines[name] = text, entry.line
        return texts, lines

    def option(self, key: str, entry: Entry) -> str | None:
        """A value, a list or a mapping of values in one text."""
        node = entry.value
        if isinstance(node, Scalar):
            return self.value("start: ", key, entry, str)
        if isinstance(node, Sequence):
            parts = [("", Entry(each.line, each)) for each in node.items]
        else:
            parts = [(f"{name}=", each) for name, each in node.entries.items()]
        return ",".join(f"{before}{self.value('start: ', key, each, str)}" for before, each in parts)

    def value(self, where: str, key: str, entry: Entry, read: Callable[[str], T]) -> T | None:
        """What `read` makes of the one value of a key; None for null, and for what is wrong."""
        node = entry.value
        if not isinstance(node, Scalar):
            self.problem(node.line, f"{where}{key}: write one value, not {_kind(node)}")
        elif node.empty or (node.null and key == "command"):
            self.problem(entry.line, f"{where}{key}: it has no value: write one, or take the line out")
        elif not node.null:
            try:
                return read(node.text)
            except ValueError as error:
                self.problem(node.line, f"{where}{key}: {error}")
        return None

    def unknown(self, line: int, where: str, key: str, known: Iterable[str]) -> None:
        hint = suggest(key, known) or f": write one of {', '.join(sorted(known))}"
        self.problem(line, f"{where}unknown key '{key}'{hint}")

    def problem(self, line: int, text: str) -> None:
        self.problems.append(Problem(self.source, line, text))


def _kind(node: Node) -> str:
    return {Scalar: "text", Sequence: "a list", Mapping: "keys and values"}[type(node)]


def _shorten(problems: list[Problem], source: str, most: int = 20) -> list[Problem]:
    """One bad default that thousands of tasks share is as many mistakes, and nobody reads them."""
    left = len(problems) - most
    return problems if left <= 0 else [*problems[:most], Problem(source, None, f"and {left} more mistakes")]
