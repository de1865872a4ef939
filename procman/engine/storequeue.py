"""Where the scheduler hands in what the store is to do; nothing handed in to be kept gets lost."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from procman.core.facts import Notice
from procman.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.core.facts import Fact
    from procman.engine.needs import Worker
    from procman.engine.store import Store

    Operation = Callable[[Store], Any]

RETRY_SECONDS = 5.0
HOLD_SECONDS = 0.25
"""What is to be kept is held back at most so long, for what is more urgent: the store's thread takes time."""


def perform(store: Store, operations: Sequence[Operation]) -> list[Any]:
    """Have the store do all in one transaction; should that fail, each in its own.

    Gives what each operation gave, or the `StoreError` that it raised.
    """
    try:
        with store.together():
            return [operation(store) for operation in operations]
    except Exception as error:
        if len(operations) == 1:
            return [_as_trouble(error)]
    return [answer for operation in operations for answer in perform(store, [operation])]


def _as_trouble(error: Exception) -> StoreError:
    """A bug here must not be the end of the app's processes: it is told as what the store refused."""
    if isinstance(error, StoreError):
        return error
    where = traceback.extract_tb(error.__traceback__)[-1]
    name = type(error).__name__
    return StoreError(
        f"a bug in procman ({name}: {error}, {where.name}, line {where.lineno}): please report it"
    )


class StoreQueue:
    """Questions may be refused while the store is in trouble; what is to be kept waits until it is not."""

    def __init__(self, worker: Worker, publish: Callable[[Fact], None], clock: Callable[[], float]) -> None:
        self._worker = worker
        self._publish = publish
        self._clock = clock
        self._unanswered = 0
        self._held: list[Operation] = []
        self._held_since = 0.0
        self._refused: list[Operation] = []
        self._retry_at: float | None = None
        self._told = ""

    @property
    def settled(self) -> bool:
        """Whether every request has been answered."""
        return not (self._unanswered or self._held)

    @property
    def unwritten(self) -> int:
        """Operations that the store would not take."""
        return len(self._refused)

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock."""
        return self._retry_at

    def query(self, operation: Operation, then: Callable[[Any], None], refused: Callable[[], None]) -> None:
        """Have something done now or not at all."""

        def answered(result: Any) -> None:
            if self._well(result):
                then(result)
            else:
                refused()

        self._hand_in()
        self._submit(operation, answered)

    def write(self, operation: Operation) -> None:
        """Have something written, however long it takes, in the order in which it was handed in."""
        if not self._held:
            self._held_since = self._clock()
        self._held.append(operation)

    def expire(self, now: float, busy: bool) -> None:
        """Hand in what was kept since the last time, and again what the store would not take.

        Those who are `busy` starting children do so first, for a while.
        """
        if self._retry_at is not None and self._retry_at <= now:
            self._retry_at = None
            refused, self._refused = self._refused, []
            for operation in refused:  # each alone, in case it is one of them that cannot be written
                self._submit_writes((operation,))
        if not busy or now - self._held_since >= HOLD_SECONDS:
            self._hand_in()

    def _hand_in(self) -> None:
        """All that is held, as one request."""
        if self._retry_at is not None:
            self._refused += self._held
        elif self._held:
            self._submit_writes(tuple(self._held))
        self._held = []

    def _submit_writes(self, operations: tuple[Operation, ...]) -> None:
        def all_of_them(store: Store) -> None:
            for operation in operations:
                operation(store)

        def answered(result: Any) -> None:
            if not self._well(result):
                self._refused += operations
            elif self._told and not self._refused:
                self._told = ""
                self._publish(Notice("the store can be written again"))

        self._submit(all_of_them, answered)

    def _submit(self, operation: Operation, answered: Callable[[Any], None]) -> None:
        def done(result: Any) -> None:
            self._unanswered -= 1
            answered(result)

        self._unanswered += 1
        self._worker.submit(operation, done)

    def _well(self, result: Any) -> bool:
        if not isinstance(result, StoreError):
            return True
        if str(result) != self._told:
            self._told = str(result)
            self._publish(Notice(f"{result}; tasks wait until that is over"))
        if self._retry_at is None:
            self._retry_at = self._clock() + RETRY_SECONDS
        return False
