"""Pieces of the JSON Schema of procman.yml (draft 2020-12): what may stand where, for editors.

An editor reads YAML 1.2, where `30` is a number and `no` a text; procman takes words as they are written. So
each piece takes whatever an editor makes of a word that procman takes, and null, which says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

SCALAR = ["string", "number", "boolean", "null"]
TEXT: Schema = {"type": SCALAR}
NULL: Schema = {"type": "null"}
DURATION: Schema = {
    "type": ["string", "integer", "null"],
    "pattern": r"^\s*(0|[0-9.]+\s*[A-Za-z]+(\s*[0-9.]+\s*[A-Za-z]+)*)\s*$",
    "maximum": 0,
    "minimum": 0,
}
"""`90s`, `10 minutes`, `1h30m`; a number alone only if it is 0."""
SIZE: Schema = {
    "type": ["string", "number", "null"],
    "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*[KkMmGgTt]?[Ii]?[Bb]?\s*$",
}
"""`512M`, `1.5 GB`, or a number of bytes."""
SWITCH: Schema = {
    "anyOf": [
        {"type": ["boolean", "null"]},
        {"enum": [0, 1]},
        {
            "type": "string",
            "pattern": "^(?:[Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|1"
            "|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo]|[Oo][Ff][Ff]|0)$",
        },
    ]
}
YES: Schema = {
    "anyOf": [
        {"enum": [True, 1, None]},
        {"type": "string", "pattern": "^(?:[Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|1)$"},
    ]
}


def words(*known: str) -> Schema:
    """One of these."""
    return {"enum": [*known, None]}


def whole(least: int, most: int | None = None, *others: str) -> Schema:
    """A whole number, or one of a few words."""
    number: Schema = {"type": "integer", "minimum": least}
    if most is not None:
        number["maximum"] = most
    digits = "^-?[0-9]+$"
    return {"anyOf": [number, {"type": "string", "pattern": digits}, words(*others)]}


def matching(pattern: str) -> Schema:
    """A text, or a number as an editor has it."""
    return {"type": ["string", "integer", "null"], "pattern": pattern}


def one_or_list(one: Schema, most: int | None = None) -> Schema:
    """One of them, or a list."""
    many: Schema = {"type": "array", "items": one}
    if most is not None:
        many["maxItems"] = most
    return {"anyOf": [one, many]}


def mapping(values: Schema) -> Schema:
    """Any keys, and such values."""
    return {"type": ["object", "null"], "additionalProperties": values}


def keys(known: Mapping[str, Schema]) -> Schema:
    """These keys, and no others."""
    return {"type": ["object", "null"], "properties": dict(known), "additionalProperties": False}


def exactly_one(names: tuple[str, ...]) -> Schema:
    """That just one of these keys says something."""
    said = [{"required": [name], "properties": {name: {"not": NULL}}} for name in names]
    return {"if": {"type": "object"}, "then": {"oneOf": said}}
