"""What the scheduler asks the store, and has it write: ticks and runs, from the claim to the end."""

from __future__ import annotations

from procman.core.tasks import transitions
from procman.core.tasks.run import TaskState
from procman.core.tasks.task import Retention
from procman.core.tasks.transitions import Event
from procman.store import statements as sql
from procman.store.queries import Queries
from procman.store.rows import as_json, to_past, to_run

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from procman.core.tasks.run import Ending, Run, TickRow

EVER = float("inf")


class Claims(Queries):
    """From a tick, or a request that is due, to a finished run, until that is pruned."""

    def recall(self, schedules: Mapping[str, str], now: int) -> dict[str, TaskState]:
        with self.together():
            known = self.states()
            states = {}
            for name in {**known, **schedules}:
                state = known.get(name) or TaskState(name)
                states[name] = transitions.recalled(state, schedules.get(name, ""), now)
                if states[name] != known.get(name):
                    self._db.change(sql.PUT_STATE, *states[name])
            for past in [to_past(row) for row in self._db.rows(sql.AHEAD, now + 1)]:
                self._db.change(sql.PUT_PAST, *past.by(now + 1))
                self._db.change(sql.FORGET_UNTRUE, past.task, now + 1)
            return {name: states[name] for name in schedules}

    def continue_after(self, number: int) -> None:
        """Give no run a number up to this one: it may be at work, its row in a file that is gone."""
        with self.together():
            if self.last_id() < number:
                self._db.change("DELETE FROM sqlite_sequence WHERE name = 'runs'")
                self._db.insert("INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', ?)", number)

    def recover(self, gone: Callable[[Run], bool], rerun: Collection[str], now: float) -> list[Run]:
        with self.together():
            runs = [to_run(row) for row in self._db.rows(f"{sql.OPEN_RUNS} ORDER BY id")]
            closed = []
            for run in filter(gone, runs):
                if transitions.comes_again(run):
                    self.move(run.id, Event.RELEASE)
                else:
                    again = now if run.task in rerun else None
                    closed.append(self.finish(run.id, transitions.lost(run, now), again))
            return [run for run in closed if run]

    def claim(self, rows: Sequence[TickRow], owner: str, now: float) -> list[Run]:
        with self.together():
            tasks = {row.task for row in rows}
            states, pasts = self._states(tasks), self._pasts(tasks)
            claimed = []
            for row in rows:
                state, past = states[row.task], pasts[row.task]
                run = transitions.of_tick(row, state, owner, now)
                number = None if past.is_pruned(row.tick) else self._insert(run)
                if number:
                    claimed.append(run._replace(id=number))
                    past = past.with_end(claimed[-1]) if run.outcome else past
                states[row.task] = transitions.accounted(state, row.tick)
                pasts[row.task] = past.with_tick(row.tick)
            self._db.change_each(sql.PUT_STATE, states.values())
            self._db.change_each(sql.PUT_PAST, pasts.values())
            return claimed

    def open_runs(self, tasks: Collection[str], owner: str) -> list[Run]:
        rows = self._db.rows(f"{sql.OPEN_RUNS} AND state <> 'queued' AND owner <> ? ORDER BY id", owner)
        return [to_run(row) for row in rows if row[1] in tasks]

    def take_due(
        self,
        now: float,
        owner: str,
        late_before: float,
        room: tuple[int, int],
        without: Collection[str] = (),
    ) -> list[Run]:
        others, (late, fresh) = as_json(without), room
        with self.together():
            rows = self._db.rows(sql.TAKE_TICKS, others, now)
            rows += self._db.rows(sql.TAKE_JOBS, others, now, -EVER, late_before, late)
            rows += self._db.rows(sql.TAKE_JOBS, others, now, late_before, EVER, fresh)
            runs = [transitions.step(to_run(row), Event.CLAIM, owner=owner) for row in rows]
            taken = [run for run in runs if run]
            for run in taken:
                self._db.change(sql.CLAIM, owner, run.id)
            return taken

    def asked_for(self, after: int, most: int) -> list[Run]:
        return self._runs(sql.ASKED_FOR, after, most)

    def next_due(self, after: float, without: Collection[str] = ()) -> float | None:
        found = self._db.rows(sql.NEXT_DUE, as_json(without), after)
        return found[0][0] if found else None

    def move(self, run: int, event: Event) -> None:
        with self.together():
            self._db.change(sql.MOVES[event], run)

    def started(self, run: int, command: str, pid: int, identity: str | None, at: float) -> None:
        with self.together():
            self._db.change(sql.START, command, pid, identity, at, at, run)

    def finish(self, run: int, ending: Ending, retry_due: float | None = None) -> Run | None:
        with self.together():
            found = self.run(run)
            ended = found and transitions.finished(found, ending)
            if not found or not ended:
                return None
            self._finish(ended)
            if ending.output is not None:
                self._db.insert(sql.INSERT_OUTPUT, run, ending.output)
            if retry_due is not None:
                self._insert(transitions.next_attempt(found, retry_due, ending))
            return ended

    def retain(self, retentions: Mapping[str, Retention]) -> dict[str, Retention]:
        with self.together():
            rows = self._db.rows(sql.RETENTIONS)
            known = {task: Retention() if None in kept else Retention(*kept) for task, *kept in rows}
            for task, retention in retentions.items():
                if known.pop(task, None) != retention:
                    self._db.change(sql.PUT_RETENTION, task, *retention)
            return known

    def prune(self, task: str, keep: int, before: float, most: int) -> int:
        with self.together():
            beyond = self._db.rows(sql.NTH_NEWEST, task, keep)
            newest = max([*beyond, (before, 0)])
            doomed = self._db.rows(sql.OLDEST, task, *newest, most)
            for run, _ in doomed:
                self._db.change("DELETE FROM outputs WHERE run = ?", run)
                self._db.change("DELETE FROM runs WHERE id = ?", run)
            if ticks := [tick for _, tick in doomed if tick is not None]:
                self._db.change(sql.PUT_PAST, *self._past(task).without(max(ticks)))
            return len(doomed)

    def prune_keys(self, task: str, before: float, most: int) -> int:
        with self.together():
            doomed = self._db.rows(sql.OLD_KEYS, task, before, most)
            for (key,) in doomed:
                self._db.change("DELETE FROM keys WHERE task = ? AND key = ?", task, key)
            return len(doomed)
