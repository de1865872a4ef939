"""The SQL of the store."""

from __future__ import annotations

from procman.core.tasks import transitions
from procman.core.tasks.past import Past
from procman.core.tasks.run import Run, State, TaskState
from procman.core.tasks.transitions import Event

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Sequence


def _insertion(table: str, fields: Sequence[str]) -> str:
    return f"INTO {table} ({', '.join(fields)}) VALUES ({', '.join('?' for _ in fields)})"


def _update(event: Event, columns: str = "") -> str:
    """What an event does to the row of a run: nothing, in a state in which it changes nothing."""
    target, sources = (
        transitions.target(event),
        ", ".join(f"'{state}'" for state in transitions.sources(event)),
    )
    changes = [f"state = '{target}'", *(f"{column} = ?" for column in columns.split())]
    changes += ["owner = NULL"] if target is State.PENDING else []
    return f"UPDATE runs SET {', '.join(changes)} WHERE id = ? AND state IN ({sources})"


RUNS = f"SELECT {', '.join(Run._fields)} FROM runs"
STATES = f"SELECT {', '.join(TaskState._fields)} FROM tasks"
PASTS = f"SELECT {', '.join(Past._fields)} FROM pasts"
PUT_STATE = f"INSERT OR REPLACE {_insertion('tasks', TaskState._fields)}"
PUT_PAST = f"INSERT OR REPLACE {_insertion('pasts', Past._fields)}"
HAS_ROW = "SELECT 1 FROM runs WHERE task = ? AND tick = ? AND attempt = ?"
INSERT_RUN = f"INSERT {_insertion('runs', Run._fields[1:])}"
INSERT_OUTPUT = "INSERT INTO outputs (run, output) VALUES (?, ?)"
ENDING = "outcome ended_at code reason output_bytes truncated max_rss_bytes cpu_s"
CLAIM = _update(Event.CLAIM, "owner")
START = _update(Event.START, "command pid identity started_at")
FINISH = _update(Event.FINISH, ENDING)
MOVES = {event: _update(event) for event in (Event.QUEUE, Event.CALL, Event.RELEASE)}
SAME_KEY = "SELECT id FROM runs WHERE task = ? AND key = ? AND outcome IS NOT 'canceled'"
OPEN = "state IN ('queued', 'claimed', 'running')"
"""As the index has it: SQLite takes a partial index only for a query that says the same."""
OPEN_RUNS = f"{RUNS} INDEXED BY runs_open WHERE {OPEN}"
FINISHED = "task = ? AND state = 'finished'"
PAUSED = (
    "SELECT name FROM tasks WHERE paused_at IS NOT NULL AND (resumed_at IS NULL OR resumed_at < paused_at)"
)
STARTABLE = f"state = 'pending' AND task NOT IN ({PAUSED})"
TAKE_TICKS = f"{RUNS} WHERE {STARTABLE} AND tick IS NOT NULL AND due <= ? ORDER BY due, id"
TAKE_JOBS = (
    f"{RUNS} WHERE {STARTABLE} AND tick IS NULL AND due <= ? AND due >= ? AND due < ?"
    " ORDER BY due, id LIMIT ?"
)
NEXT_DUE = f"SELECT due FROM runs WHERE {STARTABLE} AND due > ? ORDER BY due LIMIT 1"
NTH_NEWEST = f"SELECT id FROM runs WHERE {FINISHED} ORDER BY id DESC LIMIT 1 OFFSET ?"
OLDEST = f"SELECT id, tick FROM runs WHERE {FINISHED} AND (id <= ? OR ended_at < ?) ORDER BY id LIMIT ?"
