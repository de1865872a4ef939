"""What was found as the text of a Procfile, a procman.yml and a .env."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.importing.found import Found

_Fast = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper
OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
"""What YAML 1.1 takes for the end of a line, which only double quotes keep."""
PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,-]*")


class Texts(NamedTuple):
    """By file; empty for one that is not needed."""

    procfile: str
    procman_yml: str
    env: str


def texts(found: Found) -> Texts:
    """The files that say what was found."""
    return Texts(procfile(found), procman_yml(found), env(found.env))


def procfile(found: Found) -> str:
    """The commands of processes."""
    return "".join(f"{name}: {keys['command']}\n" for name, keys in found.processes.items())


def env(variables: Mapping[str, str]) -> str:
    """Variables as lines of .env."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in variables.items())


def procman_yml(found: Found) -> str:
    """All but the commands of processes and the variables of all."""
    processes = {
        name: {key: value for key, value in keys.items() if key != "command"}
        for name, keys in {**found.settings, **found.processes}.items()
    }
    parts: dict[str, Any] = {
        "timezone": found.timezone,
        "start": found.start,
        "processes": {name: keys for name, keys in processes.items() if keys},
        "tasks": found.tasks,
    }
    return "\n".join(dump({key: value}) for key, value in parts.items() if value)


def dump(value: Any) -> str:
    """YAML for people: in the order that things came, lists of words in a line.

    Raises `UnicodeEncodeError` for text that is not UTF-8.
    """
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000, default_flow_style=False
    )
    return text


class _Dumper(_Fast):  # type: ignore[misc, valid-type]
    """Lists of words in one line; texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        """What comes twice is written twice."""
        return True


def _list(dumper: yaml.SafeDumper, value: Sequence[Any]) -> yaml.Node:
    flat = all(not isinstance(each, dict | list) for each in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    in_quotes = "'" in value and (": " in value or " #" in value)  # quotes within quotes are hard to read
    block = "|" if value.strip() and value in (value.strip(), f"{value.strip()}\n") else '"'
    style = '"' if OTHER_LINE_ENDS.search(value) else block if "\n" in value or in_quotes else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


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
