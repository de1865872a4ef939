"""The scheduler of an app, put together: its store, the thread that writes there, the bell."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from procman.app import taskfiles
from procman.cli import keeping
from procman.core.facts import Notice
from procman.engine import storequeue
from procman.engine.needs import World
from procman.engine.runs import Runs
from procman.engine.scheduler import Scheduler
from procman.errors import RefusedError, StoreError
from procman.host import place, strays
from procman.host.limits import OPEN_FILES
from procman.host.worker import Worker
from procman.store.failures import BUSY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from procman.app.app import App
    from procman.core.facts import Fact
    from procman.core.tasks.instance import Renewal
    from procman.core.tasks.task import Task
    from procman.engine.supervisor import Supervisor
    from procman.host.poller import Poller
    from procman.store.postgres.store import PostgresStore
    from procman.store.sqlite import SqliteStore

PATIENCE = 2.0
"""Seconds that a store which somebody holds locked is waited for at the end."""
ANEW = "procman goes on with what is there now; no tick is lost, none runs twice"
MORE_RUNS = 100
"""The log's column of names has room for the numbers of so many more runs."""


class Scheduling:
    """What the tasks of an app need. Raises `RefusedError` when somebody has to do something first.

    Trouble with the store is none here: processes come first, and the thread tries again as long as it lasts.
    """

    def __init__(self, app: App, poller: Poller, labels: Sequence[str]) -> None:
        self._folder = place.of(app.root)
        self._root = app.root
        self._tasks: Mapping[str, Task] = app.tasks
        self._labels = labels
        self._keeping = keeping.of(app.root, poller, self._renewed, labels)
        self._store: SqliteStore | PostgresStore | None = None
        self._scheduler: Scheduler | None = None
        self._queue: storequeue.StoreQueue | None = None
        self._publish: Callable[[Fact], None] = lambda fact: None
        self.warnings: list[Notice] = []
        self._renew: Callable[[], Iterable[Notice]] = tuple
        try:
            self._store = self._keeping.open(patience=0)
        except RefusedError:
            raise
        except StoreError:
            pass  # who asks it first is told
        else:
            self.warnings = [*_damaged(self._store), *self._keeping.listen()]
        self._worker = Worker(self._perform, poller)
        OPEN_FILES.extend()

    # In the worker's thread, where it may take long

    def _perform(self, operations: Sequence[Callable[[Any], Any]]) -> list[Any]:
        try:
            store = self._find()
        except StoreError as error:
            return [error] * len(operations)
        return storequeue.perform(store, operations)

    def _find(self) -> SqliteStore | PostgresStore:
        """The store that is where it belongs: opened anew when another is there now, or none."""
        before = self._store
        if before and not before.moved:
            return before
        after = self._keeping.open(BUSY_SECONDS)
        if before:
            _follow(after, before)
        self._store = after
        self._worker.tell(self._opened, before is not None)
        return after

    # In the thread that waits

    def _opened(self, again: bool) -> None:
        for notice in (*_damaged(self._store), *self._keeping.listen(), *self._renew()):
            self._publish(notice)
        if again and self._scheduler:
            self._publish(Notice(f"{self._folder} or the store in it was moved or deleted: {ANEW}"))
            self._scheduler.begin_anew()

    @property
    def names(self) -> list[str]:
        """Names of runs, as long as any that will come soon."""
        number = (self._store.last_id() if self._store else 0) + MORE_RUNS
        return [f"{task}.{number}" for task in self._tasks]

    def scheduler(
        self,
        supervisor: Supervisor,
        publish: Callable[[Fact], None],
        kill_timeout: float,
        renew: Callable[[], Iterable[Notice]],
    ) -> Scheduler:
        """The scheduler, whose runs are processes of the supervisor's table.

        `renew` is called when the folder may have been made anew, and gives what people should know.
        """
        world = World(
            clock=time.monotonic,
            wall=time.time,
            zone=taskfiles.zone(self._root),
            chance=random.random,
            liveness=self._keeping.liveness,
            strays=strays.find,
            reach=strays.reach,
            lease=self._keeping.lease(publish, kill_timeout),
            labels=self._labels,
        )
        self._publish, self._renew = publish, renew
        for notice in self._keeping.said:
            publish(notice)
        self._queue = storequeue.StoreQueue(self._worker, publish, world.clock)
        runs = Runs(supervisor.processes, self._queue, publish, world, kill_timeout)
        self._keeping.here = lambda: [each.run.id for each in list(runs.active.values())]
        self._scheduler = Scheduler(self._tasks, runs, self._queue, publish, world)
        return self._scheduler

    def _renewed(self, news: Renewal) -> None:
        """Our lease was renewed."""
        if self._scheduler:
            self._scheduler.renewed(news)

    def reload(self, tasks: Mapping[str, Task]) -> None:
        """Other tasks from now on."""
        if self._scheduler and tasks != self._tasks:
            self._tasks = tasks
            self._scheduler.reload(tasks)

    def end(self) -> Iterator[Notice]:
        """Close the store, after a last try to write what it would not take; what should be said about it."""
        if self._queue:
            self._queue.last_try()
        answers = self._worker.close(PATIENCE)
        if answers is None:
            yield Notice("the store does not answer: what it was not told yet, the next start will find out")
            return
        for message in answers:
            message.then(message.result)
        if self._store:
            self._store.close()
        self._keeping.close()
        if self._queue and self._queue.unwritten:
            yield Notice(f"{self._queue.unwritten} changes could not be written to the store")


def _follow(after: SqliteStore | PostgresStore, before: SqliteStore | PostgresStore) -> None:
    """Its runs get numbers that go on, as far as those of the one before can still be read."""
    try:
        number = before.last_id()
    except StoreError:
        number = 0
    try:
        after.continue_after(number)
    except StoreError:
        after.close()
        raise
    before.close()


def _damaged(store: SqliteStore | PostgresStore | None) -> Iterator[Notice]:
    if store and store.moved_aside:
        yield Notice(f"the store was damaged: begun anew, the old one is {store.moved_aside}")
