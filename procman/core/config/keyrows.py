"""A row of the table of keys: how one is read, what an editor may complete, and what it is for."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.core.config.schemas import Schema


class Shape(Enum):
    """What stands behind a key."""

    ONE = "one value"
    SOME = "one value, or a list"
    VARIABLES = "keys and values"
    CONDITIONS = "process types: one, a list, or each with what is waited for"
    KEYS = "keys of its own"


class Key(NamedTuple):
    """`read` takes one value as written, and raises `ValueError` with a sentence."""

    read: Callable[[str], Any]
    schema: Schema
    help: str
    """One sentence, for the schema, for `procman init` and for the manual."""
    example: str
    """A value, as it may stand behind the key."""
    shape: Shape = Shape.ONE
    field: str = ""
    """Of `Policies`, `Backoff` or `Probe`, where it is not called like the key."""
    below: Mapping[str, Key] = {}
    """Its keys, if it has some of its own."""
    null: Any = None
    """What null means, where it is a word of its own."""
    most: int | None = None
    """Of a list."""
