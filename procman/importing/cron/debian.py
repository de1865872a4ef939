"""Expressions that Debian's cron reads otherwise than procman: its entry.c, as the program itself shows it.

There a range that goes down is empty, and behind `#` nothing is read on: of `mon#1,fri` it is Monday alone.
What that cron refuses (`5/10`, `L`, `15W`) was written for another one, and is not told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.core.schedule.cronfields import DAY, HOUR, MINUTE, MONTH, WEEKDAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.schedule.cronfields import Kind

KINDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)
RANGE = re.compile(r"([0-9]+|[a-z]+)-([0-9]+|[a-z]+)(?:/[0-9]+)?", re.I | re.ASCII)
DOWN = (
    "to Debian's cron a range that goes down is empty, and nothing ran then. procman goes on with the lowest"
    " value, so the task runs"
)
BEHIND = "Debian's cron reads no further than '{}', so it ran on other days, too. procman reads all of it"


def differences(expression: str) -> Iterator[str]:
    """What is to be said of the fields of an expression that procman can read."""
    fields = expression.split()
    if len(fields) == len(KINDS):
        for kind, text in zip(KINDS, fields, strict=True):
            yield from (f"{kind.name} '{text}': {why}" for why in _of_field(kind, text))


def _of_field(kind: Kind, text: str) -> Iterator[str]:
    known, sign, _ = text.partition("#")
    if any(_goes_down(kind, item) for item in known.split(",")):
        yield DOWN
    if sign:
        yield BEHIND.format(known)


def _goes_down(kind: Kind, item: str) -> bool:
    found = RANGE.fullmatch(item)
    return found is not None and _number(kind, found[1]) > _number(kind, found[2])


def _number(kind: Kind, word: str) -> int:
    return int(word) if word.isdecimal() else kind.names.index(word.lower()) + kind.low
