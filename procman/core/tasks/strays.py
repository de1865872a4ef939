"""Whose an orphan is that has left the session of its process: environment, output or time tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from procman.core.messages import FileId

TICK = 0.02
"""Seconds by which the time that the system tells for a start may be off: it counts in hundredths."""
YOUNG = 10.0
"""Processes that start servers in the background do so when they start: such seconds they have for it."""


class Stray(NamedTuple):
    """An orphan that procman has adopted. What its environment says is None where that was cleaned."""

    pid: int
    age: float
    """Seconds since it began."""
    run: int | None = None
    """`PROCMAN_RUN_ID`."""
    process: str | None = None
    """`PROCMAN_PROCESS`."""
    outputs: frozenset[FileId] = frozenset()
    """Where its standard output and error go."""


class Parent(NamedTuple):
    """Who may have left one: a child of procman. Times are on one clock."""

    began: float
    output: FileId | None = None


def whose(
    stray: Stray,
    now: float,
    ended: Mapping[int, Parent],
    runs: Collection[Parent],
    others: Collection[Parent],
) -> int | None:
    """The ended run that has left it; None while it may be somebody else's, or belongs to one that is there.

    `ended` are runs by number; `runs` and `others`, the processes of the formation, are there.
    """
    if stray.run is not None or stray.process is not None:
        return stray.run if stray.run in ended else None
    for run, parent in ended.items():
        if parent.output in stray.outputs:
            return run
    began = now - stray.age + TICK
    if (
        any(parent.output in stray.outputs for parent in (*runs, *others))
        or any(parent.began <= began for parent in runs)
        or any(began - YOUNG <= parent.began <= began for parent in others)
    ):
        return None
    return max((run for run, parent in ended.items() if parent.began <= began), default=None)
