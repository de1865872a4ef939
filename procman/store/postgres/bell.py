"""The bell of an app on a server: NOTIFY wakes all that LISTEN, once the transaction is committed.

Who rings says its name, and does not hear itself. A pool that gives each transaction another server lets
nobody listen, but all ring.
"""

from __future__ import annotations

from procman.store.postgres.statements import literal
from procman.typed import NamedTuple


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
    def if_ticks_wait(self) -> str:
        """Wake them if a tick is past its time: it waits for the end of a run, here or elsewhere."""
        return (
            f"{self.ring} WHERE EXISTS (SELECT 1 FROM procman.runs WHERE app = {literal(self.app)}"
            " AND state = 'pending' AND tick IS NOT NULL AND due <= extract(epoch FROM clock_timestamp()))"
        )
