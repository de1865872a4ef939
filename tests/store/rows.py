"""What the tests of this room write again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.tasks.run import Ending, Outcome, Request, Run, Survey, TickRow, Trigger

if TYPE_CHECKING:
    from procman.engine.store import Store

ME, OTHER = "101:1:boot", "202:2:boot"
NOW = 1_700_000_000.5
TICK = 1_700_000_000


def tick(
    number: int, task: str = "mail", outcome: Outcome | None = None, reason: str | None = None
) -> TickRow:
    """The tick of the n-th second, a claim unless it has an outcome."""
    at = TICK + number
    return TickRow(task, at, Trigger.SCHEDULE, at + 0.25, f"run {task}", outcome, reason)


def asked(
    due: float = NOW, task: str = "mail", key: str | None = None, args: tuple[str, ...] = ()
) -> Request:
    """A request by hand."""
    return Request(task, args, Trigger.MANUAL, due, NOW - 100, key)


def claimed(store: Store, *numbers: int, task: str = "mail", owner: str = ME) -> list[Run]:
    """Runs of so many ticks."""
    return store.claim([tick(number, task) for number in numbers], owner, NOW)


def running(store: Store, number: int, task: str = "mail", owner: str = ME) -> Run:
    """A run that has a child."""
    run = claimed(store, number, task=task, owner=owner)[0]
    store.started(run, "run mail", 4711, "4711:5:boot", NOW + 1)
    return now(store, run)


def finished(store: Store, number: int, outcome: Outcome = Outcome.OK, task: str = "mail") -> Run:
    """A run that ended as many seconds after `NOW` as its tick after `TICK`."""
    run = running(store, number, task)
    store.finish(run, Ending(outcome, NOW + number))
    return now(store, run)


def now(store: Store, run: Run | int) -> Run:
    """The run as it is now."""
    found = store.run(run if isinstance(run, int) else run.id)
    assert found
    return found


def ids(runs: list[Run]) -> list[int]:
    return [run.id for run in runs]


def next_due(store: Store, after: float, *without: str) -> float | None:
    """When the next is due that may be taken."""
    return store.survey(Survey(None, after, without)).next_due


def to_stop(store: Store, owner: str) -> list[Run]:
    """What somebody wants stopped."""
    return store.survey(Survey(owner, 0.0)).to_stop
