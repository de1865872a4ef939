"""`processes:` in procman.yml: what it says of each process type, before anything on disk is looked at."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.config import processparts, processrules, processvalues
from procman.core.config.keyrows import Shape
from procman.core.config.processkeys import KEYS
from procman.core.config.reading import each_of, is_nothing, is_null
from procman.core.config.yamltree import Mapping
from procman.core.plan.policies import Condition, Policies

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Callable

    from procman.core.config.keyrows import Key
    from procman.core.config.reading import Reader
    from procman.core.config.yamltree import Entry

WHERE = "processes: "
EXAMPLE = "keys below it, like 'restart: on-failure'"
OUTSIDE = ("cwd", "env_file", "user", "group")
"""Keys that mean something only where procman runs."""


class Written(NamedTuple):
    """A text as it stands in the file."""

    text: str
    line: int


class ProcessSettings(NamedTuple):
    """What the file says of a process type. `policies` have nothing yet of what is as written here: `cwd`,
    `env_files`, `user` and `group`."""

    policies: Policies
    line: int
    lines: abc.Mapping[str, int] = {}
    """Of its keys."""
    depends_lines: abc.Mapping[str, int] = {}
    """Of the types that it depends on."""
    cwd: str | None = None
    env_files: tuple[Written, ...] = ()
    user: str | None = None
    group: str | None = None


def read(reader: Reader, entries: abc.Mapping[str, Entry]) -> dict[str, ProcessSettings]:
    """What is below `processes:`, by process type; whether there are such types is not known here.

    What a type depends on is waited for until it is ready, if nothing else is said; if it is to end, until it
    has.
    """
    types = {name: _Type(reader, name, entry) for name, entry in entries.items()}
    found = {name: each.settings() for name, each in types.items()}
    to_end = {name for name, each in found.items() if each.policies.oneshot}
    return {name: types[name].with_conditions(each, to_end) for name, each in found.items()}


class _Type:
    """Reads what is said of one type."""

    def __init__(self, reader: Reader, name: str, entry: Entry) -> None:
        self.reader = reader
        self.name = name
        self.where = f"{WHERE}{name}: "
        self.line = entry.line
        nothing = is_nothing(entry)
        self.entries = {} if nothing else reader.keys(WHERE, name, entry, EXAMPLE) or {}
        self.conditions: dict[str, tuple[Condition | None, int]] = {}
        self.shapes: dict[Shape, Callable[[str, str, Entry, Key], Any]] = {
            Shape.ONE: self.one,
            Shape.SOME: self.some,
            Shape.VARIABLES: self.variables,
            Shape.CONDITIONS: self.depends_on,
            Shape.KEYS: self.part,
        }

    def settings(self) -> ProcessSettings:
        """With conditions left open."""
        found = self.known(self.where, self.entries, KEYS)
        fields = {KEYS[key].field or key: value for key, value in found.items() if key not in OUTSIDE}
        policies = Policies(**fields)
        for key, text in processrules.wrong(policies):
            self.reader.problem(self.entries[key].line, f"{self.where}{key}: {text}")
        return ProcessSettings(
            policies,
            self.line,
            {key: entry.line for key, entry in self.entries.items()},
            {name: line for name, (_, line) in self.conditions.items()},
            found.get("cwd"),
            found.get("env_file", ()),
            found.get("user"),
            found.get("group"),
        )

    def with_conditions(self, settings: ProcessSettings, to_end: abc.Container[str]) -> ProcessSettings:
        """The same, and what is waited for where nothing was said of it."""
        depends_on = {
            name: condition or (Condition.COMPLETED if name in to_end else Condition.READY)
            for name, (condition, _) in self.conditions.items()
        }
        return settings._replace(policies=settings.policies._replace(depends_on=depends_on))

    def known(
        self, where: str, entries: abc.Mapping[str, Entry], table: abc.Mapping[str, Key]
    ) -> dict[str, Any]:
        """What the keys say that are in the table, and say something."""
        found = {}
        for key, entry in entries.items():
            if key not in table:
                self.reader.unknown(entry.line, where, key, table)
                continue
            value = self.shapes[table[key].shape](where, key, entry, table[key])
            if value is not None:
                found[key] = value
        return found

    def one(self, where: str, key: str, entry: Entry, row: Key) -> Any:
        if row.null is not None and is_null(entry):
            return row.null
        return self.reader.value(where, key, entry, row.read)

    def some(self, where: str, key: str, entry: Entry, row: Key) -> tuple[Any, ...]:
        read = [(self.reader.value(where, key, each, row.read), each.line) for each in each_of(entry)]
        found = [(value, line) for value, line in read if value is not None]
        if row.most and len(found) > row.most:
            self.reader.problem(entry.line, f"{where}{key}: there are {len(found)}, {row.most} at most")
        return tuple(Written(*each) if key in OUTSIDE else each[0] for each in found)

    def variables(self, where: str, key: str, entry: Entry, row: Key) -> dict[str, str] | None:
        entries = self.reader.keys(where, key, entry, f"keys and values like {row.example}") or {}
        below = f"{where}{key}: "
        read = {
            name: self.reader.value(below, name, each, partial(processvalues.variable, name))
            for name, each in entries.items()
        }
        return {name: value for name, value in read.items() if value is not None}

    def depends_on(self, where: str, key: str, entry: Entry, row: Key) -> None:
        """Kept apart: what is waited for is known when all types have been read."""
        if isinstance(entry.value, Mapping):
            for name, each in entry.value.entries.items():
                condition = self.reader.value(f"{where}{key}: ", name, each, row.read)
                if condition is not None:
                    self.conditions[name] = condition, each.line
            return
        for each in each_of(entry):
            other = self.reader.value(where, key, each, processvalues.word)
            if other is not None:
                self.conditions[other] = None, each.line

    def part(self, where: str, key: str, entry: Entry, row: Key) -> Any:
        """A backoff or probe."""
        entries = self.reader.keys(where, key, entry, f"keys like {row.example}")
        if entries is None:
            return None
        below = f"{where}{key}: "
        found = self.known(below, entries, row.below)
        said = [name for name, each in entries.items() if not is_null(each)]
        for name, text in processparts.wrong(key, said, found):
            line = entries[name].line if name in entries else entry.line
            self.reader.problem(line, f"{below}{name}: {text}" if name else f"{below}{text}")
        return processparts.made(key, found)
