"""Text for the shell, and the lines that prepare the world of a process there."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from procman.core.exitcodes import signal_name
from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.export.services import Service

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
"""Of a variable that a shell can set (Shell Command Language 3.230, POSIX)."""
SHELL = ("/bin/sh", "-c")
FAILED = 111
"""The exit code of who cannot prepare the way for another (chpst(8))."""


def quoted(text: str) -> str:
    """A word for the shell that is just this text, which has no NUL."""
    return shlex.quote(text)


def assigned(name: str, value: str) -> str:
    """A line that puts a variable into the environment. Raises `UserError` for a name that no shell takes."""
    if not NAME.fullmatch(name):
        text = f"the name of the variable {name!r} is none for the shell: use letters, digits and '_'"
        raise UserError([Problem("export", None, text)])
    return f"export {name}={quoted(value)}"


def preparations(service: Service) -> Iterator[str]:
    """Lines that have to run in front of the command, in the shell that becomes it; not its folder."""
    policies = service.policies
    if policies.nofile is not None:
        # only the soft limit, as procman does it; who wants more than the hard one needs both, and rights
        soft, both = (f"ulimit {flags} {policies.nofile}" for flags in ("-S -n", "-n"))
        yield f"{soft} 2>/dev/null || {both} || exit {FAILED}"
    if policies.stdin_null:
        yield "exec </dev/null"


def nice(service: Service) -> tuple[str, ...]:
    """The words in front of a command by which it comes before or behind others (nice(1))."""
    given = service.policies.nice
    return () if given is None else ("nice", "-n", str(given))


def signal(number: int) -> str:
    """A signal as kill(1) and the supervisors take it: by name, those for real time by number."""
    name = signal_name(number).removeprefix("SIG")
    return name if name.isalnum() and not name.startswith("RT") else str(number)
