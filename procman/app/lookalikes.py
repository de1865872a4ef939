"""Files whose names are nearly right: `Procfile.dev` or `procfile` where there is no `Procfile`."""

from __future__ import annotations

import os

MOST = 3
NEAR = 0.85
"""Of difflib's ratio: `Profile` is near `Procfile`, `Pipfile` is not."""


def of(path: str) -> list[str]:
    """Names of files in the folder of a path that are nearly its own: longer, shorter or misspelt."""
    names, wanted = _others(path)
    longer = [name for name in names if _is_longer(name, wanted)]
    rest = [name for name in names if name not in longer]
    return _files(
        path, longer + [name for name in rest if _is_longer(wanted, name) or _misspelt(name, wanted)]
    )


def same(path: str) -> list[str]:
    """Those that are the name but for case, a dot in front, `.yaml`, or the `.txt` that editors add."""
    names, wanted = _others(path)
    return _files(path, [name for name in names if _plain(name).removesuffix(".txt") == _plain(wanted)])


def _others(path: str) -> tuple[list[str], str]:
    folder, wanted = os.path.split(path)
    try:
        return sorted(name for name in os.listdir(folder or os.curdir) if name != wanted), wanted
    except OSError:
        return [], wanted


def _files(path: str, names: list[str]) -> list[str]:
    folder = os.path.dirname(path)
    return [name for name in names if os.path.isfile(os.path.join(folder, name))][:MOST]


def _is_longer(name: str, stem: str) -> bool:
    """Whether it is the stem but for case, a dot in front, and what follows at its end."""
    long, short = _plain(name), _plain(stem)
    return long.startswith(short) and not long[len(short) :][:1].isalnum()


def _misspelt(name: str, wanted: str) -> bool:
    from difflib import SequenceMatcher  # slow to import, and only mistakes need it

    return SequenceMatcher(None, _plain(name), _plain(wanted)).ratio() >= NEAR


def _plain(name: str) -> str:
    return name.lower().lstrip(".").replace(".yaml", ".yml")
