"""YAML as a tree of words as they are written, each with its line: no traps, no objects.

Built from the events of PyYAML's parser, so that nothing is resolved: `10:30` is not 630, `no` is not
false, `007` is not 7. Anchors, aliases and merge keys work (YAML 1.1, chapters 3.2 and 7.1, and its `<<`
type); tags do not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.config import yamlhints
from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn, TypeVar

    T = TypeVar("T")

DEPTH = 30
"""Levels of nesting: more is no configuration, and would be deep recursion."""
MOST_REPEATED = 1_000_000
"""Values that aliases may stand for, altogether: a few lines of aliases of aliases could mean billions."""
CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""What only an escape in double quotes can write, and no command or file name can hold."""


class Scalar(NamedTuple):
    """A word or a text. `line` counts from 1."""

    text: str
    line: int
    quoted: bool = False

    @property
    def empty(self) -> bool:
        """Nothing was written."""
        return not self.text and not self.quoted

    @property
    def null(self) -> bool:
        """It was written that there is nothing."""
        return self.text in ("~", "null") and not self.quoted


class Sequence(NamedTuple):
    """A list."""

    items: tuple[Node, ...]
    line: int


class Entry(NamedTuple):
    """What a key stands for. `line` is that of the key."""

    line: int
    value: Node


class Mapping(NamedTuple):
    """Keys and values, in their order; those of merge keys come last."""

    entries: dict[str, Entry]
    line: int


Node = Scalar | Sequence | Mapping


def parse(data: bytes, source: str, problems: list[Problem]) -> Mapping:
    """The tree of a file, whose top level is a mapping; an empty one when nothing is in it.

    Adds mistakes that leave a tree, such as keys that come twice, to `problems`. Raises `UserError`
    with these and what is wrong with the rest when there is no tree.
    """
    return _read(data, source, problems, lambda builder: builder.only(builder.top))


def parse_all(data: bytes, source: str, problems: list[Problem]) -> list[Mapping]:
    """The trees of a file of several documents, likewise."""
    return _read(data, source, problems, _Builder.documents)


def parse_any(data: bytes, source: str, problems: list[Problem]) -> Node:
    """The tree of a file, likewise, whatever its top level is."""
    return _read(data, source, problems, lambda builder: builder.only(builder.root))


def _read(data: bytes, source: str, problems: list[Problem], what: Callable[[_Builder], T]) -> T:
    import yaml  # 15 ms that only an app with such a file waits for

    text = _decode(data, source)
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    try:
        return what(_Builder(yaml.parse(text, Loader=loader), source, problems))
    except yaml.MarkedYAMLError as error:
        found = yamlhints.of(text, error)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        found = {None: f"not YAML: {error}"}
    problems += [Problem(source, line, hint) for line, hint in found.items()]
    raise UserError(sorted(problems, key=lambda problem: problem.line or 0)) from None


