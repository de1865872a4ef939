"""The bell of an app on a server: NOTIFY wakes all that LISTEN, once the transaction is committed.

Who rings says its name, and does not hear itself. A pool that gives each transaction another server lets
nobody listen, but all ring.
"""

from __future__ import annotations

from procman.store.postgres.statements import literal
from procman.typed import NamedTuple

AHEAD_SECONDS = 1.0
"""Ticks are claimed a moment before they are due, and may be given back before that."""


class Bell(NamedTuple):
    """Of an app with this number; `name` is who rings."""

    app: str
    number: int
    name: str = ""

    @property
    def channel(self) -> str:
        """What is listened to."""
        return f"procman_{self.number}"

    @property
    def ring(self) -> str:
        """Wake all others."""
        return f"SELECT pg_notify('{self.channel}', {literal(self.name)})"

    @property
    def ring_with(self) -> str:
        """The same, for a statement that gives the rows which it has inserted."""
        return f", pg_notify('{self.channel}', {literal(self.name)})"

    def if_somebody_waits(self, limited: str | None) -> str:
        """Wake them if a run of theirs waits for another one, or a tick is for whoever takes it, now or in a
        moment; or a job is due, of the task that has only so many places (`limited`)."""
        runs = f"SELECT 1 FROM procman.runs WHERE app = {literal(self.app)}"
        due = f"{runs} AND state = 'pending' AND due <= extract(epoch FROM statement_timestamp())"
        waits = [
            f"{runs} AND state = 'queued' AND owner <> {literal(self.name)}",
            f"{due} + {AHEAD_SECONDS} AND tick IS NOT NULL",
            *([f"{due} AND task = {literal(limited)}"] if limited else []),
        ]
        return f"{self.ring} WHERE {' OR '.join(f'EXISTS ({each})' for each in waits)}"
