"""How many instances of which type: `-m web=2,worker=1,all=1` and names on the command line."""

from __future__ import annotations

import re

from procman.core.plan.procfile import RELEASE
from procman.errors import Problem, UserError, suggest
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ALL = "all"
COUNT = r"0*[0-9]{1,4}"


def parse(text: str, source: str) -> dict[str, int]:
    """`"web=2,all=1"` as `{"web": 2, "all": 1}`. Raises `UserError` with every bad part."""
    counts: dict[str, int] = {}
    problems: list[Problem] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not name or not equals or not re.fullmatch(COUNT, number):
            problems.append(Problem(source, None, f"'{part}' should be NAME=COUNT with a count up to 9999"))
        else:
            counts[name] = int(number)
    if problems:
        raise UserError(problems)
    return counts


def resolve(
    types: Sequence[str],
    counts: dict[str, int] | None,
    names: Sequence[str],
    source: str = "formation",
    usual: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Instances of each type in the Procfile's order, those of none left out.

    No counts: as many as is `usual`, else one of each. Counts: types not named get those of `all`, else none.
    Names: only those types, as often as the counts say of them by name, else as is usual (Foreman: once).
    `release` runs only when named. Raises `UserError` for unknown names and when nothing is left to run.
    """
    problems = [*_unknown(types, counts or (), source), *_unknown(types, names, "command line")]
    if problems:
        raise UserError(problems)
    wanted = {name: of_type(name, counts, names, (usual or {}).get(name, 1)) for name in types}
    formation = {name: count for name, count in wanted.items() if count}
    if not formation:
        raise UserError([Problem(source, None, "nothing to start: every process type has 0 instances")])
    return formation


def check_release(types: Sequence[str], wanted: Iterable[str], procfile: str) -> None:
    """Whether `--release` has something to run, and runs it only once. Raises `UserError`."""
    if RELEASE not in types:
        hint = suggest(RELEASE, types) or ": write one, or leave --release out"
        text = f"{procfile} has no 'release:' line{hint}"
    elif RELEASE in wanted:
        text = f"it runs '{RELEASE}' first already: leave '{RELEASE}' out of the types to start"
    else:
        return
    raise UserError([Problem("--release", None, text)])


def of_type(name: str, counts: dict[str, int] | None, names: Sequence[str], usual: int = 1) -> int:
    """Instances of one type, of which as many are `usual`."""
    if names:
        return (counts or {}).get(name, usual) if name in names else 0
    if name == RELEASE:
        return (counts or {}).get(name, 0)
    return usual if counts is None else counts.get(name, counts.get(ALL, 0))


def is_named(name: str, counts: dict[str, int] | None, names: Sequence[str]) -> bool:
    """Whether somebody wants this type by its name."""
    return name in names or bool((counts or {}).get(name))


def _unknown(types: Sequence[str], named: Iterable[str], source: str) -> list[Problem]:
    return [
        Problem(source, None, f"no process type '{name}' in the Procfile{suggest(name, types)}")
        for name in named
        if name not in types and (name != ALL or source == "command line")
    ]
