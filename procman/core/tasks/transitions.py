"""From one state of a run to the next: decided here for every store, so that these only keep it."""

from __future__ import annotations

from procman.core.tasks.run import Ending, Outcome, Run, State, Trigger

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from procman.core.tasks.run import Request, TaskState, TickRow

OPEN = (State.QUEUED, State.CLAIMED, State.RUNNING)


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
    run = of_request(request)._replace(command=command, key=None)
    return run._replace(state=State.CLAIMED, owner=owner)


def finished(run: Run, ending: Ending) -> Run:
    """A run that has ended."""
    return run._replace(
        state=State.FINISHED,
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
    when = "before it began" if run.started_at is None else "while it ran"
    return Ending(Outcome.LOST, now, reason=f"procman was killed {when}")


def next_attempt(run: Run, due: float, now: float) -> Run:
    """The run that tries again. Without an id, and without the key: that still names the first attempt."""
    again = Run(0, run.task, args=run.args, trigger=Trigger.RETRY, tick=run.tick, created_at=now)
    return again._replace(due=due, attempt=run.attempt + 1)


def may_move(run: Run, state: State) -> bool:
    """Whether a run may be moved to this state: one that was begun or has ended meanwhile stays as it is."""
    if state is State.QUEUED:
        return run.state is State.CLAIMED
    return state in (State.CLAIMED, State.PENDING) and run.state in (State.CLAIMED, State.QUEUED)


def recalled(state: TaskState, schedule: str, now: int) -> TaskState:
    """What is known of a task that has this schedule from now on."""
    if state.schedule == schedule:
        return state
    return state._replace(schedule=schedule, accounted=now if schedule else None)


def accounted(state: TaskState, tick: int) -> TaskState:
    """A tick of the task has its row now."""
    return state._replace(accounted=tick if state.accounted is None else max(tick, state.accounted))


def resumed(state: TaskState, now: float) -> TaskState:
    """The end of a pause; the clock may have been set back meanwhile."""
    return state._replace(resumed_at=max(now, state.paused_at or now))
