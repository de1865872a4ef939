"""`.foreman` and `.honcho`: YAML with the default options of `start`, as options of procman.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.config import yamltree
from procman.core.config.values import SWITCH
from procman.core.config.yamltree import Mapping, Scalar, Sequence
from procman.importing.reading import trees

if TYPE_CHECKING:
    from procman.core.config.yamltree import Node
    from procman.importing.found import Found

OPTIONS = {
    "procfile": "procfile",
    "env": "env",
    "port": "port",
    "formation": "formation",
    "concurrency": "formation",
    "timeout": "timeout",
    "color": "color",
    "colour": "color",
    "timestamp": "timestamp",
    "prefix": "prefix",
}
TURNED = {"no_color": "color", "no_colour": "color", "no_timestamp": "timestamp", "no_prefix": "prefix"}
"""Those that turn something off."""
OF_FOLDER = ("root", "app_root")
WHERE_IT_STANDS = "procman.yml stands in the app's folder: write it there, with -d"
OF_EXPORT = ("app", "format", "location", "log", "run", "template", "user")
FOR_EXPORT = "it is an option of 'procman export': say it there"
HIDES = "it hides the output of processes there, and procman hides that of none"
UNKNOWN = "Foreman has no such option, nor has procman: nothing is made of it"
NO_VALUE = "there is no value that the option could have: nothing is made of it"
LACKS = {
    **dict.fromkeys(OF_FOLDER, WHERE_IT_STANDS),
    **dict.fromkeys(OF_EXPORT, FOR_EXPORT),
    "quiet": HIDES,
}


def read(data: bytes, source: str, found: Found) -> None:
    """Add the options of the file. Raises `UserError` for what is no YAML."""
    root = trees.of(yamltree.parse, data, source, found)
    for written, entry in root.entries.items():
        key = written.removeprefix(":").replace("-", "_")
        if isinstance(entry.value, Scalar) and (entry.value.null or entry.value.empty):
            continue
        if why := _option(found, key, entry.value, entry.line):
            found.lose(entry.line, f"{written}: {why}")


def _option(found: Found, key: str, node: Node, line: int) -> str:
    """Carry an option over; else returns why it is not."""
    if key in TURNED:
        said = SWITCH.get(node.text.lower()) if isinstance(node, Scalar) else None
        if said:
            found.option(TURNED[key], "never" if TURNED[key] == "color" else False, line)
        return NO_VALUE if said is None else ""
    if key not in OPTIONS:
        return LACKS.get(key, UNKNOWN)
    value = _value(node)
    if value in (None, "", [], {}):
        return NO_VALUE
    found.option(OPTIONS[key], value, line)
    return ""


def _value(node: Node) -> Any:
    """A value, a list or a mapping of values, as procman.yml has them; None for anything else."""
    if isinstance(node, Scalar):
        return _plain(node)
    if isinstance(node, Sequence):
        items = [_plain(each) for each in node.items if isinstance(each, Scalar)]
        return items if len(items) == len(node.items) else None
    if isinstance(node, Mapping):
        pairs = {name.removeprefix(":"): each.value for name, each in node.entries.items()}
        said = {name: _plain(each) for name, each in pairs.items() if isinstance(each, Scalar)}
        return said if len(said) == len(pairs) else None
    return None


def _plain(node: Scalar) -> int | str | bool:
    if node.quoted:
        return node.text
    if node.text.isdecimal() and str(int(node.text)) == node.text:
        return int(node.text)
    return SWITCH.get(node.text.lower(), node.text) if not node.text.isdecimal() else node.text