def _decode(data: bytes, source: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = f"not UTF-8 text (byte 0x{error.object[error.start]:02x})"
        line = len(error.object[: error.start + 1].splitlines())
        raise UserError([Problem(source, line, wrong)]) from None
    if control := CONTROLS.search(text):
        wrong = f"a control character (U+{ord(control[0]):04X}): this is not a text file"
        raise UserError([Problem(source, len(text[: control.start() + 1].splitlines()), wrong)])
    return text


class _Builder:
    """Makes nodes of events. An anchor is known by its node and the number of values in it."""

    def __init__(self, events: Iterator[Any], source: str, problems: list[Problem]) -> None:
        self.events = events
        self.source = source
        self.problems = problems
        self.anchors: dict[str, tuple[Node, int] | None] = {}
        self.words: dict[str, str] = {}  # the same keys come again and again
        self.count = 0
        self.repeated = 0
        self.makers = {
            "ScalarEvent": self.scalar,
            "SequenceStartEvent": self.sequence,
            "MappingStartEvent": self.mapping,
        }

    def only(self, read: Callable[[], T]) -> T | Mapping:
        """The one document of the stream."""
        next(self.events)
        if type(next(self.events)).__name__ != "DocumentStartEvent":
            return Mapping({}, 1)
        root = read()
        behind = next(self.events)
        if type(behind).__name__ == "DocumentStartEvent":
            self.fail(_line(behind), "a second document starts here: a file has only one")
        return root

    def documents(self) -> list[Mapping]:
        """All documents of the stream."""
        found = []
        next(self.events)
        while type(next(self.events)).__name__ == "DocumentStartEvent":
            self.anchors = {}  # they hold for one document
            found.append(self.top())
        return found

    def root(self) -> Node:
        root = self.node(next(self.events), 0)
        next(self.events)
        return root

    def top(self) -> Mapping:
        root = self.root()
        if isinstance(root, Scalar) and root.empty:
            return Mapping({}, root.line)
        if not isinstance(root, Mapping):
            kind = "a list" if isinstance(root, Sequence) else "text"
            self.fail(root.line, f"expected lines like 'key: value', not {kind}")
        return root

    def node(self, event: Any, depth: int) -> Node:
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self.alias(event)
        if depth > DEPTH:
            self.fail(_line(event), f"nested more than {DEPTH} levels deep")
        if event.tag is not None:
            self.problem(_line(event), f"a tag ('{event.tag}') has no meaning here: take it out")
        self.count += 1
        if event.anchor is None:
            return self.makers[kind](event, depth)
        before, self.anchors[event.anchor] = self.count, None
        node = self.makers[kind](event, depth)
        self.anchors[event.anchor] = node, self.count - before + 1
        return node

    def alias(self, event: Any) -> Node:
        name = event.anchor
        found = self.anchors.get(name)
        if found is None:
            inside = name in self.anchors
            hint = "it stands inside of it" if inside else f'no &{name} is above; for text write "*{name}"'
            self.fail(_line(event), f"the alias *{name} means nothing here: {hint}")
        self.count += found[1]
        self.repeated += found[1]
        if self.repeated > MOST_REPEATED:
            self.fail(_line(event), f"aliases stand for more than {MOST_REPEATED:,} values")
        return found[0]

    def scalar(self, event: Any, _: int) -> Node:
        if event.style == '"' and NO_TEXT.search(event.value):
            self.problem(_line(event), "an escape stands for NUL or half a character: take it out")
        return Scalar(event.value, _line(event), bool(event.style))

    def sequence(self, event: Any, depth: int) -> Node:
        items = []
        while type(item := next(self.events)).__name__ != "SequenceEndEvent":
            items.append(self.node(item, depth + 1))
        return Sequence(tuple(items), _line(event))

    def mapping(self, event: Any, depth: int) -> Node:
        entries: dict[str, Entry] = {}
        merged: list[Node] = []
        while type(item := next(self.events)).__name__ != "MappingEndEvent":
            key, line = self.node(item, depth + 1), _line(item)
            value = self.node(next(self.events), depth + 1)
            if not isinstance(key, Scalar):
                self.problem(line, "a key must be a word, not a list or a mapping")
            elif key.text == "<<" and not key.quoted:
                merged.append(value)
            elif key.text in entries:
                first = entries[key.text].line
                self.problem(line, f"'{key.text}' is already defined on line {first}")
            else:
                entries[self.words.setdefault(key.text, key.text)] = Entry(line, value)
        for value in merged:
            self.merge(entries, value)
        return Mapping(entries, _line(event))

    def merge(self, entries: dict[str, Entry], value: Node) -> None:
        """Keys of the mapping go before merged ones, and earlier merged ones before later."""
        for each in value.items if isinstance(value, Sequence) else (value,):
            if not isinstance(each, Mapping):
                self.problem(each.line, "'<<' takes a mapping, or a list of mappings")
                continue
            self.count += len(each.entries)
            for key, entry in each.entries.items():
                entries.setdefault(key, entry)

    def problem(self, line: int, text: str) -> None:
        self.problems.append(Problem(self.source, line, text))

    def fail(self, line: int, text: str) -> NoReturn:
        self.problem(line, text)
        raise UserError(sorted(self.problems, key=lambda problem: problem.line or 0))


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1
