"""Jobs of Ruby's schedulers as tasks: a class and its arguments become a command that enqueues the job."""

from __future__ import annotations

import re
import shlex
from datetime import UTC
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.config.yamltree import Mapping, Scalar
from procman.core.schedule import schedule as schedules
from procman.core.schedule.rules import Every
from procman.core.schedule.wallclock import WallClock
from procman.importing.ruby import fugit, values
from procman.importing.ruby.values import CODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from procman.core.config.yamltree import Entry
    from procman.importing.found import Found

RUNNER = "bin/rails runner"
CLASS = re.compile(r"(?:::)?[A-Z][A-Za-z0-9_]*(?:::[A-Z][A-Za-z0-9_]*)*")
NOW = values.Code("Time.now.to_f")
ENVIRONMENTS = ("production", "staging", "development", "test")
CLOCK = (
    "times without a zone are those of config.time_zone in Rails, which is not said here: UTC, its default,"
    " is written behind them"
)
KIND = (
    "whether a class is one of Active Job is not said here: perform_async is written. Where it is one,"
    " write perform_later"
)


STARTING = (
    "each tick starts Rails, to enqueue a job. One that comes before the last is done is skipped: with less"
    " than a minute between them, leave it to the queue"
)
OFTEN = 60
"""Seconds between ticks."""


class LeftOutError(ValueError):
    """A job that cannot be carried over, in a sentence, and the line."""

    def __init__(self, line: int, text: str) -> None:
        self.line = line
        super().__init__(text)


class Said:
    """What a file says of one job. Each key is taken once; `rest` tells of those that nobody took.

    `line` is that of its name, `at` that of the key which was taken last.
    """

    def __init__(self, name: str, line: int, entries: dict[str, Entry], found: Found) -> None:
        self.name, self.line, self._found = name, line, found
        self.at = line
        self._left = {key.removeprefix(":"): entry for key, entry in entries.items()}

    def take(self, *keys: str) -> Entry | None:
        """The first of these that says something."""
        taken = [self._left.pop(key) for key in keys if key in self._left]
        found = next((each for each in taken if not _is_nothing(each)), None)
        self.at = found.line if found else self.line
        return found

    def word(self, *keys: str) -> str | None:
        """A text. Raises `LeftOutError` for anything else."""
        entry = self.take(*keys)
        if entry is None:
            return None
        if not isinstance(entry.value, Scalar):
            raise LeftOutError(entry.line, f"{keys[0]}: it is no text")
        if CODE in entry.value.text:
            raise LeftOutError(entry.line, f"{keys[0]}: it has code in it, which is not run here")
        return entry.value.text

    def value(self, key: str) -> Any:
        """What Ruby makes of it. Raises `LeftOutError` when that is not sure."""
        entry = self.take(key)
        try:
            return None if entry is None else values.of(entry.value)
        except ValueError as error:
            raise LeftOutError(entry.line if entry else self.line, f"{key}: {error}") from None

    def maybe(self, read: Callable[[str], Any], key: str) -> Any:
        """The same for what the job can do without: then it is told, and None."""
        try:
            return read(key)
        except LeftOutError as error:
            self.lose(str(error), error.line)
        return None

    def has(self, key: str) -> bool:
        """Whether it says something by this key."""
        return key in self._left and not _is_nothing(self._left[key])

    def class_of_name(self) -> str:
        """The class that is called as the job. Raises `LeftOutError`."""
        return valid_class(self.name, self.line)

    def class_(self, *keys: str) -> str:
        """The name of the job's class. Raises `LeftOutError`."""
        return valid_class(self.word(*keys) or "", self.at)

    def lose(self, text: str, line: int | None = None) -> None:
        """Tell of something of this job."""
        self._found.lose(line or self.line, f"{self.name}: {text}")

    def rest(self, why: dict[str, str]) -> None:
        """Tell of each key that is left, for which of them with which words."""
        for key, entry in self._left.items():
            if not _is_nothing(entry):
                self.lose(f"{key}: {why.get(key, 'it is not known here')}", entry.line)


def _is_nothing(entry: Entry) -> bool:
    value = entry.value
    return isinstance(value, Scalar) and (value.empty or value.null)


