"""What the engine, the commands and the app ask of a store; each kind of store keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from procman.core.tasks.limits import NO_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from procman.core.tasks.limits import Limits
    from procman.core.tasks.query import Query
    from procman.core.tasks.run import (
        Ending,
        Finish,
        Request,
        Run,
        Start,
        Summary,
        Survey,
        Surveyed,
        TaskState,
        TickRow,
    )
    from procman.core.tasks.task import Retention
    from procman.core.tasks.transitions import Event


class Store(Protocol):
    """The runs of an app, kept. Each call is a transaction of its own, unless it is made inside `together`.

    `procman.core.tasks.transitions` says what may become of a run: of one in another state, nothing.

    All times are UTC seconds since the epoch; ticks are whole seconds. Every call may raise `StoreError`.
    `owner` names the procman that has a run.
    """

    def together(self) -> AbstractContextManager[None]:
        """All calls inside are one transaction: all are kept, or none."""
        ...

    def close(self) -> None:
        """Nothing more will be asked."""
        ...

    # For the scheduler

    def recall(self, schedules: Mapping[str, str], now: int) -> dict[str, TaskState]:
        """Make the tasks known, by name with their schedules as written; what is known of each.

        A task whose schedules are new or have changed counts as accounted for up to `now`. One with an empty
        schedule, and all others that are known, have no ticks: `accounted` is None; unless other procmans
        share the store, which may have them. What is known of the past was not after `now`: rows of ticks to
        come that say `skipped` or `missed` are deleted.
        """
        ...

    def recover(self, gone: Callable[[Run], bool], rerun: Collection[str], now: float) -> list[Run]:
        """Close as `lost` every open run that is gone, and give them as closed.

        Those of tasks in `rerun` get a pending run as next attempt, due now, in the same transaction. What
        had not begun becomes pending again instead, as `transitions.comes_again` says. `gone` is asked about
        each run that is queued, claimed or running, in the order in which they were written.
        """
        ...

    def claim(self, ticks: Sequence[TickRow], owner: str, now: float) -> list[Run]:
        """Write a row for every tick that has none, and account for it; the runs that are ours to start.

        Rows with an outcome are written as finished. A tick of a task that is paused at that tick is
        written as skipped with the reason `paused` instead. A tick that has a row already, ours or
        another's, is left as it is. The new rows are given back: those without outcome are
        claimed by `owner`.
        """
        ...

    def open_runs(self, tasks: Collection[str], owner: str) -> list[Run]:
        """Queued, claimed and running runs of these tasks that belong to anybody but `owner`."""
        ...

    def ask_to_stop(self, runs: Collection[int], reason: str) -> None:
        """Ask who has these runs to stop them, for a reason; the first reason stays.

        Of those that have ended, or that nobody has, nothing is asked.
        """
        ...

    def take_due(
        self,
        now: float,
        owner: str,
        late_before: float,
        room: tuple[int, int],
        limits: Limits = NO_LIMITS,
    ) -> list[Run]:
        """Claim pending runs that are due, the earliest due first; those of paused tasks stay.

        All that have a tick; of the others, as `room` says, so many that were due before `late_before`, and
        so many more. Of a task in `limits`, no more than may be there at once: those that are claimed or
        running, here or elsewhere, are there.
        """
        ...

    def survey(self, asked: Survey) -> Surveyed:
        """What there is beside the runs that are taken."""
        ...

    def move(self, run: Run, event: Event) -> None:
        """`QUEUE`, `CALL` or `RELEASE` a run."""
        ...

    def tell(self, news: Sequence[Start | Finish]) -> list[Run | None]:
        """What has become of runs, in the order in which it happened; of each, the run if this has closed it.
        None begins after it has ended.

        A run that has ended is closed unless it is finished. With `retry_due`, a pending run is its next
        attempt, which has the same task, arguments and tick, the trigger `retry` and one attempt more. Of a
        run that was finished before, or is not there, nothing is changed. In a store that was set back (a
        backup, a standby that did not get all) another run may have its number.
        """
        ...

    def started(self, run: Run, command: str, pid: int, identity: str | None, at: float) -> None:
        """`tell` that one has begun."""
        ...

    def finish(self, run: Run, ending: Ending, retry_due: float | None = None) -> Run | None:
        """`tell` that one has ended."""
        ...

    def retain(self, retentions: Mapping[str, Retention]) -> dict[str, Retention]:
        """Note how long runs of these tasks are kept; of all others that had runs, what was noted last."""
        ...

    def prune(self, task: str, keep: int, before: float, most: int) -> int:
        """Delete finished runs of a task beyond the newest `keep` (`Run.place`), and those before a time.

        At most `most` of them; how many it were.
        """
        ...

    def prune_keys(self, task: str, before: float, most: int) -> int:
        """Forget keys of a task whose runs were asked for, and due, before a time; how many it were.

        At most `most` of them, the oldest first, and none whose run has not ended.
        """
        ...

    # For people and the app

    def request(self, request: Request) -> tuple[int, bool]:
        """Write a pending run; its id, and whether it is new.

        With a key that the task has, the run that was asked for with it is given instead; its row may be
        deleted by now. Cancelling a run releases its key.
        """
        ...

    def begin(self, request: Request, command: str, owner: str) -> Run:
        """Write a run that starts at once in the foreground, claimed by `owner`."""
        ...

    def jobs(self, limit: int | None = None) -> list[Run]:
        """Pending runs, the earliest due first; not more than `limit`."""
        ...

    def count_jobs(self, most: int | None = None) -> int:
        """How many runs are pending; counted up to `most`."""
        ...

    def cancel(self, run: int, now: float) -> bool:
        """Finish a pending run as canceled; False when it is not pending."""
        ...

    def pause(self, task: str, now: float) -> bool:
        """Pause a task; False when it is paused already."""
        ...

    def resume(self, task: str, now: float) -> bool:
        """End the pause of a task; False when it is not paused."""
        ...

    def history(self, query: Query | None = None, limit: int | None = None) -> list[Run]:
        """Runs that are not pending and are asked for, the newest first (`Run.place`); at most `limit`."""
        ...

    def count(self, query: Query | None = None, most: int | None = None) -> int:
        """How many runs `history` would give without a limit; counted up to `most`."""
        ...

    def run(self, run: int) -> Run | None:
        """One run."""
        ...

    def output(self, run: int) -> bytes | None:
        """What the run wrote, as `Ending.output` was; None when it was not kept."""
        ...

    def states(self) -> dict[str, TaskState]:
        """What is known of each task."""
        ...

    def summaries(self) -> dict[str, Summary]:
        """Of each task with finished runs: its newest tick that was claimed or written, and how it ended."""
        ...

    def last_id(self) -> int:
        """The highest id that was ever given to a run; 0 for none."""
        ...
