"""What was found as the text of a Procfile, a procman.yml and a .env."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.importing.found import Found

PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,-]*")


class Texts(NamedTuple):
    """By file; empty for one that is not needed."""

    procfile: str
    procman_yml: str
    env: str


def texts(found: Found) -> Texts:
    """The files that say what was found."""
    procfile = "".join(f"{name}: {keys['command']}\n" for name, keys in found.processes.items())
    env = "".join(f"{key}={_quoted(value)}\n" for key, value in found.env.items())
    return Texts(procfile, procman_yml(found), env)


def procman_yml(found: Found) -> str:
    """All but the commands of processes and the variables of all."""
    processes = {
        name: {key: value for key, value in keys.items() if key != "command"}
        for name, keys in found.processes.items()
    }
    parts: dict[str, Any] = {
        "timezone": found.timezone,
        "start": found.start,
        "processes": {name: keys for name, keys in processes.items() if keys},
        "tasks": found.tasks,
    }
    return "\n".join(dump({key: value}) for key, value in parts.items() if value)


def dump(value: Any) -> str:
    """YAML for people: in the order that things came, lists and small mappings in a line."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000, default_flow_style=False
    )
    return text


class _Dumper(yaml.SafeDumper):
    """Lists of words in one line; texts of several lines as blocks."""


def _list(dumper: _Dumper, value: Sequence[Any]) -> yaml.Node:
    flat = all(not isinstance(each, dict | list) for each in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat)


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(tuple, _list)
_Dumper.add_representer(str, _text)


def _quoted(value: str) -> str:
    """A value of a line of .env, which the reader takes apart to the same text (docs/env.md)."""
    if PLAIN.fullmatch(value):
        return value
    if "'" not in value and "\\" not in value:
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", "\\n")
    return f'"{escaped}"'
