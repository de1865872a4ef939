"""Files whose names are nearly right: `Procfile.dev` or `procfile` where there is no `Procfile`."""

from __future__ import annotations

import os

MOST = 3
NEAR = 0.85
"""Of difflib's ratio: `Profile` is near `Procfile`, `Pipfile` is not."""


def of(path: str, loosely: bool = True) -> list[str]:
    """Names of files in the folder of a path that are nearly its own; loosely: with typos, or less of it."""
    folder, wanted = os.path.split(path)
    try:
        names = sorted(os.listdir(folder or os.curdir))
    except OSError:
        return []
    found = [name for name in names if name != wanted and _is_longer(name, wanted)]
    if loosely:
        others = (name for name in names if name not in (wanted, *found))
        found += [name for name in others if _is_longer(wanted, name) or _misspelt(name, wanted)]
    return [name for name in found if os.path.isfile(os.path.join(folder, name))][:MOST]


def _is_longer(name: str, stem: str) -> bool:
    """Whether it is the stem but for case, a leading dot, and what follows at its end."""
    long, short = _plain(name), _plain(stem)
    return long.startswith(short) and not long[len(short) :][:1].isalnum()


def _misspelt(name: str, wanted: str) -> bool:
    from difflib import SequenceMatcher  # slow to import, and only mistakes need it

    return SequenceMatcher(None, _plain(name), _plain(wanted)).ratio() >= NEAR


def _plain(name: str) -> str:
    return name.lower().lstrip(".").replace(".yaml", ".yml")
