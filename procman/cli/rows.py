"""Runs, jobs and tasks as plain values: the stable keys of every `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.exitcodes import signal_name
from procman.core.schedule.instants import rfc3339
from procman.core.tasks.run import Outcome, Run

if TYPE_CHECKING:
    from procman.core.tasks.run import Request
    from procman.core.tasks.task import Task

Row = dict[str, Any]


def run(run: Run) -> Row:
    """A run. Times are RFC 3339 in UTC, durations seconds."""
    return {
        "id": run.id,
        "task": run.task,
        "command": run.command,
        "args": list(run.args),
        "trigger": str(run.trigger),
        "tick": time(run.tick),
        "due": time(run.due),
        "key": run.key,
        "created_at": time(run.created_at),
        "lateness_s": rounded(run.lateness),
        "attempt": run.attempt,
        "state": str(run.state),
        "outcome": None if run.outcome is None else str(run.outcome),
        "exit_code": run.code if run.code is not None and run.code >= 0 else None,
        "signal": signal_name(-run.code) if run.code is not None and run.code < 0 else None,
        "host": run.host,
        "pid": run.pid,
        "started_at": time(run.started_at),
        "ended_at": time(run.ended_at),
        "duration_s": rounded(run.duration),
        "reason": run.reason,
        "output_bytes": run.output_bytes,
        "truncated": run.truncated,
        "max_rss_bytes": run.max_rss_bytes,
        "cpu_s": rounded(run.cpu_s),
    }


def former_run(number: int, asked: Request) -> Row:
    """A run whose row is deleted: known is only that it was asked for with the same key."""
    known = {"id": number, "task": asked.task, "key": asked.key}
    return {**dict.fromkeys(run(Run(number, asked.task))), **known}


def task(task: Task) -> Row:
    """A task; `schedule` is None for one that runs by hand only."""
    return {
        "task": task.name,
        "description": task.description,
        "command": task.command,
        "schedule": task.expression or None,
    }


def ending(run: Run) -> str:
    """How a run ended, or where it stands, in a word or two for people."""
    if run.outcome is None:
        return str(run.state)
    if run.outcome is Outcome.FAILED and run.code:
        return f"failed ({signal_name(-run.code) if run.code < 0 else run.code})"
    return run.outcome.replace("_", " ")


def time(epoch: float | None) -> str | None:
    """A time as JSON has it."""
    return None if epoch is None else rfc3339(epoch)


def rounded(seconds: float | None) -> float | None:
    """Microseconds are exact enough."""
    return None if seconds is None else round(seconds, 6)
