"""The variables of a crontab: which are for cron, which go to .env as all jobs have them, and which into the
commands of some.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from procman.core.plan import plan
from procman.importing.cron import commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.importing.cron.lines import Job, Variable
    from procman.importing.found import Found

HOME, PROGRAM, ZONE, DELAY, MAIL = "HOME", "SHELL", "CRON_TZ", "RANDOM_DELAY", "MAILTO"
OF_MAIL = ("MAILFROM", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING")
OF_CRON = (ZONE, DELAY, MAIL, *OF_MAIL, "LOGNAME")
"""Those that cron itself reads, and the one that it does not let anybody change."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DOTENV_NAME = re.compile(r"[^=#\s']+")

NO_MAIL = "procman mails nothing: 'procman history' has the outcome and the output of each run"
NO_NAME = "a shell cannot set a variable of this name, and other jobs do not have it: it is left out"
NO_ENV = ".env cannot hold a variable of this name: it is left out"
NO_TEXT = "the value is not UTF-8 text: it is left out"
TOO_LATE = "no job is below it, so it means nothing: it is left out"


def sort(found: Found, variables: Sequence[Variable], jobs: Sequence[Job]) -> frozenset[str]:
    """Put into .env what all jobs have; the names of those. What is lost is told, line by line."""
    shared = {
        name for name in dict.fromkeys(each.name for each in variables) if _is_shared(found, name, jobs)
    }
    for each in variables:
        if text := _lost(each, shared, jobs):
            found.lose(each.line, f"{each.name or '='}: {text}")
        elif each.name in shared:
            found.variable(each.name, each.value, each.line)
    return frozenset(shared)


def in_front(job: Job, shared: frozenset[str]) -> str:
    """What sets the variables of a job that others do not have in the same way."""
    own = {
        name: value for name, value in job.variables.items() if name not in shared and _is_told(name, value)
    }
    if not own:
        return ""
    return f"export {' '.join(f'{name}={shlex.quote(value)}' for name, value in own.items())}; "


def program(variables: Mapping[str, str]) -> str:
    """The shell that a job is run by."""
    return variables.get(PROGRAM) or commands.SHELL


def _is_shared(found: Found, name: str, jobs: Sequence[Job]) -> bool:
    """Whether all jobs have the same, and .env is free for it."""
    if name in OF_CRON or plan.is_own(name) or not DOTENV_NAME.fullmatch(name):
        return False
    values = {job.variables.get(name) for job in jobs}
    if len(values) != 1 or None in values:
        return False
    value = values.pop()
    if value is None or (name == PROGRAM and value in commands.SHELLS):
        return False
    return found.env.get(name, value) == value


def _lost(variable: Variable, shared: set[str], jobs: Sequence[Job]) -> str:
    """Why a variable is not carried over; nothing if it is, or need not be."""
    name, value = variable.name, variable.value
    if name == MAIL or name in OF_MAIL:
        return NO_MAIL if value else ""
    if name in OF_CRON or (name == PROGRAM and value in commands.SHELLS):
        return ""
    if not any(job.variables.get(name) == value and job.line > variable.line for job in jobs):
        return TOO_LATE
    if not _is_text(value):
        return NO_TEXT
    if name in shared or _is_told(name, value):
        return ""
    return NO_NAME if DOTENV_NAME.fullmatch(name) else NO_ENV


def _is_told(name: str, value: str) -> bool:
    """Whether `export` in front of a command can and has to say it."""
    if name in OF_CRON or (name == PROGRAM and value in commands.SHELLS):
        return False
    return NAME.fullmatch(name) is not None and _is_text(value)


def _is_text(value: str) -> bool:
    return value.isprintable() or not any("\ud800" <= each <= "\udfff" for each in value)
