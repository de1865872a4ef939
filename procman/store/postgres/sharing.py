"""The one connection of an app's process to a store on a server: of its threads, and never of its forks.

Two processes with one connection would read each other's answers: a child leaves its copy alone.
"""

from __future__ import annotations

import atexit
import os
from _thread import allocate_lock, get_ident
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from procman.errors import StoreBusyError, StoreError
from procman.store.open import on_server

if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Iterator

    from procman.core.tasks.run import Request
    from procman.store.joined import Joined
    from procman.store.postgres.store import PostgresStore

PATIENCE = 10.0
"""Seconds to wait for other threads."""


class Sharing:
    """An open store for each place, mostly one. `patience`: seconds to wait for other threads."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._copies: list[PostgresStore] = []
        self._known: dict[tuple[str, str], Joined] = {}
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = allocate_lock()
        self._holder: int | None = None
        self._stores: dict[tuple[str, str], PostgresStore] = {}

    def request(self, url: str, app: str, request: Request) -> int:
        """Write a request; the number of its run. Raises `StoreError`."""
        with self._store(url, app) as store:
            return store.request(request)[0]

    def joined(self, url: str, app: str) -> Joined:
        """What is to be said in a transaction of the app's own to ask for a run.

        The first time the app is made known to the store. Raises `StoreError`.
        """
        if (url, app) not in self._known:
            with self._store(url, app) as store:
                self._known[url, app] = store.joined()
                store.close()  # it is connected again when it is used
        return self._known[url, app]

    def forget(self, url: str, app: str) -> None:
        """What was said has failed: it is learned again, since the database may have been made anew."""
        if self._known.pop((url, app), None):
            with suppress(StoreError), self._store(url, app) as store:
                store.close()

    @contextmanager
    def _store(self, url: str, app: str) -> Iterator[PostgresStore]:
        """The store, for one caller at a time; it is connected when it is used."""
        lock = self._take()
        try:
            if (url, app) not in self._stores:
                self._stores[url, app] = on_server(url, app)
            yield self._stores[url, app]
        finally:
            self._holder = None
            lock.release()

    def _take(self) -> LockType:
        if self._process != os.getpid():
            self.in_child()  # of a fork that Python was not told of
        if self._holder == get_ident():
            raise StoreError("the store is asked for by the handler of a signal, in the middle of a call")
        if not self._lock.acquire(timeout=self._patience):
            slow = f"other threads have had it for {self._patience:g} s: see that the server is well"
            raise StoreBusyError(f"the store cannot be had: {slow}")
        self._holder = get_ident()
        return self._lock

    def in_child(self) -> None:
        """The connections are the parent's: closing them here would end them there."""
        self._copies += self._stores.values()
        self._begin()

    def close(self) -> None:
        """Close what is open; who asks again opens it anew."""
        for place in list(self._stores):
            with suppress(StoreError):
                self._stores.pop(place).close()


SHARING = Sharing()
os.register_at_fork(after_in_child=SHARING.in_child)
atexit.register(SHARING.close)
