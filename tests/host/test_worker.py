"""The thread for what may take long."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from procman.core.messages import WorkDone
from procman.host.poller import Poller
from procman.host.worker import MOST, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Stage:
    """A worker that adds up what comes, and notes in how many batches it was asked."""

    def __init__(self) -> None:
        self.poller = Poller()
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.worker = Worker(self._perform, self.poller)
        self.answers: list[Any] = []

    def _perform(self, operations: Sequence[Callable[[Any], Any]]) -> list[Any]:
        self.gate.wait()
        self.batches.append(len(operations))
        return [operation(threading.current_thread().name) for operation in operations]

    def submit(self, number: int) -> None:
        self.worker.submit(lambda thread: (number, thread), self.answers.append)

    def collect(self, number: int) -> None:
        while len(self.answers) < number:
            self.take(self.poller.wait(5))

    @staticmethod
    def take(messages: Any) -> None:
        for message in messages:
            assert isinstance(message, WorkDone)
            message.then(message.result)


def test_answers_come_in_order_from_another_thread() -> None:
    stage = Stage()
    stage.gate.set()
    for number in range(3):
        stage.submit(number)
    stage.collect(3)
    assert stage.answers == [(number, "procman-worker") for number in range(3)]


def test_what_has_come_in_meanwhile_is_done_in_one_go_but_not_without_end() -> None:
    stage = Stage()
    for number in range(2 * MOST + 1):
        stage.submit(number)
    stage.gate.set()
    stage.collect(2 * MOST + 1)
    assert len(stage.batches) <= 4
    assert max(stage.batches) == MOST
    assert [number for number, _ in stage.answers] == list(range(2 * MOST + 1))


def test_close_does_what_was_asked_for_and_ends_the_thread() -> None:
    before = threading.enumerate()
    stage = Stage()
    for number in range(10):
        stage.submit(number)
    stage.gate.set()
    stage.take(stage.worker.close(20) or ())
    assert len(stage.answers) == 10
    assert threading.enumerate() == before


def test_one_that_takes_too_long_is_left_alone() -> None:
    stage = Stage()
    stage.submit(1)
    assert stage.worker.close(0.01) is None
    stage.gate.set()
