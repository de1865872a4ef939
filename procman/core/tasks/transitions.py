"""From one state of a run to the next: decided here for every store, so that these only keep it.

Who tells of an event may be late: what has ended meanwhile, or was given to another procman, stays as it is.
So an event that does not belong to a state changes nothing.
"""

from __future__ import annotations

from enum import StrEnum

from procman.core.tasks.run import Ending, Outcome, Run, State, Trigger

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from procman.core.tasks.run import Request, TaskState, TickRow

WORDS = {outcome: outcome.replace("_", " ") for outcome in Outcome}
CUT_SHORT = (Outcome.STOPPED, Outcome.LOST)
"""By the end of procman, and not by what the task did: no attempt is used up by that."""
KILLED, SILENT = "procman was killed", "procman on {} was silent for 30 s"
"""What is known of who is gone: on this machine it is seen; of another host, that its lease has ended."""
AS_IT_BEGAN, WHILE_IT_RAN = "as it began", "while it ran"
OPEN = (State.QUEUED, State.CLAIMED, State.RUNNING)
UNTRUE = (Outcome.SKIPPED, Outcome.MISSED)
"""What cannot have happened yet to a tick that is still to come: a clock that was ahead wrote that."""


class Event(StrEnum):
    """What happens to a run that has a row."""

    CLAIM = "claim"
    """It is due: somebody takes it, to start it."""
    QUEUE = "queue"
    """An earlier run of its task must end first."""
    CALL = "call"
    """Its turn has come."""
    RELEASE = "release"
    """Who has it gives it back."""
    START = "start"
    FINISH = "finish"
    CANCEL = "cancel"


P, Q, C, R, F = State.PENDING, State.QUEUED, State.CLAIMED, State.RUNNING, State.FINISHED
_: State | None = None
# fmt: off
EVENTS = (
       Event.CLAIM, Event.QUEUE, Event.CALL, Event.RELEASE, Event.START, Event.FINISH, Event.CANCEL)
ROWS: dict[State, tuple[State | None, ...]] = {
    P: (C,          _,           _,          _,             _,           F,            F),
    Q: (_,          _,           C,          P,             R,           F,            _),
    C: (_,          Q,           _,          P,             R,           F,            _),
    R: (_,          _,           _,          _,             _,           F,            _),
    F: (_,          _,           _,          _,             _,           _,            _),
}
# fmt: on
TABLE = {
    (state, event): after for state, row in ROWS.items() for event, after in zip(EVENTS, row, strict=True)
}
"""The state after an event in a state; None: it changes nothing."""


def sources(event: Event) -> list[State]:
    """The states in which an event changes something."""
    return [state for state in State if TABLE[state, event]]


def target(event: Event) -> State:
    """Where an event leads: to the same state, wherever it changes something."""
    (state,) = {TABLE[state, event] for state in sources(event)}
    assert state
    return state


def step(run: Run, event: Event, **changes: Any) -> Run | None:
    """The run after an event, with what else changes; None when it changes nothing in its state."""
    after = TABLE[run.state, event]
    if after is State.PENDING:
        due = run.created_at if run.due is None else run.due
        changes |= {"owner": None, "reason": None, "due": due}  # for anybody
    return run._replace(state=after, **changes) if after else None


def of_tick(row: TickRow, state: TaskState, owner: str, now: float) -> Run:
    """The run of a tick that has none: ours, or finished already. Without an id."""
    outcome, reason = row.outcome, row.reason
    if _paused_at(state, row.tick):
        outcome, reason = Outcome.SKIPPED, "paused"
    run = Run(0, row.task, row.command, trigger=row.trigger, tick=row.tick, created_at=now, reason=reason)
    if outcome is None:
        return run._replace(due=row.due, state=State.CLAIMED, owner=owner)
    return run._replace(due=row.due or row.tick, state=State.FINISHED, outcome=outcome, ended_at=now)


def _paused_at(state: TaskState, tick: int) -> bool:
    if state.paused_at is None or tick <= state.paused_at:
        return False
    return state.paused or tick <= (state.resumed_at or 0)


def of_request(request: Request) -> Run:
    """The pending run that was asked for. Without an id."""
    return Run(
        0,
        request.task,
        "",
        request.args,
        request.trigger,
        None,
        request.due,
        1,
        request.key,
        request.created_at,
    )


def begun(request: Request, command: str, owner: str) -> Run:
    """The run that was asked for and starts at once, again and again: it has no key. Without an id."""
    run = of_request(request)._replace(command=command, due=None, key=None)
    return run._replace(state=State.CLAIMED, owner=owner)


def finished(run: Run, ending: Ending, event: Event = Event.FINISH) -> Run | None:
    """The run when it has ended so; None when it cannot."""
    return step(
        run,
        event,
        outcome=ending.outcome,
        ended_at=ending.at,
        code=ending.code,
        reason=ending.reason,
        output_bytes=ending.output_bytes,
        truncated=ending.truncated,
        max_rss_bytes=ending.max_rss_bytes,
        cpu_s=ending.cpu_s,
    )


def lost(run: Run, now: float) -> Ending:
    """The end of a run whose procman is gone."""
    return Ending(Outcome.LOST, now, reason=_why_lost(run))


def _why_lost(run: Run) -> str:
    what = SILENT.format(run.host) if run.host else KILLED
    return f"{what} {AS_IT_BEGAN if run.started_at is None else WHILE_IT_RAN}"


def told_late(run: Run, ending: Ending) -> str | None:
    """The reason of a run that was taken for lost, when its procman tells of its end after all; None when
    that is noted already. The outcome stays."""
    if run.outcome is not Outcome.LOST or run.reason != _why_lost(run):
        return None
    why = f" ({ending.reason})" if ending.reason else ""
    return f"{run.reason}, or so it seemed: it told later that this had ended: {WORDS[ending.outcome]}{why}"


def comes_again(run: Run) -> bool:
    """Whether a run whose procman is dead simply waits for the next one, since it had not begun.

    A tick that was claimed might have begun, and runs at most once. What was asked for runs at least once,
    but in the foreground, where it was never due.
    """
    asked_for = run.tick is None and run.due is not None
    return run.state is State.QUEUED or (run.state is State.CLAIMED and asked_for)


def reruns(run: Run, tasks: Collection[str]) -> bool:
    """Whether a run that is lost is tried again, where runs of these tasks are. One in the foreground is not:
    somebody sees how it ends, and it may still be there, on a host that is cut off from the store."""
    return run.task in tasks and not (run.tick is None and run.due is None)


def next_attempt(run: Run, due: float, ending: Ending) -> Run:
    """The run that tries again. Without an id, and without the key: that still names the first attempt."""
    again = Run(0, run.task, args=run.args, trigger=Trigger.RETRY, tick=run.tick, created_at=ending.at)
    reruns = run.reruns + (ending.outcome in CUT_SHORT)
    return again._replace(due=due, attempt=run.attempt + 1, reruns=reruns)


def recalled(state: TaskState, schedule: str, now: int) -> TaskState:
    """What is known of a task that has this schedule from now on: of its ticks, none that is to come."""
    if state.schedule != schedule:
        return state._replace(schedule=schedule, accounted=now if schedule else None)
    return state if state.accounted is None else state._replace(accounted=min(state.accounted, now))


def accounted(state: TaskState, tick: int) -> TaskState:
    """A tick of the task has its row now."""
    return state._replace(accounted=tick if state.accounted is None else max(tick, state.accounted))


def resumed(state: TaskState, now: float) -> TaskState:
    """The end of a pause; the clock may have been set back meanwhile."""
    return state._replace(resumed_at=max(now, state.paused_at or now))
