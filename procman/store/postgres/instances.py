"""The procmans that share a store: each has a lease, which is a row that it renews."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from procman.core.tasks.instance import LEASE_SECONDS, Instance
from procman.store.rows import as_json, words
from procman.store.statements import OPEN

if TYPE_CHECKING:
    from procman.store.postgres.database import Database

SOON_SECONDS = 40.0
"""Until the next look at what is pending, and some to spare: clocks differ. A job is due by the clock of the
host that takes it, also when that is wrong."""
KEPT_SECONDS = 86400.0
"""A dead one is listed for a day."""
CLOCK = "extract(epoch FROM clock_timestamp())::double precision"
ASKED_AT = CLOCK.replace("clock", "statement")
"""What an index can be searched for: it stands still meanwhile."""
SILENT = "extract(epoch FROM clock_timestamp() - heartbeat)::double precision"
_RUNS = "SELECT 1 FROM procman.runs AS r WHERE r.app = ?2 AND r"
DUE = (
    f"(EXISTS ({_RUNS}.state = 'pending' AND r.due <= greatest({ASKED_AT}, ?8) + {SOON_SECONDS})"
    f" OR EXISTS ({_RUNS}.{OPEN} AND r.owner = ?1 AND (r.state = 'queued' OR r.reason IS NOT NULL)))"
)
ORPHANED = (
    f"EXISTS ({_RUNS}.{OPEN} AND CASE WHEN r.owner = ?1"
    " THEN r.state = 'claimed' OR (r.state = 'running' AND r.id <> ALL (?10::bigint[])) ELSE NOT EXISTS"
    " (SELECT 1 FROM procman.instances AS i WHERE i.app = ?2 AND i.id = r.owner"
    f" AND {SILENT.replace('heartbeat', 'i.heartbeat')} < {LEASE_SECONDS}) END)"
)
"""Of ours some may not be here: claimed, and we do not know it; or running, and it has ended."""
RENEW = (
    f"WITH before AS (SELECT {SILENT} AS silent FROM procman.instances WHERE app = ?2 AND id = ?1)"
    " INSERT INTO procman.instances"
    " (id, app, host, pid, version, labels, started_at, heartbeat, clock_ahead, running)"
    f" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, clock_timestamp(), ?8 - {CLOCK}, ?9)"
    " ON CONFLICT (app, id) DO UPDATE SET heartbeat = excluded.heartbeat, running = excluded.running,"
    f" clock_ahead = excluded.clock_ahead RETURNING {CLOCK},"
    f" coalesce((SELECT silent FROM before), 'infinity'), {DUE}, {ORPHANED}"
)
"""One statement, of which a host that has nothing to do asks no more."""
LIVING = f"SELECT id FROM procman.instances WHERE app = ? AND {SILENT} < ?"
ALL = (
    "SELECT id, host, pid, version, started_at, labels, running,"
    f" {SILENT}, clock_ahead FROM procman.instances WHERE app = ? ORDER BY host, started_at, id"
)
FORGET = f"DELETE FROM procman.instances WHERE app = ? AND {SILENT} > ?"
LEAVE = "DELETE FROM procman.instances WHERE app = ? AND id = ?"


class Instances:
    """Those of an app. Each call is a transaction of its own."""

    def __init__(self, database: Database, app: str) -> None:
        self._db = database
        self._app = app

    def renew(self, instance: Instance, now: float) -> tuple[float, float, bool, bool]:
        """Renew the lease of a procman, whose host's clock says `now`; what the clock of the store says, how
        many seconds ago it was renewed before, infinitely many if it never was; and what `Renewal` says of
        `due` and `orphaned`. Who comes forgets those that died long ago, and so does who leaves."""
        values = (instance.name, self._app, *instance[1:4], as_json(instance.labels), instance.started_at)
        here = f"{{{', '.join(map(str, instance.runs))}}}"
        clock, silent, due, orphaned = self._db.rows(RENEW, *values, now, instance.running, here)[0]
        if silent == inf:
            self._forget()
        return float(clock), float(silent), due, orphaned

    def clock(self) -> float:
        """What the clock of the store says, in UTC seconds."""
        return float(self._db.rows(f"SELECT {CLOCK}")[0][0])

    def living(self) -> set[str]:
        """The names of those whose lease has not run out."""
        return {row[0] for row in self._db.rows(LIVING, self._app, LEASE_SECONDS)}

    def all(self) -> list[Instance]:
        """All that were there in the last day."""
        rows = self._db.rows(ALL, self._app)
        return [Instance._make((*row[:5], words(row[5]), *row[6:], ())) for row in rows]

    def leave(self, name: str) -> None:
        """It has no run any more."""
        self._db.change(LEAVE, self._app, name)
        self._forget()

    def _forget(self) -> None:
        self._db.change(FORGET, self._app, KEPT_SECONDS)
