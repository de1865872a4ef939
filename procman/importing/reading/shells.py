"""The line of a Procfile that runs the words which another tool would run."""

from __future__ import annotations

import os.path
import re
import shlex
from typing import TYPE_CHECKING

from procman.core.plan import commands, shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from procman.importing.found import Keys, Place

SHELLS = frozenset(("sh", "/bin/sh", "/usr/bin/sh"))
"""What procman runs a line with, by the names that people give it. Another shell stays named."""
TRAP = re.compile(re.escape(shell.TRAP) + r"(\w+); ")
EXEC = re.compile(r"\bexec (?=\S)")
MOST_TRIED = 8
FILES = re.compile(r"ulimit -n (\d{1,8}) \|\| exit; ")
UMASK = re.compile(r"umask ([0-7]{3}); ")
FOLDER = re.compile(r"cd ([\w@%+=:,./-]+|'[^']*') \|\| exit(?: 1)?; ", re.ASCII)
"""What an export puts in front of a command for a container."""


def command_of(argv: Sequence[str]) -> str:
    """The line that runs these words: `X` of `/bin/sh -c X`, else the words, quoted for the shell.

    What an export of procman put into X for the sake of signals is taken out again.
    """
    if _is_script(argv):
        return as_written(argv[2])
    return " ".join([*map(_first, argv[:1]), *map(shlex.quote, argv[1:])])


def as_written(line: str) -> str:
    """The command of which an export makes this line, the line itself if there is none.

    Who wrote `exec` without need gets the line without it, which procman runs in the same way.
    """
    trap = TRAP.search(line)
    signal = trap[1] if trap else commands.TERM
    return next((each for each in _candidates(line) if _exported(each, signal) == line), line)


def unwrapped(argv: Sequence[str], place: Place) -> tuple[str, Keys]:
    """The same of a command in a container, where the shell may have `ulimit`, `umask` and `cd` to do first:
    these become keys of procman.yml."""
    script = argv[2] if _is_script(argv) else ""
    keys: Keys = {}
    at = 0
    if found := FILES.match(script):
        at = found.end()
        keys["nofile"] = int(found[1])
    if found := UMASK.match(script, at):
        at = found.end()
        keys["umask"] = found[1]
    if found := FOLDER.match(script, at):
        folder = os.path.normpath(found[1].strip("'"))
        if place.is_folder(os.path.join(place.root, folder)):
            at = found.end()
            keys |= {} if folder == "." else {"cwd": folder}
    return (as_written(script[at:]) if at else command_of(argv)), keys


def _is_script(argv: Sequence[str]) -> bool:
    return len(argv) == 3 and argv[0] in SHELLS and argv[1] == "-c" and bool(argv[2].strip())


def _candidates(line: str) -> Iterator[str]:
    """The line without traps, or without the first, and then without each `exec`, from the last on."""
    for text in dict.fromkeys((TRAP.sub("", line), TRAP.sub("", line, count=1), line)):
        for found in [*EXEC.finditer(text)][: -MOST_TRIED - 1 : -1]:
            yield text[: found.start()] + text[found.end() :]
        if text != line:
            yield text


def _exported(command: str, signal: str) -> str:
    return commands.script(command, (), signal).behind[0]


def _first(word: str) -> str:
    """The name of a program, which the shell is not to take for something of its own."""
    if word in shell.RESERVED or shell.ASSIGNMENT.match(word):
        return f"'{word}'" if "'" not in word else shlex.quote(word)
    return shlex.quote(word)
