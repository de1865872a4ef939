from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.tasks.run import Ending, Outcome, TickRow
from procman.core.tasks.task import Retention, Task
from procman.engine.pruning import Pruning
from procman.engine.storequeue import StoreQueue
from procman.errors import StoreError
from procman.testing.fakes import FakeClock, FakeWorker
from procman.testing.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_700_000_000
DAY = 86400


class Setting:
    """A store with runs, one a day and task, the newest a day old."""

    def __init__(self, runs: Mapping[str, int], **keep: int) -> None:
        self.store = MemoryStore()
        for task, number in runs.items():
            rows = [TickRow(task, NOW - day * DAY, due=NOW - day * DAY) for day in range(number, 0, -1)]
            for run in self.store.claim(rows, "me", NOW):
                self.store.finish(run, Ending(Outcome.OK, run.due or 0))
        self.worker = FakeWorker(self.store)
        self.queue = StoreQueue(self.worker, lambda fact: None, FakeClock())
        self.pruning = self.start(**keep)

    def start(self, **keep: int) -> Pruning:
        """procman starts with these tasks."""
        return Pruning({name: Task(name, "run", keep=keep) for name, keep in keep.items()}, self.queue)

    def prune(self) -> dict[str, int]:
        """One round; how many runs are left of each task."""
        self.pruning.begin(NOW)
        while self.worker.work():
            pass
        return self.left()

    def left(self) -> dict[str, int]:
        left: dict[str, int] = {}
        for run in self.store.history():
            left[run.task] = left.get(run.task, 0) + 1
        return left


def test_each_task_keeps_what_it_says() -> None:
    setting = Setting({"mail": 20, "report": 20}, mail=5, report=30)
    assert setting.prune() == {"mail": 5, "report": 20}


def test_a_task_that_is_gone_keeps_its_runs_as_long_as_it_said_last() -> None:
    setting = Setting({"mail": 80, "report": 20}, mail=50, report=10)
    assert setting.prune() == {"mail": 50, "report": 10}
    setting.pruning = setting.start(report=8)
    for run in setting.store.claim([TickRow("mail", NOW, due=NOW)], "me", NOW):
        setting.store.finish(run, Ending(Outcome.OK, NOW))
    assert setting.prune() == {"mail": 50, "report": 8}


def test_a_task_that_was_never_known_keeps_as_much_as_one_that_says_nothing() -> None:
    setting = Setting({"gone": 120, "mail": 3}, mail=5)
    assert setting.prune() == {"gone": Retention().keep_for / DAY, "mail": 3}


def test_only_tasks_that_had_new_runs_are_looked_at_again() -> None:
    setting = Setting({"mail": 1, "report": 1}, mail=5, report=5)
    setting.prune()
    for task in ("mail", "report"):
        rows = [TickRow(task, NOW + second, due=NOW, outcome=Outcome.MISSED) for second in range(1, 10)]
        setting.store.claim(rows, "me", NOW)
    setting.pruning.note(["mail"])
    assert setting.prune() == {"mail": 5, "report": 10}


def test_what_a_round_could_not_do_the_next_one_does() -> None:
    """The store refuses it when it asks, in the middle of a round, and at its end."""
    tasks = {f"t{number:02d}": 3 for number in range(25)}
    for slices in range(5):
        setting = Setting(tasks, **dict.fromkeys(tasks, 1))
        setting.pruning.begin(NOW)
        for _ in range(slices):
            setting.worker.work()
        setting.worker.broken = StoreError("full")
        setting.worker.work()
        setting.worker.broken = None
        assert setting.prune() == dict.fromkeys(tasks, 1)


def test_a_round_is_not_begun_while_another_is_under_way() -> None:
    setting = Setting({"mail": 3}, mail=1)
    setting.prune()
    setting.pruning.note(["mail"])
    setting.pruning.begin(NOW)
    setting.pruning.note(["mail"])
    setting.pruning.begin(NOW)
    assert setting.worker.work()
    assert not setting.worker.work()
