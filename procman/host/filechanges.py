"""What has changed, on its way from the child that watches to procman: lines, and fields between NULs."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from procman.core.plan.globs import Globs

    Concerned = dict[str, set[str]]
    """Names of files, by the process types that they concern."""

MOST = 100
"""Files that are named for each process type; the others are counted."""
WATCHING, CHANGED, DONE, FAILED = "watching", "changed", "done", "failed"
"""All is watched now; files of one process type; that was all of the burst; nothing is watched, and why."""


def concerning(
    meant: Mapping[str, Globs], names: Iterable[str], is_folder: Callable[[str], bool]
) -> Concerned:
    """The files among the names of what has changed."""
    found: Concerned = {}
    for name in names:
        types = [type_ for type_, globs in meant.items() if globs.matches(name)]
        for type_ in types if types and not is_folder(name) else ():
            found.setdefault(type_, set()).add(name)
    return found


def lines(changed: Concerned) -> bytes:
    """Of one burst."""
    told = [line(CHANGED, type_, str(len(names)), *sorted(names)[:MOST]) for type_, names in changed.items()]
    return b"".join([*told, line(DONE)])


def line(kind: str, *fields: str) -> bytes:
    """One, whatever is in names of files."""
    from procman.core.text.visible import printable  # what only the child needs

    return ("\0".join([kind, *map(printable, fields)]) + "\n").encode()


def fields(line: bytes) -> list[str]:
    """The kind of a line, and what is behind it."""
    return line.decode(errors="replace").split("\0")
