"""The one connection of an app's process to a store on a server: of its threads, and never of its forks."""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from procman.errors import StoreBusyError, StoreError
from procman.store.open import on_server

if TYPE_CHECKING:
    from procman.core.tasks.run import Request
    from procman.store.postgres.store import PostgresStore

PATIENCE = 10.0
"""Seconds to wait for other threads."""


class Sharing:
    """An open store for each place, mostly one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stores: dict[tuple[str, str], PostgresStore] = {}

    def request(self, url: str, app: str, request: Request) -> int:
        """Write a request; the number of its run. Raises `StoreError`."""
        if not self._lock.acquire(timeout=PATIENCE):
            raise StoreBusyError(f"the store cannot be had: other threads have had it for {PATIENCE:g} s")
        try:
            store = self._stores.get((url, app)) or on_server(url, app)
            self._stores[url, app] = store
            return store.request(request)[0]
        finally:
            self._lock.release()

    def in_child(self) -> None:
        """The connections are the parent's: closing them here would end them there."""
        self._copies = list(self._stores.values())
        self._lock = Lock()
        self._stores = {}

    def close(self) -> None:
        """Close what is open; who asks again opens it anew."""
        for place in list(self._stores):
            with suppress(StoreError):
                self._stores.pop(place).close()


SHARING = Sharing()
os.register_at_fork(after_in_child=SHARING.in_child)
