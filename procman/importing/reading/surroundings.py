"""What a process finds around it, its folder and its variables: as keys of procman.yml where these can say
it, else as words of the shell in front of its command.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from procman.core.plan import plan
from procman.importing.reading import parts, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.importing.found import Found, Keys
    from procman.importing.reading.words import Word

PORT = "PORT"
LIKE_A_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


class Surroundings(NamedTuple):
    """As the file says it. `line`: where. `where`: how people call the process."""

    where: str
    line: int
    folder: Word = ()
    variables: Mapping[str, Word] = {}


def keys(found: Found, around: Surroundings, alone: bool = True) -> tuple[Keys, str]:
    """Keys for a process type, and what goes in front of its command. `alone`: there is one instance."""
    made, front = _folder(found, around.folder)
    variables = _settable(found, around)
    asked = {each.text for word in variables.values() for each in word if isinstance(each, words.Shell)}
    said: dict[str, str] = {}
    for name, word in [*variables.items()]:
        value = words.literal(word)
        if value is None or f"${name}" in asked:
            continue
        if name == PORT and alone and _is_free(found, value):
            made["port"] = int(value)
        elif plan.is_own(name):
            continue
        else:
            said[name] = value
        del variables[name]
    return {**made, **({"env": said} if said else {})}, front + words.exported(
        _exportable(found, around, variables)
    )


def front(found: Found, around: Surroundings) -> str:
    """All of it in front of a command: tasks have no such keys."""
    made, entered = _folder(found, around.folder)
    if "cwd" in made:
        entered = words.entered((made["cwd"],))
    return entered + words.exported(_exportable(found, around, _settable(found, around)))


def shared(found: Found, around: Surroundings) -> dict[str, Word]:
    """Variables of all processes: into .env. Returns those that .env cannot hold, for each of them."""
    left = {}
    for name, word in _settable(found, around).items():
        value = words.literal(word)
        if value is None or plan.is_own(name) or not found.variable(name, value, around.line):
            left[name] = word
    return left


def _folder(found: Found, folder: Word) -> tuple[Keys, str]:
    """`cwd` for a folder that is there. One that is not is no mistake before the process starts."""
    path = words.literal(folder)
    if path is None:
        return {}, words.entered(folder)
    root = found.place.root
    full = os.path.normpath(os.path.join(root, path))
    if not path or full == os.path.normpath(root):
        return {}, ""
    if found.place.is_folder(full) and not path.startswith("~") and path.strip():
        return {"cwd": path}, ""
    return {}, words.entered(folder)


def _settable(found: Found, around: Surroundings) -> dict[str, Word]:
    """Those with a name and a value that a process can have (environ(7))."""
    settable = {}
    for name, word in around.variables.items():
        text = "".join(each for each in word if isinstance(each, str))
        if not name or any(sign.isspace() or sign in "=\0" for sign in name) or "\0" in text:
            text = f"{_shown(name)}: no process can have it: it is left out"
            found.lose(around.line, f"{around.where}: {text}")
        else:
            settable[name] = word
    return settable


def _exportable(found: Found, around: Surroundings, variables: Mapping[str, Word]) -> dict[str, Word]:
    exportable = {}
    for name, word in variables.items():
        if words.NAME.fullmatch(name):
            exportable[name] = word
        else:
            text = "the shell can set no variable of this name: it is left out"
            found.lose(around.line, f"{around.where}: {_shown(name)}: {text}")
    return exportable


def _shown(name: str) -> str:
    """What is surely a name; else it may be a value, where somebody has forgotten the `=`."""
    return f"variable {name}" if LIKE_A_NAME.fullmatch(name) else "a variable"


def _is_free(found: Found, value: str) -> bool:
    """Whether it is a port, and no other type has it."""
    taken = {each.get("port") for each in found.processes.values()}
    return parts.is_port(value) and value == str(int(value)) and int(value) not in taken
