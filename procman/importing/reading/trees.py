"""Files of YAML as trees. What is wrong with them is told without their values: one may be a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from procman.errors import Problem
    from procman.importing.found import Found

    T = TypeVar("T")

VALUES = (
    (re.compile(r"(?<=: quote it): .*", re.DOTALL), ""),
    (re.compile(r"the alias \*.* means nothing here: .*", re.DOTALL), "an alias of which nothing is above"),
    (re.compile(r"a tag \('.*'\)", re.DOTALL), "a tag"),
)
"""What of a sentence about YAML (core/config) is a part of the file, and what stands for it."""


def of(read: Callable[[bytes, str, list[Problem]], T], data: bytes, source: str, found: Found) -> T:
    """What a reader of `yamltree` makes of a file. Mistakes that leave a tree are told; raises `UserError`
    for others."""
    problems: list[Problem] = []
    try:
        tree = read(data, source, problems)
    except UserError as error:
        raise UserError(each._replace(text=_without_values(each.text)) for each in error.problems) from None
    for each in problems:
        found.lose(each.line, _without_values(each.text))
    return tree


def _without_values(text: str) -> str:
    for pattern, instead in VALUES:
        text = pattern.sub(instead, text)
    return text
