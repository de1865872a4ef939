"""The one connection of this process to the store of an app: shared by its threads, closed before a fork.

SQLite has its locks by process (fcntl(2)), and a fork copies what it believes to hold, but no lock: a child
that wrote through a copy would write into a log that others may have deleted. So there never is a copy.

Nobody waits for the store while he has the connection, so threads and forks wait milliseconds for each other.
Greenlets of one thread do not at all: nothing is done meanwhile at which they change.
"""

from __future__ import annotations

import atexit
import os
import sqlite3
from _thread import allocate_lock, get_ident  # importing `threading` takes as long as all of this room
from contextlib import contextmanager, suppress

from procman.errors import StoreBusyError, StoreError
from procman.store.failures import BUSY_SECONDS
from procman.store.infile import FileRequests

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable, Iterator


class Sharing:
    """An open store for each path, mostly one. `patience`: seconds to wait for other threads."""

    def __init__(self, patience: float = BUSY_SECONDS) -> None:
        self._patience = patience
        self._copies: list[FileRequests] = []
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = allocate_lock()
        self._holder: int | None = None
        self._forking = False
        self._stores: dict[str, FileRequests] = {}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other thread of this process is in here, and none forks. Raises `StoreError`."""
        lock = self._take()
        try:
            yield
        finally:
            self._give_back(lock)

    @contextmanager
    def store(self, path: str, prepare: Callable[[], None] = lambda: None) -> Iterator[FileRequests]:
        """The store at this path, for one caller at a time. Raises `StoreError`.

        It is made if need be, and made anew if it is gone; `prepare` sees to its folder before that.

        It waits for nobody: what others have locked is a `StoreBusyError` at once.
        """
        with self.alone():
            if path not in self._stores or self._stores[path].moved:
                prepare()
            if path not in self._stores:
                self._stores[path] = FileRequests(path, patience=0, waits=0)
            yield self._stores[path]

    def _take(self) -> LockType:
        if self._process != os.getpid():
            self.in_child()  # of a fork that Python was not told of
        if self._copies:
            raise StoreError("this process was forked in the middle of a call: start it anew")
        if self._holder == get_ident():
            raise StoreError("the store is asked for by the handler of a signal, in the middle of a call")
        if not self._lock.acquire(timeout=self._patience):
            slow = f"other threads have had it for {self._patience:g} s: see that the disk is well"
            raise StoreBusyError(f"the store cannot be had: {slow}")
        self._holder = get_ident()
        return self._lock

    def _give_back(self, lock: LockType) -> None:
        self._holder = None
        self._forking = False
        lock.release()

    def close(self) -> None:
        """Close what is open, if it can be had; who asks again opens it anew."""
        self.before_fork()
        self.in_parent()

    def before_fork(self) -> None:
        """Close what is open, and keep others from opening it until the fork is over.

        Where a call of this very thread is in the middle, or the disk does not answer a call of another,
        that call goes on in the parent, and the child has a copy that nobody may use or close.
        """
        if self._holder == get_ident() or not self._lock.acquire(timeout=self._patience):
            return
        self._holder, self._forking = get_ident(), True
        self._close()

    def _close(self) -> None:
        for path in list(self._stores):
            with suppress(sqlite3.Error):
                self._stores.pop(path).close()

    def in_parent(self) -> None:
        """The fork is over."""
        if self._forking and self._holder == get_ident():
            self._give_back(self._lock)

    def in_child(self) -> None:
        """Begin anew, alone. What was not closed before is so now, unless a call was in the middle."""
        if self._forking or self._lock.acquire(blocking=False):
            self._close()
        self._copies += self._stores.values()
        self._begin()


SHARING = Sharing()
os.register_at_fork(
    before=SHARING.before_fork, after_in_parent=SHARING.in_parent, after_in_child=SHARING.in_child
)
atexit.register(SHARING.close)
