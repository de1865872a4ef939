"""Where the scheduler hands in what the store is to do; nothing handed in to be kept gets lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.facts import Notice
from procman.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.core.facts import Fact
    from procman.engine.needs import Store, Worker

    Operation = Callable[[Store], Any]

RETRY_SECONDS = 5.0


def perform(store: Store, operations: Sequence[Operation]) -> list[Any]:
    """Have the store do all in one transaction; should that fail, each in its own.

    Gives what each operation gave, or the `StoreError` that it raised.
    """
    try:
        with store.together():
            return [operation(store) for operation in operations]
    except StoreError as error:
        if len(operations) == 1:
            return [error]
    return [_alone(store, operation) for operation in operations]


def _alone(store: Store, operation: Operation) -> Any:
    try:
        with store.together():
            return operation(store)
    except StoreError as error:
        return error


class Desk:
    """Questions may be refused while the store is in trouble; what is to be kept waits until it is not."""

    def __init__(self, worker: Worker, publish: Callable[[Fact], None], clock: Callable[[], float]) -> None:
        self._worker = worker
        self._publish = publish
        self._clock = clock
        self._unanswered = 0
        self._waiting: list[Operation] = []
        self._retry_at: float | None = None
        self._told = ""

    @property
    def settled(self) -> bool:
        """Whether every request has been answered."""
        return not self._unanswered

    @property
    def unkept(self) -> int:
        """Operations that the store would not take."""
        return len(self._waiting)

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock."""
        return self._retry_at

    def ask(self, operation: Operation, then: Callable[[Any], None], refused: Callable[[], None]) -> None:
        """Have something done now or not at all."""

        def answered(result: Any) -> None:
            if self._well(result):
                then(result)
            else:
                refused()

        self._submit(operation, answered)

    def keep(self, operation: Operation) -> None:
        """Have something written, however long it takes, in the order in which it was handed in."""
        if self._retry_at is not None:
            self._waiting.append(operation)
            return

        def answered(result: Any) -> None:
            if not self._well(result):
                self._waiting.append(operation)

        self._submit(operation, answered)

    def expire(self, now: float) -> None:
        """Try again what the store would not take."""
        if self._retry_at is None or self._retry_at > now:
            return
        self._retry_at = now + RETRY_SECONDS if self._waiting else None
        if self._waiting:
            waiting = tuple(self._waiting)
            self._submit(lambda store: [operation(store) for operation in waiting], self._retried(waiting))

    def _retried(self, tried: tuple[Operation, ...]) -> Callable[[Any], None]:
        def answered(result: Any) -> None:
            if self._well(result):
                self._retry_at = None
                late, self._waiting = self._waiting[len(tried) :], []
                self._told = ""
                self._publish(Notice("the store can be written again"))
                for operation in late:
                    self.keep(operation)

        return answered

    def _submit(self, operation: Operation, answered: Callable[[Any], None]) -> None:
        def done(result: Any) -> None:
            self._unanswered -= 1
            if isinstance(result, BaseException) and not isinstance(result, StoreError):
                raise result  # a bug, and not one to go on with
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
