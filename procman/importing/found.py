"""What was found in other tools' files, in procman's terms; and what could not be carried over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from procman.errors import Problem
from procman.importing import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Finish = Callable[["Found", list[tuple[str, Any]]], None]
    """What a module does with all that it has gathered, each with its source, when every file is read."""

Keys = dict[str, Any]
MOST_NAMED, LONGEST = 8, 1000
"""How many names and how many letters a sentence may have: nobody reads more."""
OTHER_VALUE = "it has another value already, which stays"


class Line(int):
    """The number of a line that is in another file than the one that is read."""

    source: str

    @classmethod
    def of(cls, number: int, source: str) -> Line:
        """A line of a file."""
        line = cls(number)
        line.source = source
        return line


class Place(NamedTuple):
    """The machine that the files are read on: asked, not assumed, as they may come from another one.

    `root` is the folder that the app will be in, absolute.
    """

    root: str
    is_folder: Callable[[str], bool]
    is_file: Callable[[str], bool]
    is_user: Callable[[str], bool]
    """Whether a process can run as that user: it is known, and procman is root."""
    me: str = ""
    """Who imports, by name; empty: not known."""


class Found:
    """Gathers what the modules read. Names are made right and unique here, in the order of their coming.

    `processes` and `tasks`: by name, `command` and the keys of procman.yml as they are written there; values
    are words, numbers, lists and mappings. `settings`: keys of process types whose commands are in a Procfile
    that is there already. `env`: for .env. `start`: options of `start`. `lost`: what could not be carried
    over, with file and line, and why.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.processes: dict[str, Keys] = {}
        self.tasks: dict[str, Keys] = {}
        self.settings: dict[str, Keys] = {}
        self.env: dict[str, str] = {}
        self.start: Keys = {}
        self.timezone: str | None = None
        self.lost: list[Problem] = []
        self._source = ""
        self._places: dict[str, tuple[str, int | None]] = {}
        self._gathered: dict[Finish, list[Any]] = {}

    def of(self, source: str) -> Found:
        """The same, for what is read next: `source` is what people call the file."""
        self._source = source
        return self

    def process(
        self, name: str | None, command: str, keys: Mapping[str, Any] | None = None, line: int | None = None
    ) -> str:
        """A process type; without a name it gets one from its command. Returns the name that it has.

        `line` is where it stands, for what may have to be said of it in the end.
        """
        chosen = self._name(name, command, line)
        self.processes[chosen] = {"command": command, **(keys or {})}
        return chosen

    def task(
        self, name: str | None, command: str, keys: Mapping[str, Any] | None = None, line: int | None = None
    ) -> str:
        """A task, likewise; `schedule` is one of its keys, a word or a list."""
        chosen = self._name(name, command, line, self.settings)
        self.tasks[chosen] = {"command": command, **(keys or {})}
        return chosen

    def setting(self, name: str, key: str, value: Any, line: int | None = None) -> None:
        """A key of a process type whose command is in a Procfile; what is said first counts."""
        self._places.setdefault(name, self._place(line))
        if self.settings.setdefault(name, {}).setdefault(key, value) != value:
            self.lose(line, f"{name}: {key}: {OTHER_VALUE}")

    def option(self, name: str, value: Any, line: int | None = None) -> None:
        """An option of `start`, likewise."""
        self._places.setdefault(_of_start(name), self._place(line))
        if self.start.setdefault(name, value) != value:
            self.lose(line, f"{name}: {OTHER_VALUE}")

    def variable(self, name: str, value: str, line: int | None = None) -> bool:
        """A variable for .env; returns whether it is there, and not another one of that name."""
        self._places.setdefault(_of_env(name), self._place(line))
        return self.env.setdefault(name, value) == value

    def lose(self, line: int | None, text: str) -> None:
        """Say that something of the file is not carried over: what it is, why, and what to do instead.

        No value of a variable is in the text: others may read it.
        """
        self.lost.append(Problem(*self._place(line), text))

    def lose_of(self, name: str, text: str) -> None:
        """The same of a process or task by its name, where it stands."""
        self._lose_at(name, f"{name}: {text}")

    def lose_of_option(self, name: str, text: str) -> None:
        """Something of an option of `start`, where that stands."""
        self._lose_at(_of_start(name), f"{name}: {text}")

    def lose_option(self, name: str, text: str) -> None:
        """All of it, which is taken out."""
        self.lose_of_option(name, text)
        del self.start[name]

    def lose_variable(self, name: str, text: str) -> None:
        """A variable of .env, likewise."""
        self._lose_at(_of_env(name), f"variable {name}: {text}")
        del self.env[name]

    def gather(self, finish: Finish, item: Any) -> None:
        """Keep something until all files are read: then `finish` gets what was given for it, once,
        each with the source it came from."""
        self._gathered.setdefault(finish, []).append((self._source, item))

    def finish(self) -> None:
        """All files are read: let the modules put together what they have gathered of them."""
        for finish, items in self._gathered.items():
            finish(self, items)
        self._gathered = {}

    def told(self) -> list[Problem]:
        """All that is lost: file by file, line by line, what is about a whole file last."""
        files = [*dict.fromkeys(each.source for each in self.lost)]
        return sorted(
            _joined(self.lost),
            key=lambda each: (files.index(each.source), each.line is None, each.line or 0),
        )

    def _place(self, line: int | None) -> tuple[str, int | None]:
        return (line.source if isinstance(line, Line) else self._source), line

    def _lose_at(self, place: str, text: str) -> None:
        source, line = self._places.get(place, (self._source, None))
        self.lost.append(Problem(source, line, text))

    def _name(self, name: str | None, command: str, line: int | None, others: Iterable[str] = ()) -> str:
        wanted = names.valid(name) if name else names.of_command(command)
        chosen = names.unique(wanted, {*self.processes, *self.tasks, *names.TAKEN, *others})
        self._places[chosen] = self._place(line)
        return chosen


def _of_start(name: str) -> str:
    return f"start: {name}"


def _of_env(name: str) -> str:
    return f".env: {name}"


def _joined(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Each once; and as one what a line says in the same words of several, as an anchor in YAML does."""
    names: dict[tuple[str, int | None, str], dict[str, None]] = {}
    for source, line, said in problems:
        name, colon, text = said.partition(": ")
        key = (source, line, text) if colon and line is not None else (source, line, f"\0{said}")
        names.setdefault(key, {})[name] = None
    for (source, line, text), named in names.items():
        yield Problem(source, line, _cut(text[1:] if text[:1] == "\0" else f"{_listed([*named])}: {text}"))


def _listed(named: list[str]) -> str:
    more = len(named) - MOST_NAMED
    return ", ".join(named[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
