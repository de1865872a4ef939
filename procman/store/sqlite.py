"""The store in a SQLite file; what each call promises stands in `procman.engine.store`."""

from __future__ import annotations

from procman.store.claims import Claims
from procman.store.requests import Requests


class SqliteStore(Claims, Requests):
    """For one thread at a time, not necessarily the one that opened it; each process opens its own."""
