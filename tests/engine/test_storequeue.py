"""What is to be written about runs, and in which order the store is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.tasks.run import Ending, Finish, Outcome, Run, Start, TickRow
from procman.core.tasks.transitions import Event
from procman.engine.storequeue import StoreQueue
from procman.testing.fakes import FakeClock, FakeWorker
from procman.testing.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Sequence

OK = Ending(Outcome.OK, 9.0)


class Told(MemoryStore):
    """Notes what it is told, and together with what."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[str]] = []

    def tell(self, news: Sequence[Start | Finish]) -> list[Run | None]:
        self.calls.append([f"{type(each).__name__} {each.run.id}" for each in news])
        return super().tell(news)

    def move(self, run: Run, event: Event) -> None:
        self.calls.append([f"{event} {run.id}"])
        super().move(run, event)


def test_news_are_told_at_once_and_nothing_is_told_before_what_has_come_first() -> None:
    store = Told()
    worker = FakeWorker(store)
    queue = StoreQueue(worker, lambda fact: None, FakeClock())
    one, two, three = store.claim([TickRow("mail", tick) for tick in (1, 2, 3)], "me", 5.0)
    gave: list[tuple[str, int | None]] = []

    def tell(what: str) -> None:
        def answer(closed: Run | None) -> None:
            gave.append((what, closed and closed.id))

        kind, whose = what.split()
        run = {"one": one, "two": two}[whose]
        news = Start(run, "run", 7, None, 6.0) if kind == "start" else Finish(run, OK)
        queue.tell(run.id, lambda: news, answer)

    tell("start one")
    tell("start two")
    tell("finish one")
    queue.write(
        three.id, lambda store: store.move(three, Event.RELEASE), lambda _: gave.append(("move", None))
    )
    tell("finish two")
    queue.expire(0.0, busy=False)
    assert worker.work()
    assert store.calls == [["Start 1", "Start 2", "Finish 1"], ["release 3"], ["Finish 2"]]
    assert gave == [
        ("start one", None),
        ("start two", None),
        ("finish one", 1),
        ("move", None),
        ("finish two", 2),
    ]
    assert queue.settled
