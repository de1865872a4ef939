"""YAML that every reader takes for the same: YAML 1.1 and 1.2 differ in what an unquoted word is.

Go's reader, which kubectl and docker compose have, takes `1e3`, `0o17`, `12:30:00`, `y` and `on` for no
texts. So texts are quoted, unless they are words of which nobody can think anything else.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

WORD = re.compile(r"(?:[A-Za-z_/][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*|-[A-Za-z]|[0-9]+m?s)", re.ASCII)
NO_WORDS = frozenset("y n yes no on off true false null nan inf".split())
"""What is a boolean, nothing or a number for some (yaml.org/type)."""
LINE = "[!-~](?:[ -~]*[!-~])?"
BLOCK = re.compile(rf"{LINE}(?:\n+[ ]*{LINE})*\n?", re.ASCII)
"""Lines that can stand as they are below a `|`: with no blanks at their ends, for these get lost easily."""


def dump(value: Any) -> str:
    """A document in the order that its keys came, lists of words in one line."""
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=sys.maxsize,
        default_flow_style=False,
    )
    return text


def word(text: str) -> str:
    """A key, quoted where it has to be."""
    return dump({text: 0})[: -len(": 0\n")]


def indented(value: Any, columns: int = 0) -> str:
    """The same, moved to the right: what a template puts below a key. No text gets more blanks by it."""
    return "".join(" " * columns + line if line.strip() else line for line in dump(value).splitlines(True))


class Row(dict[str, Any]):
    """A mapping in one line."""


class _Dumper(yaml.SafeDumper):
    """No anchors: what comes twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Always."""
        return True


def _list(dumper: _Dumper, value: Sequence[Any]) -> yaml.Node:
    flat = all(not isinstance(each, dict | list | tuple) and "\n" not in str(each) for each in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat)


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=_style(value))


def _style(value: str) -> str | None:
    if WORD.fullmatch(value) and value.lower() not in NO_WORDS:
        return None
    if "\n" in value and BLOCK.fullmatch(value):
        return "|"
    return "'" if value.isprintable() else '"'


def _row(dumper: _Dumper, value: Row) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


_Dumper.add_representer(Row, _row)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(tuple, _list)
_Dumper.add_representer(str, _text)
