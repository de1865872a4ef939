"""Rows of the tables, to and from the types of procman/core/tasks/run.py."""

from __future__ import annotations

from procman.core.tasks.past import Past
from procman.core.tasks.run import Outcome, Run, State, Trigger
from procman.errors import StoreError

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

NONE = "[]"
TRIGGERS = {str(trigger): trigger for trigger in Trigger}
STATES = {str(state): state for state in State}
OUTCOMES: dict[str | None, Outcome | None] = {None: None} | {str(outcome): outcome for outcome in Outcome}


def from_run(run: Run) -> tuple[Any, ...]:
    """All columns of a run but the id, and when it was."""
    return *run[1:3], as_json(run.args), *run[4:], run.at


def to_run(row: Sequence[Any]) -> Run:
    """A run, from the columns of `RUNS`. Raises `StoreError` for a word that a newer procman has written."""
    args, truncated = words(row[3]), bool(row[20])
    try:
        trigger, state, outcome = TRIGGERS[row[4]], STATES[row[10]], OUTCOMES[row[11]]
    except KeyError as error:
        text = f"run {row[0]} has the word {error}, which this procman does not know: upgrade procman"
        raise StoreError(text) from None
    return Run._make((*row[:3], args, trigger, *row[5:10], state, outcome, *row[12:20], truncated, *row[21:]))


def to_past(row: Sequence[Any]) -> Past:
    """The past of a task, from the columns of `PASTS`."""
    past = Past._make(row)
    return past._replace(
        last_outcome=past.last_outcome and Outcome(past.last_outcome), last_ran=bool(past.last_ran)
    )


def as_json(words: Collection[str]) -> str:
    """The words as an array, without loss: bytes that are no UTF-8 are there as lone surrogates, escaped."""
    if not words:
        return NONE
    import json  # most runs have no arguments, and most apps do not wait for it

    return json.dumps([*words], ensure_ascii=False).encode(errors="backslashreplace").decode()


def words(text: str) -> tuple[str, ...]:
    """What `as_json` was given."""
    if text == NONE:
        return ()
    if not text.startswith("["):  # by an app that has still loaded the procman of version 1
        return of_version_1(text)
    import json

    return tuple(json.loads(text))


def of_version_1(text: str) -> tuple[str, ...]:
    """Each word ends with a newline, escaped as the codec unicode_escape does."""
    return tuple(line.encode("ascii").decode("unicode_escape") for line in text.split("\n")[:-1])


def words_as_json(text: str) -> str:
    """The arguments of a row of version 1 as version 2 has them."""
    return as_json(of_version_1(text))
