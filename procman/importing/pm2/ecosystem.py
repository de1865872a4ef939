"""An ecosystem file of pm2 in JSON or YAML, or in JavaScript that computes nothing.

pm2's documentation, Application Declaration; what it leaves open is as in pm2's lib/Common.js and lib/API.js.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.core.config import yamltree
from procman.core.config.yamltree import Mapping, Sequence
from procman.errors import Problem, UserError
from procman.importing.pm2 import lacks
from procman.importing.pm2.app import App
from procman.importing.reading import jsonlines, trees
from procman.importing.reading.ini import decoded
from procman.importing.reading.parts import Part

if TYPE_CHECKING:
    from procman.core.config.yamltree import Entry, Node
    from procman.importing.found import Found

MODULE = re.compile(
    r"(?>[\s\ufeff]|//[^\n]*|/\*.*?\*/|['\"]use strict['\"];?)*+(?:module\.exports\s*=|export\s+default\b)",
    re.DOTALL,
)
OBJECT = re.compile(r"(?>\s|//[^\n]*|/\*.*?\*/)*+[\[{]", re.DOTALL)
END = re.compile(r"[\s;]*")
NODE = (
    "this is JavaScript that only Node can run: let it write the file as JSON,"
    " node -p 'JSON.stringify(require(\"{}\"), null, 2)' > ecosystem.json, and import that"
)
SCRIPTS = (".js", ".cjs", ".mjs")
APPS = ("apps", "pm2")


def read(data: bytes, source: str, found: Found) -> None:
    """Add the apps of a file to what is found. Raises `UserError`."""
    root = _tree(data, source, found)
    for app in _apps(found, root):
        if app.entries:
            App(found, app).add()


def _tree(data: bytes, source: str, found: Found) -> Node:
    text = decoded(data, source)
    module = MODULE.match(text)
    if module or OBJECT.match(text) or source.endswith(SCRIPTS):
        return _javascript(text, source, module.end() if module else 0)
    return trees.of(yamltree.parse_any, data, source, found)


def _javascript(text: str, source: str, at: int) -> Node:
    """JSON, or an object as people write it. What stands in front of `module.exports` is code."""
    is_script = at > 0 or source.endswith(SCRIPTS)
    by_node = NODE.format(source if source.startswith("/") else f"./{source}")
    try:
        node, end = jsonlines.literals(text, source, at)
    except UserError as error:
        line, why = error.problems[0].line, error.problems[0].text.removeprefix("not JSON: ")
        if is_script:
            raise UserError([Problem(source, line, f"{by_node} ({why})")]) from None
        raise
    behind = END.match(text, end)
    if behind and behind.end() < len(text):
        line = text.count("\n", 0, behind.end()) + 1
        wrong = by_node if is_script else "not JSON: there is more behind the value"
        raise UserError([Problem(source, line, wrong)])
    return node


def _apps(found: Found, root: Node) -> list[Part]:
    """The apps: of `apps`, or all of the file; and what is said besides is told."""
    if isinstance(root, Mapping) and any(key in root.entries for key in APPS):
        part = Part(found, "", root, root.line)
        key = next(key for key in APPS if key in root.entries)
        entry: Entry = root.entries[key]
        part.entries.pop(key)
        part.finish(lacks.TOP)
        root = entry.value
    nodes = root.items if isinstance(root, Sequence) else (root,)
    return [Part(found, "", node, node.line) for node in nodes]
