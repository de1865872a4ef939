"""Compose files that are laid one over the other, and services that extend others.

Compose file reference, Merge and Extends: mappings key by key, lists one behind the other, of all else what
comes later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.config.yamltree import Entry, Mapping, Scalar, Sequence
from procman.importing.found import Line
from procman.importing.reading.parts import is_null

if TYPE_CHECKING:
    from procman.core.config.yamltree import Node

WHOLE = ("command", "entrypoint", "test")
"""Lists that take the place of the earlier one."""
PAIRS = ("environment", "labels", "annotations", "sysctls", "extra_hosts", "args")
"""What may be a list of NAME=value, too."""
BY_TARGET = "volumes"


def merged(base: Node, own: Node, key: str = "") -> Node:
    """What is below a key in two files, of which the second counts more."""
    if key in PAIRS:
        base, own = _pairs(base), _pairs(own)
    if isinstance(own, Scalar) and is_null(own) and not isinstance(base, Scalar):
        return base
    if isinstance(base, Mapping) and isinstance(own, Mapping):
        entries = {**base.entries, **own.entries}
        for name in base.entries.keys() & own.entries.keys():
            before, after = base.entries[name], own.entries[name]
            entries[name] = after._replace(value=merged(before.value, after.value, name))
        return own._replace(entries=entries)
    if isinstance(base, Sequence) and isinstance(own, Sequence) and key not in WHOLE:
        known = {_identity(each, key) for each in own.items}
        kept = [each for each in base.items if _identity(each, key) not in known]
        return own._replace(items=(*kept, *own.items))
    return own


def elsewhere(node: Node, source: str) -> Node:
    """The same with lines that know the file they are in."""
    line = Line.of(node.line, source)
    if isinstance(node, Mapping):
        return Mapping(
            {
                key: Entry(Line.of(each.line, source), elsewhere(each.value, source))
                for key, each in node.entries.items()
            },
            line,
        )
    if isinstance(node, Sequence):
        return Sequence(tuple(elsewhere(each, source) for each in node.items), line)
    return node._replace(line=line)


def _pairs(node: Node) -> Node:
    """A list of NAME=value as a mapping; another list stays as it is."""
    if not isinstance(node, Sequence):
        return node
    entries = {}
    for each in node.items:
        if not isinstance(each, Scalar):
            return node
        name, equals, value = each.text.partition("=")
        entries[name] = Entry(each.line, Scalar(value, each.line, quoted=bool(equals)))
    return Mapping(entries, node.line)


def _identity(node: Node, key: str) -> object:
    """What makes a value of a list the same as another: of what is mounted the place in the container."""
    if isinstance(node, Scalar):
        parts = node.text.split(":")
        return parts[1] if key == BY_TARGET and len(parts) > 1 else node.text
    target = node.entries.get("target") if isinstance(node, Mapping) and key == BY_TARGET else None
    return target.value.text if target and isinstance(target.value, Scalar) else id(node)
