"""Variables as files of a folder, one each: `env/NAME`, as daemontools' envdir began it.

chpst and s6-envdir set the variable of a file's name to what is in the file. They differ in what they make of
blanks and newlines there, and of nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.errors import Problem, UserError
from procman.export.plan import PRIVATE, File

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = "env"
OPTIONS = "-fL"
"""Of s6-envdir: newlines in a file are kept, apart from the last one, and so is what is behind 4 KiB."""


def of_chpst(variables: Mapping[str, str]) -> dict[str, str]:
    """The text of each file for `chpst -e`, which takes the first line, NUL for newlines. An empty file would
    remove the variable; one with an empty line has an empty value. Without those in `lost`."""
    lacking = lost(variables)
    return {
        name: text.replace("\n", "\0") + "\n" for name, text in _checked(variables) if name not in lacking
    }


def lost(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables that `chpst -e` cannot be given: it drops blanks at the end of a value."""
    return {name: text for name, text in variables.items() if text.endswith((" ", "\t"))}


def of_s6(variables: Mapping[str, str]) -> dict[str, str]:
    """The text of each file for `s6-envdir -fL`, which takes all of it but one newline at its end."""
    return {name: f"{text}\n" for name, text in _checked(variables)}


def files(folder: str, texts: Mapping[str, str]) -> Iterator[File]:
    """The files of a service."""
    for name, text in texts.items():
        yield File(f"{folder}/{FOLDER}/{name}", text, comment="", mode=PRIVATE)


def _checked(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Raises `UserError` for a name that no file there can have: those with a dot in front are skipped."""
    for name, text in variables.items():
        if "/" in name or "\n" in name or name.startswith("."):
            problem = f"the variable {name!r} would be a file of that name, which cannot be: change the name"
            raise UserError([Problem("export", None, problem)])
        yield name, text
