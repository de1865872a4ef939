"""Times as they are written there, and notes on those that cannot be: who counts whole seconds rounds up."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from procman.core.schedule.durations import wording
from procman.export import seconds
from procman.export.plan import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 2_147_483_647
"""Most numbers of Kubernetes have 32 bits."""
NOTHING = 0.001
"""Less than that nobody notices."""


def whole(time: float, least: int = 1) -> int:
    """Whole seconds."""
    return min(MOST, max(least, ceil(time)))


def duration(time: float) -> str:
    """As compose writes it. Docker takes no less than a millisecond."""
    milliseconds = max(1, round(time * 1000))
    return f"{milliseconds}ms" if milliseconds % 1000 else f"{milliseconds // 1000}s"


def note(about: str, said: str, time: float, there: float) -> Iterator[Note]:
    """One on a time that is another one there; `said` is a key, or an option with what goes behind it."""
    if abs(time - there) < NOTHING:
        return
    words = wording(time)
    if words == wording(there):
        words = f"{seconds.text(time)} s"
    between = " " if said.startswith("-") else ": "
    yield Note(about, f"{said}{between}{words}", f"is {duration(there)} there")
