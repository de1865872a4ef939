"""The bell of a store in a file, rung when a transaction of the app is committed: SQLite tells nobody when.

A thread looks for the run, the longer it waits the more seldom, until the scheduler looks by itself.
"""

from __future__ import annotations

import atexit
import os
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple

from procman.errors import StoreError, UnsafeError
from procman.host import wake
from procman.store.sharing import SHARING

LOOKED_SECONDS = 30.0
"""A scheduler looks at least so often."""
FIRST_SECONDS, LONGEST_SECONDS, SHARE = 0.002, 1.0, 0.1
"""The pause between two looks is that share of the time that has passed."""


class _Awaited(NamedTuple):
    folder: str
    number: int
    since: float


class Announcer:
    """For all transactions of this process. `folder` is where the bell is."""

    def __init__(self) -> None:
        self._process = 0
        self._folders: set[str] = set()

    def expect(self, path: str, folder: str, number: int) -> None:
        """Ring when the run is in the store at this path."""
        if self._process != os.getpid():  # no thread survives a fork
            self._begin()
        self._folders.add(folder)
        self._asked.put((path, folder, number))

    def close(self) -> None:
        """The process ends, perhaps at once after a commit."""
        if self._process == os.getpid():
            for folder in self._folders:
                _ring(folder)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._folders = set()
        self._asked: SimpleQueue[tuple[str, str, int]] = SimpleQueue()
        with suppress(RuntimeError):  # Python is about to end
            Thread(target=_watch, args=(self._asked,), name="procman-bell", daemon=True).start()


def _watch(asked: SimpleQueue[tuple[str, str, int]]) -> None:
    awaited: dict[str, _Awaited] = {}
    while True:
        with suppress(Empty):
            path, folder, number = asked.get(timeout=_pause(awaited))
            if path in awaited:  # there is one writer at a time, so all before are over or in the same
                number = max(number, awaited[path].number)
            awaited[path] = _Awaited(folder, number, time.monotonic())
        for path in [path for path, each in awaited.items() if _is_over(path, each)]:
            _ring(awaited.pop(path).folder)


def _pause(awaited: dict[str, _Awaited]) -> float | None:
    if not awaited:
        return None
    passed = time.monotonic() - max(each.since for each in awaited.values())
    return min(max(FIRST_SECONDS, SHARE * passed), LONGEST_SECONDS)


def _is_over(path: str, awaited: _Awaited) -> bool:
    """Whether the run is there, or one with a later number, or the scheduler has looked."""
    with suppress(StoreError), SHARING.store(path) as store:
        if store.last_id() >= awaited.number:
            return True
    return time.monotonic() - awaited.since > LOOKED_SECONDS


def _ring(folder: str) -> None:
    with suppress(UnsafeError):  # it is looked for all the same
        wake.ring(folder)


ANNOUNCER = Announcer()
atexit.register(ANNOUNCER.close)
