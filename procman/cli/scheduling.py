"""The scheduler of an app, put together: its store, the thread that writes there, the bell."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING, Any

from procman.cli import taskfiles
from procman.core.facts import Notice
from procman.engine import storequeue
from procman.engine.needs import World
from procman.engine.runs import Runs
from procman.engine.scheduler import Scheduler
from procman.errors import StoreBusyError, StoreError
from procman.host import strays, wake
from procman.host.limits import OPEN_FILES
from procman.host.lock import FOLDER, make_folder
from procman.host.owners import Owners
from procman.host.worker import Worker
from procman.store.failures import BUSY_SECONDS
from procman.store.open import in_folder, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from procman.cli.app import App
    from procman.core.facts import Fact
    from procman.engine.supervisor import Supervisor
    from procman.host.poller import Poller
    from procman.store.sqlite import SqliteStore

PATIENCE = 2.0
"""Seconds that a store which somebody holds locked is waited for at the end."""
MORE_RUNS = 100
"""The log's column of names has room for the numbers of so many more runs."""


class Scheduling:
    """Opens the store of an app that has tasks. Raises `StoreError`, or `OSError` for the folder.

    A store that somebody has locked is not waited for, unless it is `needed` for there to be anything to do:
    processes come first, and the thread opens it when it can.
    """

    def __init__(self, app: App, poller: Poller, needed: bool) -> None:
        folder = os.path.join(app.root, FOLDER)
        make_folder(folder)
        self._root = app.root
        self._tasks = app.tasks
        self._poller = poller
        self._place = in_folder(folder)
        self._owners = Owners(folder)
        self._store: SqliteStore | None = None
        try:
            self._store = open_store(self._place, patience=BUSY_SECONDS if needed else 0)
        except StoreBusyError:
            if needed:
                raise
        self._worker = Worker(self._perform, poller)
        wake.listen(folder, poller)
        OPEN_FILES.extend()
        self._queue: storequeue.StoreQueue | None = None

    def _perform(self, operations: Sequence[Callable[[Any], Any]]) -> list[Any]:
        """In the worker's thread, where it may take long."""
        try:
            self._store = self._store or open_store(self._place)
        except StoreError as error:
            return [error] * len(operations)
        return storequeue.perform(self._store, operations)

    @property
    def warnings(self) -> Iterator[Notice]:
        """What a person should know about the store."""
        if self._store and self._store.moved_aside:
            yield Notice(f"the store was damaged: begun anew, the old one is {self._store.moved_aside}")

    @property
    def names(self) -> list[str]:
        """Names of runs, as long as any that will come soon."""
        number = (self._store.last_id() if self._store else 0) + MORE_RUNS
        return [f"{task}.{number}" for task in self._tasks]

    def scheduler(
        self, supervisor: Supervisor, publish: Callable[[Fact], None], kill_timeout: float
    ) -> Scheduler:
        """The scheduler, whose runs are processes of the supervisor's table."""
        world = World(
            clock=time.monotonic,
            wall=time.time,
            zone=taskfiles.zone(self._root),
            chance=random.random,
            liveness=self._owners,
            stop_strays=strays.stop,
        )
        self._queue = storequeue.StoreQueue(self._worker, publish, world.clock)
        runs = Runs(supervisor.processes, self._queue, publish, world, kill_timeout)
        return Scheduler(self._tasks, runs, self._queue, publish, world)

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
        self._owners.release()
        if self._queue and self._queue.unwritten:
            yield Notice(f"{self._queue.unwritten} changes could not be written to the store")
