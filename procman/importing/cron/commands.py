"""What cron gives to the shell, as the command of a task: with what `%` means, and in the right shell."""

from __future__ import annotations

import re
import shlex
from functools import lru_cache
from typing import TYPE_CHECKING

from procman.core.plan import shell
from procman.importing.reading import parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

SHELL = "/bin/sh"
SHELLS = ("sh", SHELL, "/usr/bin/sh")
LIKE_SH = ("bash", "/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash", "/bin/dash", "/bin/ksh")
PLAIN = re.compile(r"[A-Za-z0-9_@%+:,./\s'\"<>&|;=*?-]*", re.ASCII)
"""Signs by which all of these shells mean the same, outside of their own commands."""
OF_BASH = re.compile(
    r"[<>]&(?![ \t]*(?:[0-9]+|-)(?:[\s;&|<>]|$))|\|&|&>|<<|[<>]\s*[^\s;&|<>]*[*?]|\w\+=", re.ASCII
)
"""But not side by side like this. Behind `>` bash puts in what fits a pattern."""
QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
EXPANSION = re.compile(
    r"\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\}|\((?P<command>[^()'\"`$]*)\))", re.ASCII
)
VARIABLES = re.compile(
    r"BASH\w*|RANDOM|SRANDOM|SECONDS|EPOCH\w*|E?UID|GROUPS|HOST(?:NAME|TYPE)|(?:OS|MACH)TYPE|LINENO|SHLVL"
    r"|SHELLOPTS|FUNCNAME|PIPESTATUS|DIRSTACK|COPROC|HIST\w*|OPTERR|REPLY",
    re.ASCII,
)
"""Those that bash has by itself, and sh need not have."""
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
    unquoted = QUOTED.sub(lambda each: "''" if each[0][0] == "'" else each[0], command)
    rest = EXPANSION.sub(lambda each: "x" if _means_the_same(each) else each[0], unquoted)
    if not PLAIN.fullmatch(rest) or OF_BASH.search(rest):
        return False
    try:
        found = parsed.of(command)
    except ValueError:
        return False
    return not found.compound and not any(_is_own(words) for words in found.commands)


def _means_the_same(expansion: re.Match[str]) -> bool:
    if expansion["command"] is not None:
        return _is_plain(expansion["command"])
    return VARIABLES.fullmatch(expansion["name"] or expansion["braced"]) is None


def _is_own(words: Sequence[shell.Token]) -> bool:
    """Whether a command is one of the shell's own, which each does in its own way; `%1` is a job of bash."""
    first = next((each.text for each in words if not shell.ASSIGNMENT.match(each.text)), "")
    return first in OWN or first.startswith("%")


def survives(command: str) -> bool:
    """Whether it means the same without the blanks around it, which procman.yml takes away."""
    bare = command.rstrip(" \t")
    escaped = len(bare) < len(command) and bare.endswith("\\")
    return bare == command.rstrip() and command == command.lstrip() and not escaped


def is_whole(command: str) -> bool:
    """Whether a shell can read it: no quote and no bracket is open."""
    try:
        parsed.of(command)
    except ValueError:
        return False
    return True


@lru_cache(16)
def simple(command: str) -> tuple[shell.Token, ...] | None:
    """The words of the only command of a line, None when there is more in it."""
    try:
        found = parsed.of(command)
    except ValueError:
        return None
    if len(found.commands) != 1 or found.compound or found.after:
        return None
    return found.commands[0]
