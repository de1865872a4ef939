"""The store in a SQLite file; what each call promises stands in `procman.engine.store`."""

from __future__ import annotations

from procman.store.claims import Claims
from procman.store.infile import InFile
from procman.store.requests import Requests


class SqliteStore(InFile, Claims, Requests):
    """For one thread at a time, not necessarily the one that opened it; each process opens its own."""

    def continue_after(self, number: int) -> None:
        """Give no run a number up to this one: it may be at work, its row in a file that is gone."""
        with self.together():
            if self.last_id() < number:
                self._db.change("DELETE FROM sqlite_sequence WHERE name = 'runs'")
                self._db.change("INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', ?)", number)
