"""What procman would refuse is taken out again, and told: what is written passes `procman check`."""

from __future__ import annotations

import shlex
from datetime import UTC
from typing import TYPE_CHECKING, Any

from procman.core.config import taskfile
from procman.core.plan import procfile
from procman.errors import UserError
from procman.importing import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.importing.found import Found, Keys

COMMAND, DEPENDS = "command", "depends_on"


def check(found: Found) -> None:
    """Take out each key that makes a mistake, and each process or task whose command does."""
    if found.timezone and _mistake({"timezone": found.timezone}):
        found.lose(None, f"timezone {found.timezone}: {_mistake({'timezone': found.timezone})}")
        found.timezone = None
    for name, keys in [*found.processes.items()]:
        keys[COMMAND] = one_line(keys[COMMAND])
        if text := _line_mistake(name, keys[COMMAND]):
            found.lose(None, f"{name}: {text}")
            del found.processes[name]
        else:
            _check_keys(found, name, keys, lambda said, name=name: {"processes": {name: said}})  # type: ignore[misc]
    for name, keys in [*found.tasks.items()]:
        _check_keys(found, name, keys, lambda said, name=name: {"tasks": {name: said}})  # type: ignore[misc]
        if COMMAND not in keys:
            del found.tasks[name]
    _check_dependencies(found)


def one_line(command: str) -> str:
    """A command as a line of a Procfile: of several lines a script that the shell puts together again."""
    lines = command.strip("\n").split("\n")
    return command.strip() if len(lines) == 1 else f"eval \"$(printf '%s\\n' {shlex.join(lines)})\""


def _check_keys(found: Found, name: str, keys: Keys, whole: Callable[[Keys], dict[str, Any]]) -> None:
    """Each key by itself first; then all, for what makes no sense together."""
    task = "tasks" in whole({})
    for key, value in [*keys.items()]:
        if key == COMMAND and not task:
            continue
        said = {COMMAND: "true", key: value} if task else {key: value}
        if text := _mistake(whole(said)):
            found.lose(None, f"{name}: {key}: {value}: {text}")
            del keys[key]
    rest = {key: value for key, value in keys.items() if task or key != COMMAND}
    while rest and (text := _mistake(whole(rest))):
        key = next(key for key in reversed(rest) if key != COMMAND)
        found.lose(None, f"{name}: {key}: {rest.pop(key)}: {text}")
        del keys[key]


def _check_dependencies(found: Found) -> None:
    """Only on types that there are."""
    for name, keys in found.processes.items():
        said = keys.get(DEPENDS)
        if not said:
            continue
        for other in [each for each in said if each not in found.processes]:
            found.lose(None, f"{name}: it depends on '{other}', which is no process here")
        kept = [each for each in said if each in found.processes]
        keys[DEPENDS] = {each: said[each] for each in kept} if isinstance(said, dict) else kept
        if not kept:
            del keys[DEPENDS]


def _mistake(said: dict[str, Any]) -> str:
    """What procman says of a procman.yml with this in it."""
    try:
        taskfile.parse(written.dump(said).encode("utf-8", "surrogateescape"), "", UTC)
    except UserError as error:
        return error.problems[0].text
    return ""


def _line_mistake(name: str, command: str) -> str:
    try:
        procfile.parse(f"{name}: {command}".encode("utf-8", "surrogateescape"), "")
    except UserError as error:
        return error.problems[0].text
    return ""
