"""Which processes are meant: `web.1`, all of a type `web`, or all that a pattern `worker.*` fits."""

from __future__ import annotations

from procman.errors import Problem, UnknownNameError, suggest
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNS = "*?["
MOST_TOLD = 10
"""Mistakes: what is near each takes time to find."""


def select(words: Sequence[str], known: Sequence[str]) -> list[str]:
    """The known names that the words mean, in the order of `known`. Raises `UnknownNameError` with the words
    that mean none, the first of them."""
    found: set[str] = set()
    problems: list[Problem] = []
    for word in words:
        meant = [name for name in known if _means(word, name)]
        found.update(meant)
        if not meant and len(problems) < MOST_TOLD:
            types = {name.rpartition(".")[0] for name in known}
            problems.append(Problem(word, None, f"no such process{suggest(word, [*known, *types])}"))
    if problems:
        raise UnknownNameError(problems)
    return [name for name in known if name in found]


def _means(word: str, name: str) -> bool:
    if word in (name, name.rpartition(".")[0]):
        return True
    if not any(sign in word for sign in SIGNS):
        return False
    from fnmatch import fnmatchcase  # only patterns need it

    return fnmatchcase(name, word)
