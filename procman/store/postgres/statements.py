"""The SQL of the store as PostgreSQL speaks it, for one app: each statement is about its rows alone.

The names are those of `procman.store.statements`, and so are the values that a statement takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.tasks import transitions
from procman.core.tasks.past import Past
from procman.core.tasks.run import Run, State, TaskState
from procman.core.tasks.transitions import Event
from procman.store import statements
from procman.store.postgres.values import Bulk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.core.tasks.query import Query

COLUMNS = (*Run._fields[1:], "at")
TYPES = {
    **dict.fromkeys(COLUMNS, "text"),
    **dict.fromkeys(("tick", "attempt", "code", "pid", "output_bytes", "max_rss_bytes", "reruns"), "bigint"),
    **dict.fromkeys(("due", "created_at", "started_at", "ended_at", "cpu_s", "at"), "double precision"),
    "truncated": "boolean",
}
"""What a value is that stands where PostgreSQL cannot see what it is for."""
TEXT = (
    "(position(? in command) > 0 OR position(? in key) > 0 OR position(? in reason) > 0"
    " OR EXISTS (SELECT 1 FROM procman.words_of(args) AS word WHERE position(? in word) > 0)"
    " OR EXISTS (SELECT 1 FROM procman.outputs AS o"
    " WHERE o.app = runs.app AND o.run = runs.id AND position(? in o.output) > 0))"
)


def literal(text: str) -> str:
    """Text as a constant of SQL, in which no sign means anything (PostgreSQL, 4.1.2.2)."""
    escaped = "".join(each if each.isalnum() and each.isascii() else f"\\U{ord(each):08x}" for each in text)
    return f"E'{escaped}'"


class Statements:
    """All of them, for an app; `number` names the sequence of its runs. `owner` is who tells of its runs:
    what it tells of those that were given to another meanwhile changes nothing."""

    NO_LIMIT = None

    def __init__(self, app: str, number: int, owner: str = "") -> None:
        self._app = literal(app)
        self._ours = f" AND owner = {literal(owner)}" if owner else ""
        self._mine = f"app = {self._app}"
        self._sequence = f"procman.runs_{number}"
        self._reads()
        self._runs()
        self._of_scheduler()
        self._writes()

    def _select(self, fields: Sequence[str], table: str) -> str:
        return f"SELECT {', '.join(fields)} FROM procman.{table} WHERE {self._mine}"

    def _put(self, table: str, fields: tuple[str, ...]) -> Bulk:
        """Insert rows, or change those with the same first field."""
        key, *others = fields
        changes = ", ".join(f"{field} = excluded.{field}" for field in others)
        columns = ", ".join(fields)
        sql = (
            f"INSERT INTO procman.{table} (app, {columns}) SELECT {self._app}, {columns}"
            f" FROM json_populate_recordset(NULL::procman.{table}, ?)"
            f" ON CONFLICT (app, {key}) DO UPDATE SET {changes}"
        )
        return Bulk(sql, fields)

    def _update(self, event: Event, columns: str = "") -> str:
        """Found by its id: no index of some states is for `COLLATE "C"`. A server that has no statistics yet
        would read all that is pending for each run."""
        target, sources = transitions.target(event), transitions.sources(event)
        changes = [f"state = '{target}'", *(f"{column} = ?" for column in columns.split())]
        changes += statements.RELEASED if target is State.PENDING else []
        listed = ", ".join(f"'{state}'" for state in sources)
        where = f'{self._mine} AND id = ? AND state COLLATE "C" IN ({listed})'
        return f"UPDATE procman.runs SET {', '.join(changes)} WHERE {where}"

    def _reads(self) -> None:
        pasts = self._select(Past._fields, "pasts")
        states = self._select(TaskState._fields, "tasks")
        self.STATES, self.STATES_OF = states, f"{states} AND name"
        self.PASTS_OF = f"{pasts} AND task"
        self.TICK_OF = f"{self._select(['task', 'tick'], 'runs')} AND attempt = 1 AND tick = ? AND task"
        self.ENDED_PASTS = f"{pasts} AND last_outcome IS NOT NULL"
        self.AHEAD = f"{pasts} AND greatest(last_tick, last_at, last_success, pruned_tick) > ?"
        self.OUTPUT = f"{self._select(['output'], 'outputs')} AND run = ?"
        self.SAME_KEY = f"{self._select(['run'], 'keys')} AND task = ? AND key = ?"
        self.LAST_ID = f"SELECT last_value FROM {self._sequence} WHERE is_called"
        self.CONTINUE = f"SELECT setval('{self._sequence}', ?)"
        self.RETENTIONS = (
            "SELECT p.task, r.keep, r.keep_for, r.keep_keys FROM procman.pasts AS p"
            " LEFT JOIN procman.retentions AS r ON r.app = p.app AND r.task = p.task"
            f" WHERE p.app = {self._app}"
        )

    def _runs(self) -> None:
        runs = self._select(Run._fields, "runs")
        self.RUNS_WHERE = f"{runs} AND"
        self.RUN_WITH_PAST = (
            f"SELECT {statements.BOTH} FROM procman.runs AS r LEFT JOIN procman.pasts AS p"
            f" ON p.app = r.app AND p.task = r.task WHERE r.app = {self._app} AND r.id = ?"
        )
        self.OPEN_RUNS = f"{runs} AND {statements.OPEN}"
        ended = f"{runs} AND state = 'finished'"
        self.HISTORY = (
            f"{self.OPEN_RUNS} AND {{where}} UNION ALL"
            f" ({ended} AND {{where}} ORDER BY at DESC, id DESC LIMIT ?)"
        )
        one = self._select(["1"], "runs")
        finished = f"{one} AND state = 'finished' AND {{where}}"
        self.COUNT = (
            f"SELECT count(*) FROM ({one} AND {statements.OPEN} AND {{where}}"
            f" UNION ALL ({finished} ORDER BY at DESC, id DESC LIMIT ?)) AS found"
        )
        self.COUNT_JOBS = f"SELECT count(*) FROM ({one} AND state = 'pending' LIMIT ?) AS found"
        self.ASKED_FOR = statements.ASKED_FOR

    def _of_scheduler(self) -> None:
        runs = self._select(Run._fields, "runs")
        paused = (
            f"SELECT name FROM procman.tasks WHERE {self._mine}"
            " AND paused_at IS NOT NULL AND (resumed_at IS NULL OR resumed_at < paused_at)"
        )
        startable = (
            f"state = 'pending' AND task NOT IN ({paused})"
            " AND task NOT IN (SELECT word FROM procman.words_of(?) AS word)"
        )
        order = "ORDER BY due, id"
        self.TAKE_TICKS = f"{runs} AND {startable} AND tick IS NOT NULL AND due <= ? {order} LIMIT ?"
        begun = f"{self._mine} AND {statements.OPEN} AND state <> 'queued'"
        self.BEGUN = f"SELECT task, count(*) FROM procman.runs WHERE {begun} GROUP BY task"
        self.TAKE_JOBS = (
            f"{runs} AND {startable} AND tick IS NULL AND due <= ? AND due >= ? AND due < ? {order} LIMIT ?"
        )
        due = self._select(["due"], "runs")
        self.NEXT_DUE = f"{due} AND {startable} AND due > ? ORDER BY due LIMIT 1"
        places = self._select(["at", "id"], "runs")
        ended = "task = ? AND state = 'finished'"
        self.NTH_NEWEST = f"{places} AND {ended} ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?"
        ticks = self._select(["id", "tick"], "runs")
        self.OLDEST = f"{ticks} AND {ended} AND (at, id) <= (?, ?) ORDER BY at, id LIMIT ?"
        self.OLD_KEYS = (
            f"SELECT key FROM procman.keys AS k WHERE {self._mine} AND task = ? AND since < ?"
            " AND NOT EXISTS (SELECT 1 FROM procman.runs AS r"
            " WHERE r.app = k.app AND r.id = k.run AND r.state <> 'finished')"
            ' ORDER BY since, key COLLATE "C" LIMIT ?'
        )

    def _writes(self) -> None:
        self.PUT_STATE = self._put("tasks", TaskState._fields)
        self.PUT_PAST = self._put("pasts", Past._fields)
        self.PUT_RETENTION = self._put("retentions", ("task", "keep", "keep_for", "keep_keys"))
        self.INSERT_RUN, self.INSERT_KEYED = self._insertion(), self._keyed()
        self.INSERT_RUNS = self._insertions()
        self.INSERT_OUTPUT = f"INSERT INTO procman.outputs (app, run, output) VALUES ({self._app}, ?, ?)"
        self.CLAIM = self._update(Event.CLAIM, "owner")
        self.ASK_TO_STOP = (
            f"UPDATE procman.runs SET reason = ? WHERE {self._mine} AND id = ?"
            f" AND {statements.OPEN} AND reason IS NULL"
        )
        one = statements.ONE + self._ours
        self.START = self._update(Event.START, "command pid identity started_at at") + one
        self.FINISH = self._update(Event.FINISH, statements.ENDING)
        moves = (Event.QUEUE, Event.CALL, Event.RELEASE)
        self.MOVES = {event: self._update(event) + one for event in moves}
        self.TAKE_AWAY = self._update(Event.RELEASE)
        self.NOTE = f"UPDATE procman.runs SET reason = ? WHERE {self._mine} AND id = ?"
        self.DELETE_RUN = f"DELETE FROM procman.runs WHERE {self._mine} AND id = ?"
        self.DELETE_OUTPUT = f"DELETE FROM procman.outputs WHERE {self._mine} AND run = ?"
        self.DELETE_KEY = f"DELETE FROM procman.keys WHERE {self._mine} AND task = ? AND key = ?"
        untrue = ", ".join(f"'{outcome}'" for outcome in transitions.UNTRUE)
        self.FORGET_UNTRUE = (
            f"DELETE FROM procman.runs WHERE {self._mine} AND task = ? AND tick > ?"
            f" AND state = 'finished' AND outcome IN ({untrue})"
        )

    def _insertion(self) -> str:
        """Unless its tick has a row; a refused `INSERT ... VALUES` would use up an id."""
        values = {column: f"?{number}::{TYPES[column]}" for number, column in enumerate(COLUMNS, 1)}
        return (
            f"INSERT INTO procman.runs (app, id, {', '.join(COLUMNS)})"
            f" SELECT {self._app}, nextval('{self._sequence}'), {', '.join(values.values())}"
            f" WHERE NOT EXISTS (SELECT 1 FROM procman.runs WHERE {self._mine}"
            f" AND task = {values['task']} AND tick = {values['tick']} AND attempt = {values['attempt']})"
            " RETURNING id"
        )

    def _insertions(self) -> Bulk:
        """The same for many, of which no two have the same tick; gives the places of those that are new, from
        1, and their ids. Each tick is looked for by itself: a join might read all there are."""
        columns = ", ".join(COLUMNS)
        sql = (
            f"WITH new AS (SELECT nextval('{self._sequence}') AS number, ordinality, {columns}"
            " FROM json_populate_recordset(NULL::procman.runs, ?) WITH ORDINALITY AS given"
            f" WHERE (SELECT 1 FROM procman.runs AS r WHERE r.app = {self._app} AND r.task = given.task"
            " AND r.tick = given.tick AND r.attempt = given.attempt) IS NULL ORDER BY ordinality),"
            f" kept AS (INSERT INTO procman.runs (app, id, {columns})"
            f" SELECT {self._app}, number, {columns} FROM new)"
            " SELECT ordinality, number FROM new"
        )
        return Bulk(sql, COLUMNS)

    def _keyed(self) -> str:
        """A run with a key that its task does not have; else nothing. Who writes the same waits."""
        values = {column: f"?{number}::{TYPES[column]}" for number, column in enumerate(COLUMNS, 1)}
        since = f"greatest({values['created_at']}, {values['due']})"
        return (
            "WITH taken AS (INSERT INTO procman.keys (app, task, key, run, since)"
            f" SELECT {self._app}, {values['task']}, {values['key']}, nextval('{self._sequence}'), {since}"
            f" WHERE NOT EXISTS (SELECT 1 FROM procman.keys WHERE {self._mine}"
            f" AND task = {values['task']} AND key = {values['key']})"
            " ON CONFLICT DO NOTHING RETURNING run)"
            f" INSERT INTO procman.runs (app, id, {', '.join(COLUMNS)})"
            f" SELECT {self._app}, run, {', '.join(values.values())} FROM taken RETURNING id"
        )

    def asked(self, query: Query) -> tuple[str, list[Any]]:
        """What a query says, as a condition and its values."""
        return statements.asked(query, TEXT)
