"""What procman would refuse is taken out again, and told: what is written passes `procman check`.

All is read at once first, as it mostly has no mistake; then a process or task, then a key at a time.
"""

from __future__ import annotations

import os.path
import re
import shlex
from datetime import UTC
from typing import TYPE_CHECKING, Any

from procman.core.config import taskfile
from procman.core.plan import dotenv, ports, procfile
from procman.errors import UserError
from procman.importing import startoptions, together, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.importing.found import Found, Keys

COMMAND, DEPENDS = "command", "depends_on"
MAY_BE_SECRET = (COMMAND, "desc")
PROCESSES, TASKS = "processes", "tasks"
OTHER_SHELL = re.compile(r"\S*sh -c(?= ')")
PORT = "PORT"
NO_PORT = "it is the first port of all processes, and this is none: it is left out"
PROCFILE = "Procfile"
NO_TYPE = "no file says what it runs: nothing is made of what is said of it"
NO_PROCFILE = (
    "the commands are in the app's Procfile, which is not there yet: procman needs it beside these settings"
)
NOT_IN_ENV = ".env cannot hold its name or its value: it is left out"


def check(found: Found) -> None:
    """Take out each key that makes a mistake, and each process or task whose command does."""
    if found.timezone and (text := _mistake({"timezone": found.timezone})):
        found.lose(None, f"timezone {found.timezone}: {text}")
        found.timezone = None
    _check_env(found)
    startoptions.check(found)
    _check_commands(found)
    _join_settings(found)
    _check_settings(found)
    _check_dependencies(found)
    if _said_of(lambda: written.procman_yml(found)):
        for name, keys in [*found.processes.items(), *found.settings.items()]:
            _check_keys(found, name, keys, PROCESSES)
        for name, keys in [*found.tasks.items()]:
            _check_keys(found, name, keys, TASKS)
    together.check(found)
    for name in [name for name, keys in found.tasks.items() if COMMAND not in keys]:
        del found.tasks[name]


def one_line(command: str) -> str:
    """A command as a line of a Procfile: of several lines a script that the shell puts together again."""
    if "\n" not in command.strip("\n"):
        return command.strip()
    if (found := OTHER_SHELL.match(command)) and (words := _words(command)) and len(words) == 3:
        return f"{found[0]} {_put_together(words[2])}"
    return f"eval {_put_together(command)}"


def _put_together(script: str) -> str:
    """A script as a word of one line."""
    return f"\"$(printf '%s\\n' {shlex.join(script.strip(chr(10)).split(chr(10)))})\""


def _words(command: str) -> list[str]:
    """Its words, if they are all that it says: quotes and blanks, and nothing that the shell puts in."""
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    return words if shlex.join(words) == command else []


def _check_env(found: Found) -> None:
    for name in [*found.env]:
        try:
            text = written.env({name: found.env[name]}).encode()
            right = dotenv.parse(text, "", {}).values == {name: found.env[name]}
        except (UserError, UnicodeEncodeError):
            right = False
        if not right:
            found.lose_variable(name, NOT_IN_ENV)
        elif name == PORT and not _is_port(found.env[name]):
            found.lose_variable(name, NO_PORT)


def _is_port(text: str) -> bool:
    """Of the first process; empty: the usual one."""
    try:
        ports.parse_base(text or "1", PORT)
    except UserError:
        return False
    return True


def _check_commands(found: Found) -> None:
    for keys in found.processes.values():
        keys[COMMAND] = one_line(keys[COMMAND])
    if not found.processes or not _line_mistake(written.procfile(found)):
        return
    for name, keys in [*found.processes.items()]:
        if text := _line_mistake(f"{name}: {keys[COMMAND]}"):
            found.lose_of(name, text)
            del found.processes[name]


def _join_settings(found: Found) -> None:
    """What is said of a type whose command has been found after all."""
    for name in [name for name in found.settings if name in found.processes]:
        found.processes[name] = {**found.settings.pop(name), **found.processes[name]}


def _check_settings(found: Found) -> None:
    """What is said of types whose commands are in no file is of use beside a Procfile that has them."""
    if found.processes:
        for name in [*found.settings]:
            found.lose_of(name, NO_TYPE)
            del found.settings[name]
    elif found.settings and not found.place.is_file(os.path.join(found.place.root, PROCFILE)):
        found.lose(None, NO_PROCFILE)


def _check_keys(found: Found, name: str, keys: Keys, part: str) -> None:
    """Each key by itself; then all, for what makes no sense together."""
    said = {key: value for key, value in keys.items() if key != COMMAND or part == TASKS}
    if not said or not _mistake({part: {name: said}}):
        return
    for key, value in [*said.items()]:
        alone = {key: value} if part == PROCESSES else {COMMAND: "true", key: value}
        if text := _mistake({part: {name: alone}}):
            found.lose_of(name, _refused(name, key, value, text))
            del said[key], keys[key]
    while said and (
        text := _mistake({part: {name: {**({COMMAND: "true"} if part == TASKS else {}), **said}}})
    ):
        key = next(key for key in reversed(said) if key != COMMAND or part == PROCESSES)
        found.lose_of(name, _refused(name, key, said.pop(key), text))
        del keys[key]


def _refused(name: str, key: str, value: Any, text: str) -> str:
    """What is wrong with a key, in the words of procman, which name both again.

    The value is shown only where it is no secret, and where these words do not show it.
    """
    for begun in (f"processes: {name}: ", f"task '{name}': ", f"{key}: "):
        text = text.removeprefix(begun)
    shown = isinstance(value, str | int) and key not in MAY_BE_SECRET and str(value) not in text
    return f"{key}: {value}: {text}" if shown else f"{key}: {text}"


def _check_dependencies(found: Found) -> None:
    """Only on types that there are."""
    known = {*found.processes, *found.settings}
    for name, keys in found.processes.items():
        said = keys.get(DEPENDS)
        if not said:
            continue
        said = [said] if isinstance(said, str) else said
        for other in [each for each in said if each not in known]:
            found.lose_of(name, f"it depends on '{other}', which is no process here")
        kept = [each for each in said if each in known]
        keys[DEPENDS] = {each: said[each] for each in kept} if isinstance(said, dict) else kept
        if not kept:
            del keys[DEPENDS]


def _mistake(said: dict[str, Any]) -> str:
    """What procman says of a procman.yml with this in it."""
    return _said_of(lambda: written.dump(said))


def _said_of(text: Callable[[], str]) -> str:
    try:
        taskfile.parse(text().encode(), "", UTC)
    except UserError as error:
        return error.problems[0].text
    except UnicodeEncodeError:
        return "not UTF-8 text"
    return ""


def _line_mistake(lines: str) -> str:
    try:
        procfile.parse(lines.encode("utf-8", "surrogateescape"), "")
    except UserError as error:
        return error.problems[0].text
    return ""
