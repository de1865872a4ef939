"""What cron gives to the shell, as the command of a task: with what `%` means, and in the right shell."""

from __future__ import annotations

import re
import shlex
from functools import lru_cache

from procman.core.plan import shell

SHELL = "/bin/sh"
SHELLS = ("sh", SHELL, "/usr/bin/sh")
LIKE_SH = ("bash", "/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash", "/bin/dash", "/bin/ksh")
PLAIN = re.compile(r"[A-Za-z0-9_@%+:,./\s'\"<>&|;-]*", re.ASCII)
"""Signs by which all of these shells mean the same, outside of their own commands."""
OWN = (
    shell.BUILTINS | shell.RESERVED | frozenset("source pushd popd dirs let declare typeset shopt".split())
) - {*"cd true false : exit kill pwd".split()}
ESCAPED = re.compile(r"\\([%\\])")
UNTIL_INPUT = re.compile(r"(?:\\.|[^%\\])*\\?", re.DOTALL)


def split(text: str) -> tuple[str, str]:
    """What the shell gets of a job's text, and what stands on its standard input (do_command.c of cron).

    Up to the first `%` a backslash in front of `%` or of a backslash goes away. Behind it `%` is a newline
    and `\\%` is `%`; a newline is put behind it all, unless there is one, backslashes at the end apart.
    """
    found = UNTIL_INPUT.match(text)
    command = found[0] if found else ""
    behind = text[len(command) + 1 :]
    given = behind.replace("\\%", "\0").replace("%", "\n").replace("\0", "%")
    if given.rstrip("\\")[-1:] not in ("", "\n"):
        given += "\n"
    return ESCAPED.sub(r"\1", command), given


def line(command: str, given: str, program: str) -> str:
    """A line for /bin/sh by which `program -c` runs the command, with `given` on its standard input."""
    same = program in SHELLS or (program in LIKE_SH and _is_plain(command))
    if not same or not survives(command) or (given and simple(command) is None):
        command = f"{shlex.quote(program)} -c {shlex.quote(command)}"
    if not given:
        return command
    if not given.endswith("\n"):
        return f"printf %s {shlex.quote(given)} | {command}"
    return f"printf '%s\\n' {shlex.join(given[:-1].split(chr(10)))} | {command}"


def _is_plain(command: str) -> bool:
    """Whether bash and sh do the same with it."""
    if not PLAIN.fullmatch(command):
        return False
    try:
        found = shell.read(shell.tokens(command))
    except ValueError:
        return False
    return not found.compound and not OWN & {words[0].text for words in found.commands}


def survives(command: str) -> bool:
    """Whether it means the same without the blanks around it, which procman.yml takes away."""
    bare = command.rstrip(" \t")
    escaped = len(bare) < len(command) and bare.endswith("\\")
    return bare == command.rstrip() and command == command.lstrip() and not escaped


@lru_cache(16)
def simple(command: str) -> tuple[shell.Token, ...] | None:
    """The words of the only command of a line, None when there is more in it."""
    try:
        found = shell.read(shell.tokens(command))
    except ValueError:
        return None
    if len(found.commands) != 1 or found.compound or found.after:
        return None
    return found.commands[0]
