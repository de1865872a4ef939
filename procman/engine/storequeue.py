"""Where the scheduler hands in what the store is to do; nothing handed in to be kept gets lost."""

from __future__ import annotations

import traceback
from collections import deque
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from procman.core.facts import Notice
from procman.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.core.facts import Fact
    from procman.core.tasks.run import Finish, Start
    from procman.engine.needs import Worker
    from procman.engine.store import Store

    Operation = Callable[[Store], Any]

RETRY_SECONDS = 5.0
HOLD_SECONDS = 0.25
"""What is to be kept is held back at most so long, for what is more urgent: the store's thread takes time."""


class Question(Protocol):
    """What is asked of the store, and then followed by one of the other two."""

    def perform(self, store: Store) -> Any:
        """Ask, in the store's thread and in one transaction."""
        ...

    def answered(self, answer: Any) -> None:
        """It is in the store: go on with what `perform` gave."""
        ...

    def refused(self) -> None:
        """The store is in trouble: nothing was changed."""
        ...


class Ask(NamedTuple):
    """A question in three functions, for those that nobody needs to follow."""

    perform: Callable[[Store], Any]
    answered: Callable[[Any], None]
    refused: Callable[[], None]


class _Write(NamedTuple):
    """An operation, or what there is to tell: that is looked up in the store's thread."""

    run: int
    operation: Operation | None
    news: Callable[[], Start | Finish] | None
    then: Callable[[Any], None]


def write_all(store: Store, writes: Sequence[_Write]) -> list[Any]:
    """What each gave, in their order. News that are one after the other are told at once: a store on a server
    is asked one question for all of them."""
    gave: list[Any] = []
    for _, some in groupby(writes, key=lambda write: write.news is None):
        group = [*some]
        news = [write.news() for write in group if write.news]
        gave += store.tell(news) if news else []
        gave += [write.operation(store) for write in group if write.operation]
    return gave


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
    """Questions may be refused while the store is in trouble; what is to be kept waits until it is not.

    Writes are handed in one request after the other, the next when the last is answered. So what is written
    about a run comes in the order in which it happened, also when some of it is refused.
    """

    def __init__(self, worker: Worker, publish: Callable[[Fact], None], clock: Callable[[], float]) -> None:
        self._worker = worker
        self._publish = publish
        self._clock = clock
        self._unanswered = 0
        self._writing: tuple[_Write, ...] = ()
        self._held: list[_Write] = []
        self._held_since = 0.0
        self._refused: list[_Write] = []
        self._again: deque[_Write] = deque()  # refused ones that are tried again, each alone
        self._stuck: set[int] = set()  # runs of which one was refused again meanwhile
        self._retry_at: float | None = None
        self._told = ""
        self.caught_up: Callable[[], None] = lambda: None
        """Told when the store has been in trouble, and knows now what was to be kept."""

    @property
    def settled(self) -> bool:
        """Whether every request has been answered."""
        return not (self._unanswered or (self._held and self._retry_at is None))

    @property
    def unwritten(self) -> int:
        """Operations that the store would not take."""
        return len(self._refused) + len(self._again) + len(self._held)

    @property
    def deadline(self) -> float | None:
        """When `expire` is due, on the monotonic clock."""
        if self._writing:
            return None  # the answer comes first
        if self._retry_at is not None or not self._held:
            return self._retry_at
        return self._held_since + HOLD_SECONDS

    def is_behind(self, run: int) -> bool:
        """Whether the store has not been told all that is to be written about a run."""
        writes = (*self._writing, *self._refused, *self._again, *self._held)
        return any(write.run == run for write in writes)

    def query(self, question: Question) -> None:
        """Have something done now or not at all."""

        def answered(result: Any) -> None:
            if self._well(result):
                self._say_if_well_again()
                question.answered(result)
            else:
                question.refused()

        self._hand_in()
        self._submit(question.perform, answered)

    def write(
        self, run: int, operation: Operation, then: Callable[[Any], None] = lambda result: None
    ) -> None:
        """Have something written about a run, however long it takes; then `then` gets what that gave."""
        self._hold(_Write(run, operation, None, then))

    def tell(self, run: int, news: Callable[[], Start | Finish], then: Callable[[Any], None]) -> None:
        """The same, of what has become of it: see `Store.tell`."""
        self._hold(_Write(run, None, news, then))

    def _hold(self, write: _Write) -> None:
        if not self._held:
            self._held_since = self._clock()
        self._held.append(write)

    def expire(self, now: float, busy: bool) -> None:
        """Hand in what was kept since the last time, and again what the store would not take.

        Those who are `busy` starting children do so first, for a while.
        """
        if self._retry_at is not None and self._retry_at <= now and not self._again:
            self._retry_at = None
            self._again.extend([*self._refused, *self._held])
            self._refused, self._held = [], []
            self._stuck.clear()
        if not busy or now - self._held_since >= HOLD_SECONDS:
            self._hand_in()

    def last_try(self) -> None:
        """procman ends: hand in all there is."""
        writes = (*self._refused, *self._again, *self._held)
        self._refused, self._held = [], []
        self._again.clear()
        for write in writes:
            self._submit_writes((write,))

    def _hand_in(self) -> None:
        """What comes next: refused ones, each alone, in case it is one of them that cannot be written."""
        if self._writing:
            return
        while self._again and self._again[0].run in self._stuck:
            self._refused.append(self._again.popleft())
        if self._again:
            self._submit_writes((self._again.popleft(),))
        elif self._held and self._retry_at is None:
            held, self._held = self._held, []
            self._submit_writes(tuple(held))

    def _submit_writes(self, writes: tuple[_Write, ...]) -> None:
        def answered(result: Any) -> None:
            self._writing = ()
            if not self._well(result):
                self._refused += writes
                self._stuck |= {write.run for write in writes}
            else:
                for write, gave in zip(writes, result, strict=True):
                    write.then(gave)
                self._say_if_well_again()
            if self._again:
                self._hand_in()

        self._writing = writes
        self._submit(lambda store: write_all(store, writes), answered)

    def _say_if_well_again(self) -> None:
        if self._told and not (self._refused or self._again):
            self._told = ""
            self._publish(Notice("the store can be written again"))
            self.caught_up()

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
