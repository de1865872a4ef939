"""What the scheduler asks the store, and has it write: ticks and runs, from the claim to the end."""

from __future__ import annotations

from collections import Counter

from procman.core.tasks import transitions
from procman.core.tasks.limits import NO_LIMITS
from procman.core.tasks.run import Surveyed, TaskState
from procman.core.tasks.task import Retention
from procman.store.rows import as_json, to_past, to_run
from procman.store.taking import Taking, Wanted
from procman.store.telling import Telling, changed

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import TypeVar

    from procman.core.tasks.limits import Limits
    from procman.core.tasks.run import Run, Survey, TickRow
    from procman.core.tasks.transitions import Event
    from procman.store.needs import Value

    T = TypeVar("T")

EVER = float("inf")


class Claims(Telling):
    """From a tick, or a request that is due, to a finished run, until that is pruned."""

    _newest = 0
    """The highest number of a run that was seen."""

    def last_id(self) -> int:
        return self._with_newest(super().last_id())

    def _with_newest(self, found: int) -> int:
        if found < self._newest:  # the store was set back, and a run may be at work under a number above
            self._number_from(self._newest)
        self._newest = max(self._newest, found)
        return self._newest

    def continue_after(self, number: int) -> None:
        """Give no run a number up to this one: it may be at work, its row in a store that is gone."""
        with self.together():
            if self.last_id() < number:
                self._newest = number
                self._number_from(number)

    def _number_from(self, number: int) -> None:
        """The next run gets a number above this one."""
        raise NotImplementedError

    def recall(self, schedules: Mapping[str, str], now: int) -> dict[str, TaskState]:
        with self.together():
            known = self.states()
            states = {}
            shared = self._is_shared()
            for name in {**known, **schedules}:
                state, schedule = known.get(name) or TaskState(name), schedules.get(name, "")
                states[name] = (
                    state if shared and not schedule else transitions.recalled(state, schedule, now)
                )
            self._db.change_each(self._sql.PUT_STATE, changed(states, known))
            for past in [to_past(row) for row in self._db.rows(self._sql.AHEAD, now + 1)]:
                self._db.change(self._sql.PUT_PAST, *past.by(now + 1))
                self._db.change(self._sql.FORGET_UNTRUE, past.task, now + 1)
            return {name: states[name] for name in schedules}

    def _is_shared(self) -> bool:
        """Whether others are there that may have tasks which are not ours."""
        return False

    def recover(self, gone: Callable[[Run], bool], rerun: Collection[str], now: float) -> list[Run]:
        with self.together():
            runs = [to_run(row) for row in self._db.rows(f"{self._sql.OPEN_RUNS} ORDER BY id")]
            left = [run for run in runs if gone(run)]
            waiting = [(run.id,) for run in left if transitions.comes_again(run)]
            self._db.change_each(self._sql.TAKE_AWAY, waiting)
            lost = [run for run in left if not transitions.comes_again(run)]
            pasts = self._pasts({run.task for run in lost})
            known, closed = {**pasts}, []
            for run in lost:
                again = now if transitions.reruns(run, rerun) else None
                closed.append(self._end(run, transitions.lost(run, now), again, pasts))
            self._db.change_each(self._sql.PUT_PAST, changed(pasts, known))
            return [run for run in closed if run]

    def claim(self, rows: Sequence[TickRow], owner: str, now: float) -> list[Run]:
        with self.together():
            tasks = {row.task for row in rows}
            states, pasts = self._states(tasks), self._pasts(tasks)
            known_states, known_pasts = {**states}, {**pasts}
            theirs = self._theirs(rows, states)
            wanted = [
                transitions.of_tick(row, states[row.task], owner, now)
                for row in rows
                if (row.task, row.tick) not in theirs and not pasts[row.task].is_pruned(row.tick)
            ]
            numbers = self._insert_each(wanted)
            new = [run._replace(id=id_) for run, id_ in zip(wanted, numbers, strict=True) if id_]
            for run in new:
                if run.outcome:
                    pasts[run.task] = pasts[run.task].with_end(run)
            for row in rows:
                states[row.task] = transitions.accounted(states[row.task], row.tick)
                pasts[row.task] = pasts[row.task].with_tick(row.tick)
            self._db.change_each(self._sql.PUT_STATE, changed(states, known_states))
            self._db.change_each(self._sql.PUT_PAST, changed(pasts, known_pasts))
            return new

    def _theirs(self, rows: Sequence[TickRow], states: Mapping[str, TaskState]) -> set[tuple[Value, ...]]:
        """The ticks that others were faster to claim, where many tasks have the same: one question for all
        costs less than to try each."""
        late: dict[int, list[str]] = {}
        for row in rows:
            if row.tick <= (states[row.task].accounted or 0):
                late.setdefault(row.tick, []).append(row.task)
        many = ((tick, tasks) for tick, tasks in late.items() if len(tasks) > 1)
        return {row for tick, tasks in many for row in self._of_tasks(self._sql.TICK_OF, tasks, tick)}

    def open_runs(self, tasks: Collection[str], owner: str) -> list[Run]:
        rows = self._db.rows(f"{self._sql.OPEN_RUNS} AND owner <> ? ORDER BY id", owner)
        return [to_run(row) for row in rows if row[1] in tasks]

    def ask_to_stop(self, runs: Collection[int], reason: str) -> None:
        with self.together():
            self._db.change_each(self._sql.ASK_TO_STOP, [(reason, run) for run in runs])

    def take_due(
        self,
        now: float,
        owner: str,
        late_before: float,
        room: tuple[int, int],
        limits: Limits = NO_LIMITS,
    ) -> list[Run]:
        late, fresh = room
        with self.together():
            begun: Counter[str] = Counter(dict(self._db.rows(self._sql.BEGUN)) if limits.counted else {})
            return Taking(self._db, self._sql, owner, begun).take(
                [
                    Wanted(self._sql.TAKE_TICKS, (now,), limits.ticks),
                    Wanted(self._sql.TAKE_JOBS, (now, -EVER, late_before), limits.jobs, late),
                    Wanted(self._sql.TAKE_JOBS, (now, late_before, EVER), limits.jobs, fresh),
                ]
            )

    def survey(self, asked: Survey) -> Surveyed:
        to_stop = f"{self._sql.OPEN_RUNS} AND owner = ? AND reason IS NOT NULL ORDER BY id"
        asked_for = f"{self._sql.RUNS_WHERE} {self._sql.ASKED_FOR}"
        due, stop, new, last = self._db.rows_each(
            [
                (self._sql.NEXT_DUE, (as_json(asked.without), asked.after)),
                (to_stop, (asked.owner,)),
                (asked_for, (asked.seen, asked.most)),
                (self._sql.LAST_ID, ()),
            ]
        )
        return Surveyed(
            due[0][0] if due else None,
            [to_run(row) for row in stop],
            [to_run(row) for row in new],
            self._with_newest(last[0][0] if last else 0),
        )

    def move(self, run: Run, event: Event) -> None:
        with self.together():
            self._db.change(self._sql.MOVES[event], *run.origin)

    def retain(self, retentions: Mapping[str, Retention]) -> dict[str, Retention]:
        with self.together():
            rows = self._db.rows(self._sql.RETENTIONS)
            known = {task: Retention() if None in kept else Retention(*kept) for task, *kept in rows}
            for task, retention in retentions.items():
                if known.pop(task, None) != retention:
                    self._db.change(self._sql.PUT_RETENTION, task, *retention)
            return known

    def prune(self, task: str, keep: int, before: float, most: int) -> int:
        with self.together():
            beyond = self._db.rows(self._sql.NTH_NEWEST, task, keep)
            newest = max([*beyond, (before, 0)])
            doomed = self._db.rows(self._sql.OLDEST, task, *newest, most)
            for run, _ in doomed:
                self._db.change(self._sql.DELETE_OUTPUT, run)
                self._db.change(self._sql.DELETE_RUN, run)
            if ticks := [tick for _, tick in doomed if tick is not None]:
                self._db.change(self._sql.PUT_PAST, *self._past(task).without(max(ticks)))
            return len(doomed)

    def prune_keys(self, task: str, before: float, most: int) -> int:
        with self.together():
            doomed = self._db.rows(self._sql.OLD_KEYS, task, before, most)
            for (key,) in doomed:
                self._db.change(self._sql.DELETE_KEY, task, key)
            return len(doomed)
