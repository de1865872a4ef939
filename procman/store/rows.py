"""Rows of the tables, to and from the types of procman/core/tasks/run.py."""

from __future__ import annotations

from procman.core.tasks.past import Past
from procman.core.tasks.run import Outcome, Run, State, Trigger

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def from_run(run: Run) -> tuple[Any, ...]:
    """All columns of a run but the id."""
    return *run[1:3], _joined(run.args), *run[4:]


def to_run(row: Sequence[Any]) -> Run:
    """A run, from the columns of `RUNS`."""
    run = Run._make(row)
    return run._replace(
        args=_split(row[3]),
        trigger=Trigger(run.trigger),
        state=State(run.state),
        outcome=run.outcome and Outcome(run.outcome),
        truncated=bool(run.truncated),
    )


def to_past(row: Sequence[Any]) -> Past:
    """The past of a task, from the columns of `PASTS`."""
    past = Past._make(row)
    return past._replace(
        last_outcome=past.last_outcome and Outcome(past.last_outcome), last_ran=bool(past.last_ran)
    )


def _joined(words: Sequence[str]) -> str:
    """A text without loss, whatever is in the words: bytes that are no UTF-8 are there as lone surrogates."""
    return "".join(word.encode("unicode_escape").decode("ascii") + "\n" for word in words)


def _split(text: str) -> tuple[str, ...]:
    return tuple(line.encode("ascii").decode("unicode_escape") for line in text.split("\n")[:-1])
