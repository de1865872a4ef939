"""One thread for what may take long: requests go in, answers come out of the one wait as messages."""

from __future__ import annotations

import os
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from procman.core.messages import WorkDone
from procman.errors import ShortageError
from procman.shortages import NO_THREAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from procman.host.poller import Poller

    Request = tuple[Callable[[Any], Any], Callable[[Any], None]]

MOST = 200
"""Requests that are taken together, so that one that is urgent need not wait for thousands."""


class Worker:
    """Has requests done by `perform`, in order, as many at once as have come in meanwhile.

    `perform` takes what was asked for and gives as many answers; it runs in the thread, and never raises.
    """

    def __init__(self, perform: Callable[[Sequence[Callable[[Any], Any]]], Sequence[Any]], poller: Poller):
        self._perform = perform
        self._requests: SimpleQueue[Request | None] = SimpleQueue()
        self._answers: SimpleQueue[WorkDone] = SimpleQueue()
        self._read_end, self._write_end = os.pipe()
        for end in (self._read_end, self._write_end):
            os.set_blocking(end, False)
        poller.watch(self._read_end, self._done)
        self._thread = threading.Thread(target=self._run, name="procman-worker", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            raise ShortageError(NO_THREAD) from None

    def submit(self, operation: Callable[[Any], Any], then: Callable[[Any], None]) -> None:
        """Have something done; `then` gets the answer, in the thread that waits for messages."""
        self._requests.put((operation, then))

    def tell(self, then: Callable[[Any], None], news: Any) -> None:
        """From within `perform`: `then` gets the news, in the thread that waits, before the answers."""
        self._answers.put(WorkDone(then, news))

    def close(self, patience: float) -> list[WorkDone] | None:
        """Do all that was asked for and end the thread; the answers nobody has got yet.

        None when that takes longer than so many seconds: then the thread is left alone.
        """
        self._requests.put(None)
        self._thread.join(patience)
        return None if self._thread.is_alive() else list(self._done())

    def _run(self) -> None:
        more = True
        while more:
            requests, more = self._gather()
            answers = self._perform([operation for operation, _ in requests])
            for (_, then), answer in zip(requests, answers, strict=True):
                self._answers.put(WorkDone(then, answer))
            self._wake()

    def _gather(self) -> tuple[list[Request], bool]:
        """Wait for a request and take what else is there; False when they are the last."""
        requests: list[Request] = []
        request = self._requests.get()
        while request is not None:
            requests.append(request)
            try:
                if len(requests) == MOST:
                    return requests, True
                request = self._requests.get_nowait()
            except Empty:
                return requests, True
        return requests, False

    def _wake(self) -> None:
        try:
            os.write(self._write_end, b"!")
        except BlockingIOError:
            pass  # full of wake-ups already

    def _done(self) -> Iterator[WorkDone]:
        try:
            os.read(self._read_end, 1 << 16)
        except BlockingIOError:
            pass
        while True:
            try:
                yield self._answers.get_nowait()
            except Empty:
                return
