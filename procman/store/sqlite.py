"""The store in a SQLite file; what each call promises stands in `procman.engine.needs.Store`."""

from __future__ import annotations

import os

from procman.core.tasks import transitions
from procman.core.tasks.past import Past
from procman.core.tasks.run import Ending, Outcome, Run, State, TaskState
from procman.store import statements as sql
from procman.store.database import Database
from procman.store.failures import BUSY_SECONDS
from procman.store.opening import open_database
from procman.store.rows import from_run, to_past, to_run

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from procman.core.tasks.run import Request, Summary, TickRow
    from procman.store.database import Value

EVER = float("inf")


def open_store(path: str, durable: bool = False, patience: float = BUSY_SECONDS) -> SqliteStore:
    """Open the store, or make it; its folder is there already. Raises `StoreError`.

    What was written survives the death of the process; with `durable` a power cut, too, from the moment
    that a call is back. Others may have it locked for `patience` seconds when it is opened.
    """
    return SqliteStore(path, durable, patience)


class SqliteStore:
    """For one thread at a time, not necessarily the one that opened it; each process opens its own.

    `moved_aside` is where a damaged file is kept, in whose stead this one was begun.
    """

    def __init__(self, path: str, durable: bool = False, patience: float = BUSY_SECONDS) -> None:
        self._path, self._durable = os.path.abspath(path), durable
        self._open(patience)

    def _open(self, patience: float = BUSY_SECONDS) -> None:
        opened = open_database(self._path, patience)
        self.moved_aside = opened.moved_aside
        self._db = Database(self._path, opened, self._durable)

    def together(self) -> AbstractContextManager[None]:
        return self._db.together()

    def close(self) -> None:
        self._db.close()

    # For the scheduler

    def recall(self, schedules: Mapping[str, str], now: int) -> dict[str, TaskState]:
        with self.together():
            known = self.states()
            states = {}
            for name, schedule in schedules.items():
                states[name] = transitions.recalled(known.get(name) or TaskState(name), schedule, now)
                if states[name] != known.get(name):
                    self._db.change(sql.PUT_STATE, *states[name])
            return states

    def recover(self, alive: Callable[[str], bool], rerun: Collection[str], now: float) -> list[Run]:
        with self.together():
            runs = [to_run(row) for row in self._db.rows(f"{sql.OPEN_RUNS} ORDER BY id")]
            living = {owner: alive(owner) for owner in {run.owner or "" for run in runs}}
            orphans = [run for run in runs if not living[run.owner or ""]]
            for run in orphans:
                if run.state is State.QUEUED:
                    self.move(run.id, State.PENDING)
                else:
                    self.finish(run.id, transitions.lost(run, now), now if run.task in rerun else None)
            return [
                transitions.finished(run, transitions.lost(run, now))
                for run in orphans
                if run.state is not State.QUEUED
            ]

    def claim(self, rows: Sequence[TickRow], owner: str, now: float) -> list[Run]:
        with self.together():
            states = {task: self._state(task) for task in {row.task for row in rows}}
            pasts = {task: self._past(task) for task in states}
            claimed = []
            for row in rows:
                state, past = states[row.task], pasts[row.task]
                run = transitions.of_tick(row, state, owner, now)
                number = None if past.is_pruned(row.tick) else self._insert(run)
                if number and run.outcome:
                    past = past.with_end(run._replace(id=number))
                elif number:
                    claimed.append(run._replace(id=number))
                states[row.task] = transitions.accounted(state, row.tick)
                pasts[row.task] = past.with_tick(row.tick)
            for task, state in states.items():
                self._db.change(sql.PUT_STATE, *state)
                self._db.change(sql.PUT_PAST, *pasts[task])
            return claimed

    def open_runs(self, tasks: Collection[str], owner: str) -> list[Run]:
        rows = self._db.rows(f"{sql.OPEN_RUNS} AND state <> 'queued' AND owner <> ? ORDER BY id", owner)
        return [to_run(row) for row in rows if row[1] in tasks]

    def take_due(self, now: float, owner: str, late_before: float, late: int, fresh: int) -> list[Run]:
        with self.together():
            rows = self._db.rows(sql.TAKE_TICKS, now)
            rows += self._db.rows(sql.TAKE_JOBS, now, -EVER, late_before, late)
            rows += self._db.rows(sql.TAKE_JOBS, now, late_before, EVER, fresh)
            runs = [to_run(row)._replace(state=State.CLAIMED, owner=owner) for row in rows]
            for run in runs:
                self._db.change(sql.MOVE, State.CLAIMED, owner, run.id)
            return runs

    def next_due(self, after: float) -> float | None:
        found = self._db.rows(sql.NEXT_DUE, after)
        return found[0][0] if found else None

    def move(self, run: int, state: State) -> None:
        with self.together():
            found = self.run(run)
            if found and transitions.may_move(found, state):
                owner = None if state is State.PENDING else found.owner
                self._db.change(sql.MOVE, state, owner, run)

    def started(self, run: int, command: str, pid: int, identity: str | None, at: float) -> None:
        with self.together():
            self._db.change(sql.START, command, pid, identity, at, run)

    def finish(self, run: int, ending: Ending, retry_due: float | None = None) -> None:
        with self.together():
            found = self.run(run)
            if found is None or found.state is State.FINISHED:
                return
            self._finish(transitions.finished(found, ending))
            if ending.output is not None:
                self._db.insert(sql.INSERT_OUTPUT, run, ending.output)
            if retry_due is not None:
                self._insert(transitions.next_attempt(found, retry_due, ending.at))

    def prune(self, task: str, keep: int, before: float, most: int) -> int:
        with self.together():
            beyond = self._db.rows(sql.NTH_NEWEST, task, keep)
            doomed = self._db.rows(sql.OLDEST, task, beyond[0][0] if beyond else 0, before, most)
            for run, _ in doomed:
                self._db.change("DELETE FROM outputs WHERE run = ?", run)
                self._db.change("DELETE FROM runs WHERE id = ?", run)
            if ticks := [tick for _, tick in doomed if tick is not None]:
                self._db.change(sql.PUT_PAST, *self._past(task).without(max(ticks)))
            return len(doomed)

    # For people and the app

    def request(self, request: Request) -> tuple[int, bool]:
        with self._anywhere():
            if request.key is not None and (found := self._db.rows(sql.SAME_KEY, request.task, request.key)):
                return found[0][0], False
            return self._insert(transitions.of_request(request)) or 0, True

    def begin(self, request: Request, command: str, owner: str) -> Run:
        run = transitions.begun(request, command, owner)
        with self._anywhere():
            return run._replace(id=self._insert(run) or 0)

    def jobs(self) -> list[Run]:
        return self._runs("state = 'pending' ORDER BY due, id")

    def cancel(self, run: int, now: float) -> bool:
        with self.together():
            found = self.run(run)
            if found is None or found.state is not State.PENDING:
                return False
            self._finish(transitions.finished(found, Ending(Outcome.CANCELED, now)))
            return True

    def pause(self, task: str, now: float) -> bool:
        with self.together():
            state = self._state(task)
            if not state.paused:
                self._db.change(sql.PUT_STATE, *state._replace(paused_at=now, resumed_at=None))
            return not state.paused

    def resume(self, task: str, now: float) -> bool:
        with self.together():
            state = self._state(task)
            if state.paused:
                self._db.change(sql.PUT_STATE, *transitions.resumed(state, now))
            return state.paused

    def history(self, task: str | None, limit: int) -> list[Run]:
        if task is None:
            return self._runs("state <> 'pending' ORDER BY id DESC LIMIT ?", limit)
        runs = self._runs(f"task = ? AND {sql.OPEN}", task)
        runs += self._runs(f"{sql.FINISHED} ORDER BY id DESC LIMIT ?", task, limit)
        return sorted(runs, key=lambda run: -run.id)[:limit]

    def run(self, run: int) -> Run | None:
        found = self._runs("id = ?", run)
        return found[0] if found else None

    def output(self, run: int) -> bytes | None:
        found = self._db.rows("SELECT output FROM outputs WHERE run = ?", run)
        return found[0][0] if found else None

    def states(self) -> dict[str, TaskState]:
        return {row[0]: TaskState(*row) for row in self._db.rows(sql.STATES)}

    def summaries(self) -> dict[str, Summary]:
        pasts = map(to_past, self._db.rows(f"{sql.PASTS} WHERE last_outcome IS NOT NULL"))
        return {past.task: past.summary for past in pasts}

    def last_id(self) -> int:
        found = self._db.rows("SELECT seq FROM sqlite_sequence WHERE name = 'runs'")
        return found[0][0] if found else 0

    # Rows

    def _anywhere(self) -> AbstractContextManager[None]:
        """A transaction in the file that is there now: what is asked for has no past in another."""
        if self._db.moved and not self._db.in_transaction:
            self._db.close()
            self._open()
        return self._db.together()

    def _runs(self, where: str, *values: Value) -> list[Run]:
        return [to_run(row) for row in self._db.rows(f"{sql.RUNS} WHERE {where}", *values)]

    def _insert(self, run: Run) -> int | None:
        """The id; None when the tick has a row, which is looked for first: a refused insert uses up an id."""
        if run.tick is not None and self._db.rows(sql.HAS_ROW, run.task, run.tick, run.attempt):
            return None
        return self._db.insert(sql.INSERT_RUN, *from_run(run))

    def _finish(self, run: Run) -> None:
        measured = run.output_bytes, run.truncated, run.max_rss_bytes, run.cpu_s
        self._db.change(sql.FINISH, run.outcome, run.ended_at, run.code, run.reason, *measured, run.id)
        self._db.change(sql.PUT_PAST, *self._past(run.task).with_end(run))

    def _state(self, task: str) -> TaskState:
        found = self._db.rows(f"{sql.STATES} WHERE name = ?", task)
        return TaskState(*found[0]) if found else TaskState(task)

    def _past(self, task: str) -> Past:
        found = self._db.rows(f"{sql.PASTS} WHERE task = ?", task)
        return to_past(found[0]) if found else Past(task)
