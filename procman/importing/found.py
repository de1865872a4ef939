"""What was found in other tools' files, in procman's terms; and what could not be carried over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from procman.errors import Problem
from procman.importing import names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Keys = dict[str, Any]


class Place(NamedTuple):
    """The machine that the files are read on: asked, not assumed, as they may come from another one.

    `root` is the folder that the app will be in, absolute.
    """

    root: str
    is_folder: Callable[[str], bool]
    is_file: Callable[[str], bool]
    is_user: Callable[[str], bool]
    """Whether a process can run as that user: it is known, and procman is root."""


class Found:
    """Gathers what the modules read. Names are made right and unique here, in the order of their coming.

    `processes` and `tasks`: by name, `command` and the keys of procman.yml as they are written there; values
    are words, numbers, lists and mappings. `env`: for .env. `start`: options of `start`. `lost`: what could
    not be carried over, with file and line, and why.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.processes: dict[str, Keys] = {}
        self.tasks: dict[str, Keys] = {}
        self.env: dict[str, str] = {}
        self.start: Keys = {}
        self.timezone: str | None = None
        self.lost: list[Problem] = []
        self._source = ""

    def of(self, source: str) -> Found:
        """The same, for what is read next: `source` is what people call the file."""
        self._source = source
        return self

    def process(self, name: str | None, command: str, keys: Mapping[str, Any] | None = None) -> str:
        """A process type; without a name it gets one from its command. Returns the name that it has."""
        chosen = self._name(name, command)
        self.processes[chosen] = {"command": command, **(keys or {})}
        return chosen

    def task(self, name: str | None, command: str, keys: Mapping[str, Any] | None = None) -> str:
        """A task, likewise; `schedule` is one of its keys, a word or a list."""
        chosen = self._name(name, command)
        self.tasks[chosen] = {"command": command, **(keys or {})}
        return chosen

    def lose(self, line: int | None, text: str) -> None:
        """Say that something of the file is not carried over: what it is, why, and what to do instead."""
        self.lost.append(Problem(self._source, line, text))

    def _name(self, name: str | None, command: str) -> str:
        wanted = names.valid(name) if name else names.of_command(command)
        return names.unique(wanted, {*self.processes, *self.tasks, *names.TAKEN})
