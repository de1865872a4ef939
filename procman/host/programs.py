"""Where a program is, as the shell looks for it (Shell Command Language, POSIX, 2.9.1.4)."""

from __future__ import annotations

import os


def find(name: str, path: str | None) -> str | None:
    """The file of a program: `name` if there is a `/` in it, else the first on `path` that may be run."""
    if "/" in name:
        return name
    for folder in path.split(":") if path and name else ():
        place = f"{folder or '.'}/{name}"
        if os.access(place, os.X_OK) and os.path.isfile(place):
            return place
    return None


def folder(known: str | None) -> str:
    """This process's folder, for PWD: as it was called if that is true, else without links (pwd(1))."""
    try:
        if known and known.startswith("/") and os.path.samefile(known, "."):
            return known
    except OSError:
        pass  # it is gone
    return os.getcwd()
