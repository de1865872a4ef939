"""What processes cannot say together: circles, what never comes, ports of two. It is taken out, and told."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from procman.core.config import processchecks, taskfile
from procman.errors import UserError
from procman.importing import written

if TYPE_CHECKING:
    from procman.core.config.processfile import ProcessSettings
    from procman.errors import Problem
    from procman.importing.found import Found, Keys

DEPENDS = "depends_on"


def check(found: Found) -> None:
    """Take out what the checks of all processes refuse, one after the other, as one may be why another is."""
    while (mistake := _first(found)) and _taken_out(found, *mistake):
        pass


def _first(found: Found) -> tuple[Problem, ProcessSettings] | None:
    try:
        said = taskfile.parse(written.procman_yml(found).encode(), "", UTC).processes
    except (UserError, UnicodeEncodeError):
        return None
    problems = processchecks.problems(said, {*found.processes, *found.settings, *said}, "")
    return next(((each, said[_parts(each)[0]]) for each in problems), None)


def _taken_out(found: Found, mistake: Problem, settings: ProcessSettings) -> bool:
    name, key, text = _parts(mistake)
    keys = found.processes.get(name) or found.settings.get(name) or {}
    if key not in keys:
        return False
    found.lose_of(name, f"{key}: {text}")
    others = [
        other for other, line in settings.depends_lines.items() if line == mistake.line and other in text
    ]
    if key == DEPENDS and others and not isinstance(keys[key], str):
        _drop(keys, others)
    else:
        del keys[key]
    return True


def _drop(keys: Keys, others: list[str]) -> None:
    said = keys[DEPENDS]
    kept = [each for each in said if each not in others]
    keys[DEPENDS] = {each: said[each] for each in kept} if isinstance(said, dict) else kept
    if not kept:
        del keys[DEPENDS]


def _parts(mistake: Problem) -> tuple[str, str, str]:
    """Process, key and sentence of `processes: web: port: 3000 is ...`."""
    name, key, text = mistake.text.removeprefix(processchecks.WHERE).split(": ", 2)
    return name, key, text
