"""What every part of procman.yml is read with: what is not as it should be is told, and left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.config.yamltree import Entry, Mapping, Scalar, Sequence
from procman.errors import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from procman.core.config.yamltree import Node

    T = TypeVar("T")

EMPTY = "it has no value: write one, or take the line out"


class Reader:
    """Reads the tree of one file, and gathers what is wrong with it.

    `where` are the keys above, as `processes: web: `; null means that nothing is said. Whoever gets None has
    nothing to go on, and if that is a mistake, it has been told.
    """

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems

    def value(self, where: str, key: str, entry: Entry, read: Callable[[str], T]) -> T | None:
        """What `read` makes of the one value of a key. It raises `ValueError` for what is wrong."""
        node = entry.value
        if not isinstance(node, Scalar):
            self.problem(node.line, f"{where}{key}: write one value, not {kind(node)}")
        elif node.empty or (node.null and key == "command"):
            self.problem(entry.line, f"{where}{key}: {EMPTY}")
        elif not node.null:
            try:
                return read(node.text)
            except ValueError as error:
                self.problem(node.line, f"{where}{key}: {error}")
        return None

    def values(self, where: str, key: str, entry: Entry, read: Callable[[str], T]) -> tuple[T, ...]:
        """What `read` makes of each value of a key, one or a list; of those that are right."""
        found = [self.value(where, key, each, read) for each in each_of(entry)]
        return tuple(each for each in found if each is not None)

    def keys(self, where: str, key: str, entry: Entry, example: str) -> dict[str, Entry] | None:
        """The entries below a key; `example` is how one is written."""
        node = entry.value
        if isinstance(node, Mapping):
            return node.entries
        if isinstance(node, Scalar) and node.empty:
            self.problem(entry.line, f"{where}{key}: {EMPTY}")
        elif not (isinstance(node, Scalar) and node.null):
            self.problem(node.line, f"{where}{key}: write {example}, not {kind(node)}")
        return None

    def section(self, root: Mapping, key: str, example: str) -> dict[str, Entry]:
        """The entries below a key of the top level, none when nothing stands there."""
        entry = root.entries.get(key)
        if entry is None or is_nothing(entry):
            return {}
        if isinstance(entry.value, Mapping):
            return entry.value.entries
        wrong = f"{key}: write lines like '{example}' below it, not {kind(entry.value)}"
        self.problem(entry.line, wrong)
        return {}

    def unknown(self, line: int, where: str, key: str, known: Iterable[str]) -> None:
        """A key that means nothing here, and what does."""
        hint = suggest(key, known) or f": write one of {', '.join(sorted(known))}"
        self.problem(line, f"{where}unknown key '{key}'{hint}")

    def problem(self, line: int, text: str) -> None:
        """Something is wrong in this line."""
        self.problems.append(Problem(self.source, line, text))


def is_null(entry: Entry) -> bool:
    """Whether it is written that there is nothing."""
    return isinstance(entry.value, Scalar) and entry.value.null


def is_nothing(entry: Entry) -> bool:
    """Whether nothing stands behind a key, or that there is nothing."""
    return isinstance(entry.value, Scalar) and (entry.value.empty or entry.value.null)


def each_of(entry: Entry) -> list[Entry]:
    """The one value of a key, or all in its list."""
    node = entry.value
    return [Entry(each.line, each) for each in node.items] if isinstance(node, Sequence) else [entry]


def kind(node: Node) -> str:
    """What it is, for people."""
    return {Scalar: "text", Sequence: "a list", Mapping: "keys and values"}[type(node)]
