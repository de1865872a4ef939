"""The SQL of the store."""

from __future__ import annotations

from procman.core.tasks import transitions
from procman.core.tasks.past import Past
from procman.core.tasks.run import Run, State, TaskState
from procman.core.tasks.transitions import Event

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.core.tasks.query import Query
    from procman.store.needs import Value


RELEASED = ["owner = NULL", "reason = NULL", "due = coalesce(due, created_at)"]


def _insertion(table: str, fields: Sequence[str]) -> str:
    return f"INTO {table} ({', '.join(fields)}) VALUES ({', '.join('?' for _ in fields)})"


def _update(event: Event, columns: str = "") -> str:
    """What an event does to the row of a run: nothing, in a state in which it changes nothing."""
    target, sources = (
        transitions.target(event),
        ", ".join(f"'{state}'" for state in transitions.sources(event)),
    )
    changes = [f"state = '{target}'", *(f"{column} = ?" for column in columns.split())]
    changes += RELEASED if target is State.PENDING else []
    return f"UPDATE runs SET {', '.join(changes)} WHERE id = ? AND state IN ({sources})"


RUNS = f"SELECT {', '.join(Run._fields)} FROM runs"
RUNS_WHERE = f"{RUNS} WHERE"
STATES = f"SELECT {', '.join(TaskState._fields)} FROM tasks"
PASTS = f"SELECT {', '.join(Past._fields)} FROM pasts"
STATES_OF = f"{STATES} WHERE name"
TICK_OF = "SELECT task, tick FROM runs WHERE attempt = 1 AND tick = ? AND task"
PASTS_OF = f"{PASTS} WHERE task"
ENDED_PASTS = f"{PASTS} WHERE last_outcome IS NOT NULL"
BOTH = ", ".join([*(f"r.{field}" for field in Run._fields), *(f"p.{field}" for field in Past._fields)])
RUN_WITH_PAST = f"SELECT {BOTH} FROM runs AS r LEFT JOIN pasts AS p ON p.task = r.task WHERE r.id = ?"
PUT_STATE = f"INSERT OR REPLACE {_insertion('tasks', TaskState._fields)}"
PUT_PAST = f"INSERT OR REPLACE {_insertion('pasts', Past._fields)}"
_columns = (*Run._fields[1:], "at")
_numbers = {column: f"?{number}" for number, column in enumerate(_columns, 1)}
INSERT_RUN = (
    f"INSERT INTO runs ({', '.join(_columns)}) SELECT {', '.join(_numbers.values())}"
    " WHERE NOT EXISTS (SELECT 1 FROM runs WHERE"
    f" task = {_numbers['task']} AND tick = {_numbers['tick']} AND attempt = {_numbers['attempt']})"
)
"""Unless its tick has a row: a refused `INSERT ... VALUES` would use up an id."""
INSERT_KEYED = (
    f"{INSERT_RUN} AND NOT EXISTS"
    f" (SELECT 1 FROM keys WHERE task = {_numbers['task']} AND key = {_numbers['key']})"
)
"""Unless its task has the key."""
INSERT_OUTPUT = "INSERT INTO outputs (run, output) VALUES (?, ?)"
ENDING = "at outcome ended_at code reason output_bytes truncated max_rss_bytes cpu_s"
CLAIM = _update(Event.CLAIM, "owner")
ONE = " AND task = ? AND created_at = ?"
"""Behind the number: see `Run.origin`."""
START = _update(Event.START, "command pid identity started_at at") + ONE
FINISH = _update(Event.FINISH, ENDING)
MOVES = {event: _update(event) + ONE for event in (Event.QUEUE, Event.CALL, Event.RELEASE)}
TAKE_AWAY = _update(Event.RELEASE)
"""From a procman that is dead."""
NOTE = "UPDATE runs SET reason = ? WHERE id = ?"
SAME_KEY = "SELECT run FROM keys WHERE task = ? AND key = ?"
OLD_KEYS = (
    "SELECT key FROM keys WHERE task = ? AND since < ?"
    " AND NOT EXISTS (SELECT 1 FROM runs WHERE id = keys.run AND state <> 'finished')"
    " ORDER BY since, key LIMIT ?"
)
DELETE_RUN = "DELETE FROM runs WHERE id = ?"
DELETE_KEY = "DELETE FROM keys WHERE task = ? AND key = ?"
OUTPUT = "SELECT output FROM outputs WHERE run = ?"
DELETE_OUTPUT = "DELETE FROM outputs WHERE run = ?"
LAST_ID = "SELECT seq FROM sqlite_sequence WHERE name = 'runs'"
NO_LIMIT = -1
OPEN = "state IN ('queued', 'claimed', 'running')"
"""As the index has it: SQLite takes a partial index only for a query that says the same."""
OPEN_RUNS = f"{RUNS} INDEXED BY runs_open WHERE {OPEN}"
FINISHED = "task = ? AND state = 'finished'"
PAUSED = (
    "SELECT name FROM tasks WHERE paused_at IS NOT NULL AND (resumed_at IS NULL OR resumed_at < paused_at)"
)
STARTABLE = f"state = 'pending' AND task NOT IN ({PAUSED}) AND task NOT IN (SELECT value FROM json_each(?))"
TAKE_TICKS = f"{RUNS} WHERE {STARTABLE} AND tick IS NOT NULL AND due <= ? ORDER BY due, id LIMIT ?"
TAKE_JOBS = (
    f"{RUNS} WHERE {STARTABLE} AND tick IS NULL AND due <= ? AND due >= ? AND due < ?"
    " ORDER BY due, id LIMIT ?"
)
BEGUN = (
    f"SELECT task, count(*) FROM runs INDEXED BY runs_open WHERE {OPEN} AND state <> 'queued' GROUP BY task"
)
ASK_TO_STOP = f"UPDATE runs SET reason = ? WHERE id = ? AND {OPEN} AND reason IS NULL"
ASKED_FOR = "id > ? AND tick IS NULL AND attempt = 1 AND due IS NOT NULL ORDER BY id LIMIT ?"
NEXT_DUE = f"SELECT due FROM runs WHERE {STARTABLE} AND due > ? ORDER BY due LIMIT 1"
NTH_NEWEST = f"SELECT at, id FROM runs WHERE {FINISHED} ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?"
OLDEST = f"SELECT id, tick FROM runs WHERE {FINISHED} AND (at, id) <= (?, ?) ORDER BY at, id LIMIT ?"
RETENTIONS = "SELECT task, keep, keep_for, keep_keys FROM pasts LEFT JOIN retentions USING (task)"
PUT_RETENTION = "INSERT OR REPLACE INTO retentions (task, keep, keep_for, keep_keys) VALUES (?, ?, ?, ?)"
AHEAD = f"{PASTS} WHERE last_tick > ?1 OR last_at > ?1 OR last_success > ?1 OR pruned_tick > ?1"
_untrue = ", ".join(f"'{outcome}'" for outcome in transitions.UNTRUE)
FORGET_UNTRUE = (
    f"DELETE FROM runs WHERE task = ? AND tick > ? AND state = 'finished' AND outcome IN ({_untrue})"
)
HISTORY = (
    f"{OPEN_RUNS} AND {{where}} UNION ALL SELECT * FROM"
    f" ({RUNS} WHERE state = 'finished' AND {{where}} ORDER BY at DESC, id DESC LIMIT ?)"
)
"""What has not ended, which is little, and of the rest the newest: not in order."""
COUNT = (
    f"SELECT count(*) FROM (SELECT 1 FROM runs INDEXED BY runs_open WHERE {OPEN} AND {{where}}"
    " UNION ALL SELECT 1 FROM runs WHERE state = 'finished' AND {where} LIMIT ?)"
)
COUNT_JOBS = "SELECT count(*) FROM (SELECT 1 FROM runs WHERE state = 'pending' LIMIT ?)"
TEXT = (
    "(instr(command, ?) OR instr(key, ?) OR instr(reason, ?)"
    " OR EXISTS (SELECT 1 FROM json_each(iif(json_valid(args), args, '[]')) WHERE instr(value, ?))"
    " OR EXISTS (SELECT 1 FROM outputs WHERE run = runs.id AND instr(output, ?)))"
)


def asked(query: Query, contains: str = TEXT) -> tuple[str, list[Value]]:
    """What a query says, as a condition and its values; `contains` has five values of its own."""
    outcomes = query.outcomes or ()
    text = query.text or ""
    conditions: list[tuple[bool, str, list[Value]]] = [
        (query.task is not None, "task = ?", [query.task]),
        (query.since is not None, "at >= ?", [query.since]),
        (query.until is not None, "at < ?", [query.until]),
        (query.before is not None, "(at, id) < (?, ?)", [*(query.before or ())]),
        (
            query.outcomes is not None,
            f"coalesce(outcome, '') IN ({', '.join(['NULL', *'?' * len(outcomes)])})",
            [outcome or "" for outcome in outcomes],
        ),
        (query.text is not None, contains, [*[text] * 4, text.encode(errors="replace")]),
    ]
    given = [(condition, values) for is_given, condition, values in conditions if is_given]
    where = " AND ".join(condition for condition, _ in given) or "true"
    return where, [value for _, values in given for value in values]
