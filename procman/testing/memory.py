"""The store without a file, for tests; what each call promises stands in `procman.engine.store`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.tasks import transitions
from procman.core.tasks.limits import NO_LIMITS
from procman.core.tasks.query import EVERYTHING
from procman.core.tasks.run import Ending, Finish, Outcome, Run, State, Surveyed, TaskState
from procman.core.tasks.task import Retention
from procman.core.tasks.transitions import Event
from procman.testing.memoryrows import MemoryRows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from procman.core.tasks.limits import Limits
    from procman.core.tasks.query import Query
    from procman.core.tasks.run import Request, Start, Summary, Survey, TickRow


class MemoryStore(MemoryRows):
    """What is asked of it."""

    # For the scheduler

    def recall(self, schedules: Mapping[str, str], now: int) -> dict[str, TaskState]:
        for name in {**self._states, **schedules}:
            self._states[name] = transitions.recalled(self._state(name), schedules.get(name, ""), now)
        self._pasts = {name: past.by(now + 1) for name, past in self._pasts.items()}
        for run in list(self._runs.values()):
            if run.tick is not None and run.tick > now + 1 and run.outcome in transitions.UNTRUE:
                self._delete(run)
        return {name: self._states[name] for name in schedules}

    def recover(self, gone: Callable[[Run], bool], rerun: Collection[str], now: float) -> list[Run]:
        closed = []
        for run in filter(gone, self._open()):
            if transitions.comes_again(run):
                self.move(run, Event.RELEASE)
            else:
                again = now if transitions.reruns(run, rerun) else None
                closed.append(self.finish(run, transitions.lost(run, now), again))
        return [run for run in closed if run]

    def claim(self, rows: Sequence[TickRow], owner: str, now: float) -> list[Run]:
        states = {row.task: self._state(row.task) for row in rows}
        claimed = []
        for row in rows:
            run = transitions.of_tick(row, states[row.task], owner, now)
            if not self._past(row.task).is_pruned(row.tick) and (run := self._add(run)).id:
                claimed.append(run)
                if run.outcome:
                    self._pasts[row.task] = self._past(row.task).with_end(run)
            self._states[row.task] = transitions.accounted(self._state(row.task), row.tick)
            self._pasts[row.task] = self._past(row.task).with_tick(row.tick)
        return claimed

    def open_runs(self, tasks: Collection[str], owner: str) -> list[Run]:
        found = [run for run in self._open() if run.task in tasks]
        return [run for run in found if run.owner != owner]

    def ask_to_stop(self, runs: Collection[int], reason: str) -> None:
        for run in self._open():
            if run.id in runs and run.reason is None:
                self._keep(run._replace(reason=reason))

    def take_due(
        self,
        now: float,
        owner: str,
        late_before: float,
        room: tuple[int, int],
        limits: Limits = NO_LIMITS,
    ) -> list[Run]:
        late, fresh = room
        due = [run for run in self._startable(()) if _due(run) <= now]
        jobs = [run for run in due if run.tick is None]
        return [
            *self._take([run for run in due if run.tick is not None], len(due), owner, limits.ticks),
            *self._take([run for run in jobs if _due(run) < late_before], late, owner, limits.jobs),
            *self._take([run for run in jobs if _due(run) >= late_before], fresh, owner, limits.jobs),
        ]

    def _take(self, runs: Sequence[Run], most: int, owner: str, limits: Mapping[str, int]) -> list[Run]:
        taken: list[Run] = []
        for run in runs:
            begun = sum(each.task == run.task and each.begun for each in self._runs.values())
            if len(taken) < most and begun < limits.get(run.task, begun + 1):
                claimed = transitions.step(run, Event.CLAIM, owner=owner)
                taken += [self._keep(claimed)] if claimed else []
        return taken

    def survey(self, asked: Survey) -> Surveyed:
        due = (_due(run) for run in self._startable(asked.without))
        to_stop = [run for run in self._open() if run.owner == asked.owner and run.reason is not None]
        requests = [run for run in self._runs.values() if run.tick is None and run.due is not None]
        new = [run for run in requests if asked.seen is not None and run.id > asked.seen and run.attempt == 1]
        next_due = next((at for at in due if at > asked.after), None)
        return Surveyed(next_due, to_stop, new[: asked.most], self._last_id)

    def move(self, run: Run, event: Event) -> None:
        self._step(run, event)

    def tell(self, news: Sequence[Start | Finish]) -> list[Run | None]:
        return [self._told(each) for each in news]

    def _told(self, each: Start | Finish) -> Run | None:
        if isinstance(each, Finish):
            return self.finish(*each)
        self.started(*each)
        return None

    def started(self, run: Run, command: str, pid: int, identity: str | None, at: float) -> None:
        self._step(run, Event.START, command=command, pid=pid, identity=identity, started_at=at)

    def finish(self, run: Run, ending: Ending, retry_due: float | None = None) -> Run | None:
        found = self._runs.get(run.id)
        if not found or found.origin != run.origin:
            return None
        ended = transitions.finished(found, ending)
        if not ended:
            if reason := transitions.told_late(found, ending):
                self._keep(found._replace(reason=reason))
            return None
        self._finish(ended)
        if ending.output is not None:
            self._outputs[run.id] = ending.output
        if retry_due is not None:
            self._add(transitions.next_attempt(found, retry_due, ending))
        return ended

    def retain(self, retentions: Mapping[str, Retention]) -> dict[str, Retention]:
        self._retentions = {**self._retentions, **retentions}
        others = self._pasts.keys() - retentions.keys()
        return {task: self._retentions.get(task, Retention()) for task in others}

    def prune(self, task: str, keep: int, before: float, most: int) -> int:
        ended = self._sorted(
            run for run in self._runs.values() if run.state is State.FINISHED and run.task == task
        )
        doomed = [run for place, run in enumerate(ended) if place >= keep or run.at < before][::-1]
        for run in doomed[:most]:
            self._delete(run)
            if run.tick is not None:
                self._pasts[task] = self._past(task).without(run.tick)
        return len(doomed[:most])

    def prune_keys(self, task: str, before: float, most: int) -> int:
        old = [
            (since, key)
            for (of, key), (run, since) in self._keys.items()
            if of == task and since < before and self._has_ended(run)
        ]
        for _, key in sorted(old)[:most]:
            del self._keys[task, key]
        return len(old[:most])

    # For people and the app

    def request(self, request: Request) -> tuple[int, bool]:
        if request.key is None:
            return self._add(transitions.of_request(request)).id, True
        name = request.task, request.key
        new = name not in self._keys
        if new:
            number = self._add(transitions.of_request(request)).id
            self._keys[name] = number, max(request.created_at, request.due)
        return self._keys[name][0], new

    def begin(self, request: Request, command: str, owner: str) -> Run:
        return self._add(transitions.begun(request, command, owner))

    def jobs(self, limit: int | None = None) -> list[Run]:
        pending = [run for run in self._runs.values() if run.state is State.PENDING]
        return sorted(pending, key=lambda run: (run.due, run.id))[:limit]

    def count_jobs(self, most: int | None = None) -> int:
        return len(self.jobs(most))

    def cancel(self, run: int, now: float) -> bool:
        found = self._runs.get(run)
        canceled = found and transitions.finished(found, Ending(Outcome.CANCELED, now), Event.CANCEL)
        if canceled:
            self._finish(canceled)
        return bool(canceled)

    def pause(self, task: str, now: float) -> bool:
        state = self._state(task)
        if not state.paused:
            self._states[task] = state._replace(paused_at=now, resumed_at=None)
        return not state.paused

    def resume(self, task: str, now: float) -> bool:
        state = self._state(task)
        if state.paused:
            self._states[task] = transitions.resumed(state, now)
        return state.paused

    def history(self, query: Query | None = None, limit: int | None = None) -> list[Run]:
        asked = query or EVERYTHING
        known = [run for run in self._runs.values() if run.state is not State.PENDING]
        return self._sorted(run for run in known if asked.admits(run, self._outputs.get(run.id)))[:limit]

    def count(self, query: Query | None = None, most: int | None = None) -> int:
        return len(self.history(query, most))

    def run(self, run: int) -> Run | None:
        return self._runs.get(run)

    def output(self, run: int) -> bytes | None:
        return self._outputs.get(run)

    def states(self) -> dict[str, TaskState]:
        return dict(self._states)

    def summaries(self) -> dict[str, Summary]:
        return {task: past.summary for task, past in self._pasts.items() if past.last_outcome}

    def last_id(self) -> int:
        return self._last_id

    def _open(self) -> list[Run]:
        return [run for run in self._runs.values() if run.state in transitions.OPEN]

    def _startable(self, without: Collection[str]) -> list[Run]:
        return [run for run in self.jobs() if not self._state(run.task).paused and run.task not in without]


def _due(run: Run) -> float:
    return run.due or 0.0
