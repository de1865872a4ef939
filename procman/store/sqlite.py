"""The store in a SQLite file; what each call promises stands in `procman.engine.store`."""

from __future__ import annotations

from procman.store.claims import Claims
from procman.store.failures import BUSY_SECONDS
from procman.store.requests import Requests


def open_store(path: str, durable: bool = False, patience: float = BUSY_SECONDS) -> SqliteStore:
    """Open the store, or make it; its folder is there already. Raises `StoreError`.

    What was written survives the death of the process; with `durable` a power cut, too, from the moment
    that a call is back. Others may have it locked for `patience` seconds when it is opened.
    """
    return SqliteStore(path, durable, patience)


class SqliteStore(Claims, Requests):
    """For one thread at a time, not necessarily the one that opened it; each process opens its own."""