def valid_class(name: str, line: int) -> str:
    """The name of a class. Raises `LeftOutError`."""
    if not name:
        raise LeftOutError(line, "it has no class")
    if not CLASS.fullmatch(name):
        raise LeftOutError(line, f"'{name}' is no name of a class")
    return name


class Call(NamedTuple):
    """A job with its arguments, enqueued by `verb`; `options` are those of `set`."""

    class_: str
    verb: str
    args: list[Any]
    keywords: dict[str, Any]
    options: dict[str, Any]

    def command(self) -> str:
        """The command line. Raises `ValueError` when a value cannot be written in Ruby."""
        given = {values.Symbol(key): value for key, value in self.options.items() if value is not None}
        options = f".set({values.pairs(given)})" if given else ""
        words = [*map(values.literal, self.args)]
        if self.keywords:
            words.append(values.pairs(values.with_symbols(self.keywords)))
        arguments = f"({', '.join(words)})" if words else ""
        return runner(f"{self.class_}{options}.{self.verb}{arguments}")


def runner(code: str) -> str:
    """The command that runs Ruby code within the app."""
    quoted = shlex.quote(code)
    return f"{RUNNER} '{code}'" if quoted == code else f"{RUNNER} {quoted}"


OFF = {"enabled": False}


class Jobs:
    """The jobs of one file. What is true of several of them is told once, by `tell`."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self._notes: dict[str, None] = {}

    def each(self, named: Iterable[tuple[str, Entry]], read: Callable[[Said], None]) -> None:
        """Read each job; one that cannot be carried over is told."""
        for name, entry in named:
            if not isinstance(entry.value, Mapping):
                self.found.lose(entry.line, f"{name}: it is no job, which has keys and values")
                continue
            try:
                read(Said(name, entry.line, entry.value.entries, self.found))
            except LeftOutError as error:
                self.found.lose(error.line, f"{name}: {error}. The job is left out")

    def cronish(self, said: Said, key: str) -> str:
        """The schedule that stands there. Raises `LeftOutError`."""
        text = said.word(key)
        if text is None:
            raise LeftOutError(said.line, f"it has no {key}")
        return self.schedule(said, key, lambda: fugit.cronish(text))

    def schedule(self, said: Said, key: str, read: Callable[[], fugit.Read]) -> str:
        """What `read` finds. Raises `LeftOutError`."""
        try:
            found = read()
        except ValueError as error:
            raise LeftOutError(said.at, f"{key}: {error}") from None
        if found.assumed:
            self.note(CLOCK)
        if _comes_often(found.expression):
            self.note(STARTING)
        return found.expression

    def add(
        self, said: Said, command: Callable[[], str], schedule: str | None, keys: dict[str, Any] | None = None
    ) -> None:
        """The job as a task, with these keys too. Raises `LeftOutError`.

        None of these schedulers makes up for ticks that passed while it was down.
        """
        try:
            line = command()
        except ValueError as error:
            raise LeftOutError(said.line, f"its arguments: {error}") from None
        known = {"desc": said.maybe(said.word, "description"), "schedule": schedule}
        known = {key: value for key, value in known.items() if value and value.strip()}
        missed = {"missed": "skip"} if schedule else {}
        self.found.task(said.name, line, {**known, **missed, **(keys or {})}, said.line)

    def note(self, text: str) -> None:
        """Something to be told once."""
        self._notes[text] = None

    def tell(self) -> None:
        """Tell what is true of several jobs."""
        for text in self._notes:
            self.found.lose(None, text)


def _comes_often(expression: str) -> bool:
    """Whether there are ticks with less than a minute between them."""
    rule = schedules.parse(expression, UTC).form.rule
    if isinstance(rule, Every):
        return rule.interval < OFTEN
    return isinstance(rule, WallClock) and len(rule.cron.second.values) > 1


def of_environment(tree: Mapping, found: Found) -> Mapping:
    """The jobs of one environment of Rails where a file has several, else all. The others are told."""
    known = [name for name in ENVIRONMENTS if name in tree.entries]
    if not known:
        return tree
    chosen, *_ = known
    for name, entry in tree.entries.items():
        if name != chosen:
            found.lose(entry.line, f"{name}: it is not carried over, as '{chosen}' is")
    value = tree.entries[chosen].value
    return value if isinstance(value, Mapping) else Mapping({}, value.line)
