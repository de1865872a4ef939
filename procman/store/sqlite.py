"""The store in a SQLite file; what each call promises stands in `procman.engine.store`."""

from __future__ import annotations

from procman.store.claims import Claims
from procman.store.infile import InFile
from procman.store.requests import Requests


class SqliteStore(InFile, Claims, Requests):
    """For one thread at a time, not necessarily the one that opened it; each process opens its own."""

    def _number_from(self, number: int) -> None:
        with self.together():
            self._db.change("DELETE FROM sqlite_sequence WHERE name = 'runs'")
            self._db.change("INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', ?)", number)
