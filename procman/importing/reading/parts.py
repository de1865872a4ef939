"""Mappings of a YAML file, read key by key. What nobody takes out of one is told in the end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.core.config import yamltree
from procman.core.config.yamltree import Entry, Mapping, Scalar, Sequence
from procman.importing.reading import trees

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Container, Iterator
    from typing import Self

    from procman.core.config.yamltree import Node
    from procman.importing.found import Found

YES = ("true", "yes", "on", "1")
NAME = re.compile(r"[^\s=\0]+")
NO_PORT = "this is no port: nothing is made of it"
NO_PAIR = "this is not NAME=value: nothing is made of it"
UNKNOWN = "procman does not know this key: nothing is made of it"


def documents(data: bytes, source: str, found: Found) -> list[Part]:
    """The documents of a file. Mistakes that leave a tree are told. Raises `UserError` for others."""
    found_trees = trees.of(yamltree.parse_all, data, source, found)
    return [Part(found, "", tree, tree.line) for tree in found_trees]


class Part:
    """A mapping; `where` is how people call it, `line` where it begins. Without a node it is empty."""

    def __init__(self, found: Found, where: str, node: Node | None, line: int) -> None:
        self.found = found
        self.where = where
        self.line = line
        self.entries = {**node.entries} if isinstance(node, Mapping) else {}
        if node is not None and not isinstance(node, Mapping) and not is_null(node):
            self.lose(line, "here are no keys with values: nothing is made of it")

    def lose(self, line: int | None, text: str) -> None:
        """Say what is not carried over of this part."""
        self.found.lose(line, f"{self.where}: {text}" if self.where else text)

    def line_of(self, key: str) -> int:
        """Where a key stands, else the part."""
        return self.entries[key].line if key in self.entries else self.line

    def take(self, key: str) -> Entry | None:
        """The value of a key; None when nothing is said."""
        entry = self.entries.pop(key, None)
        return None if entry is None or is_null(entry.value) else entry

    def has(self, key: str) -> bool:
        """Whether something is said, and not taken yet."""
        return key in self.entries and not is_null(self.entries[key].value)

    def scalar(self, key: str) -> Scalar | None:
        """A word or a text, with the line of its key."""
        entry = self.take(key)
        found = self._scalar(key, entry.value) if entry else None
        return found._replace(line=entry.line) if found and entry else None

    def text(self, key: str) -> str:
        """The same, empty when nothing is said."""
        found = self.scalar(key)
        return found.text if found else ""

    def flag(self, key: str) -> bool:
        """Whether it says yes."""
        return self.text(key).lower() in YES

    def part(self, key: str) -> Self:
        """The mapping below a key."""
        entry = self.take(key)
        where = f"{self.where}: {key}" if self.where else key
        return type(self)(self.found, where, entry and entry.value, entry.line if entry else self.line)

    def parts(self, key: str) -> list[Self]:
        """The mappings of the list below a key."""
        where = f"{self.where}: {key}" if self.where else key
        return [type(self)(self.found, where, node, node.line) for node in self.items(key)]

    def items(self, key: str) -> tuple[Node, ...]:
        """The list below a key; of a single value a list of one."""
        entry = self.take(key)
        if entry is None:
            return ()
        return entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)

    def scalars(self, key: str) -> list[Scalar]:
        """The words of such a list."""
        found = [self._scalar(key, node) for node in self.items(key)]
        return [each for each in found if each]

    def pairs(self, key: str) -> list[tuple[str, Scalar | None, int]]:
        """Names, values and lines of a mapping, or of a list of `NAME=value`; None where no value stands."""
        entry = self.take(key)
        if entry is None:
            return []
        if isinstance(entry.value, Mapping):
            return [*self._entries(key, entry.value)]
        nodes = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
        pairs = [_pair(found) for node in nodes if (found := self._scalar(key, node))]
        for name, _, line in pairs:
            if not NAME.fullmatch(name):
                self.lose(line, f"{key}: {NO_PAIR}")
        return [pair for pair in pairs if NAME.fullmatch(pair[0])]

    def _entries(self, key: str, node: Mapping) -> Iterator[tuple[str, Scalar | None, int]]:
        for name, entry in node.entries.items():
            if is_null(entry.value):
                yield name, None, entry.line
            elif found := self._scalar(f"{key}: {name}", entry.value):
                yield name, found, entry.line

    def _scalar(self, key: str, node: Node) -> Scalar | None:
        if isinstance(node, Scalar):
            return node
        self.lose(node.line, f"{key}: one value belongs here: nothing is made of it")
        return None

    def finish(self, lacks: abc.Mapping[str, str] = {}, silent: Container[str] = ()) -> None:
        """Tell what nobody has taken: in the words of `lacks`. Nothing of `silent`, and of what is null."""
        for key, entry in self.entries.items():
            if key not in silent and not key.startswith("x-") and not is_null(entry.value):
                self.lose(entry.line, f"{key}: {lacks.get(key, UNKNOWN)}")
        self.entries = {}


def is_null(node: Node) -> bool:
    """Whether it says nothing."""
    return isinstance(node, Scalar) and (node.empty or node.null)


def is_empty(node: Node) -> bool:
    """Whether it says nothing, also by an empty list or mapping."""
    if isinstance(node, Mapping):
        return not node.entries
    return not node.items if isinstance(node, Sequence) else is_null(node)


def number(text: str) -> int | str:
    """A whole number as such, so that it is written without quotes; all else as it is."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


def is_port(text: str) -> bool:
    """Whether it is the number of a port."""
    return text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= 65535


def _pair(node: Scalar) -> tuple[str, Scalar | None, int]:
    name, equals, value = node.text.partition("=")
    return name, node._replace(text=value, quoted=True) if equals else None, node.line
