"""What the engine asks of the world; the host keeps it in earnest, `procman.testing.fakes` in play."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import tzinfo

    from procman.core.messages import Message, Spawned
    from procman.core.plan.plan import ProcessPlan
    from procman.core.tasks.run import Ending, Request, Run, State, Summary, TaskState, TickRow


class Poller(Protocol):
    """The one wait, where everything that happens comes in."""

    def wait(self, seconds: float | None) -> Iterator[Message]:
        """What has happened, waiting at most so long for it; None waits for ever."""
        ...

    def pause_outputs(self) -> None:
        """Read no output of children until `resume_outputs`; again is the same."""
        ...

    def resume_outputs(self) -> None:
        """Read output again; again is the same."""
        ...


class Children(Protocol):
    """The children of the supervisor, by process name."""

    def spawn(self, process: ProcessPlan) -> Spawned:
        """Start a process. Raises `SpawnError`."""
        ...

    def main_pid(self, name: str) -> int | None:
        """The pid of the main process; None while it is not known, or may still change."""
        ...

    def stop(self, name: str, number: int) -> None:
        """Send the stop signal to the main process, so that it gets it when it is suspended too."""
        ...

    def stop_rest(self, name: str, number: int) -> None:
        """Send the stop signal to what the main process has left behind, and not got it yet."""
        ...

    def kill(self, name: str) -> bool:
        """SIGKILL to all of a process; False when nobody was there."""
        ...

    def forward(self, name: str, number: int) -> None:
        """Pass a signal on to the main process."""
        ...

    def main_code(self, name: str, code: int) -> int:
        """The exit code of the main process, where that of the child is a shell's."""
        ...

    def left(self, name: str) -> bool:
        """Whether anything is left of a process whose main process has ended.

        If not, its output ends, unless somebody else holds it open.
        """
        ...

    def signal_group(self, name: str, number: int) -> bool:
        """Signal the whole group of a process; False when nobody is left in it."""
        ...

    def drain_output(self, name: str) -> None:
        """Have all output read that is there; `OutputDrained` or `OutputClosed` follows, once."""
        ...

    def close_output(self, name: str) -> None:
        """Read no more of it."""
        ...


class Store(Protocol):
    """The runs of an app, kept. Each call is a transaction of its own, unless it is made inside `together`.

    All times are UTC seconds since the epoch; ticks are whole seconds. Every call may raise `StoreError`.
    `owner` names the procman that has a run, `alive` tells whether such a name or the identity of a
    child still belongs to a living process.
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

        A task whose schedules are new or have changed counts as accounted for up to `now`. One with
        an empty schedule has no ticks: `accounted` is None.
        """
        ...

    def recover(self, alive: Callable[[str], bool], rerun: Collection[str], now: float) -> list[Run]:
        """Close as `lost` every claimed or running run whose owner is not alive, and give them as closed.

        Those of tasks in `rerun` get a pending run as next attempt, due now, in the same transaction. A
        queued run whose owner is not alive never began: it becomes pending again.
        """
        ...

    def claim(self, ticks: Sequence[TickRow], owner: str, now: float) -> list[Run]:
        """Write a row for every tick that has none, and account for it; the runs that are ours to start.

        Rows with an outcome are written as finished. A tick of a task that is paused at that tick is
        written as skipped with the reason `paused` instead. A tick that has a row already, ours or
        another's, is left as it is. Only new rows without outcome are given back, as claimed by `owner`.
        """
        ...

    def open_runs(self, tasks: Collection[str], owner: str) -> list[Run]:
        """Claimed and running runs of these tasks that belong to anybody but `owner`."""
        ...

    def take_due(self, now: float, owner: str, late_before: float, late: int, fresh: int) -> list[Run]:
        """Claim pending runs that are due, the earliest due first; those of paused tasks stay.

        All that have a tick; of the others at most `late` that were due before `late_before`, and at
        most `fresh` more.
        """
        ...

    def next_due(self, after: float) -> float | None:
        """When the earliest pending run that is due after an instant is due, of tasks that are not paused."""
        ...

    def move(self, run: int, state: State) -> None:
        """From claimed to queued or pending, or back to claimed."""
        ...

    def started(self, run: int, command: str, pid: int, identity: str | None, at: float) -> None:
        """The run has a child."""
        ...

    def finish(self, run: int, ending: Ending, retry_due: float | None = None) -> None:
        """Close a run that is not finished. With `retry_due`, a pending run is its next attempt.

        The next attempt has the same task, arguments and tick, the trigger `retry` and one attempt more.
        """
        ...

    def prune(self, task: str, keep: int, before: float, most: int) -> int:
        """Delete finished runs of a task beyond the newest `keep` and those that ended before a time.

        At most `most` of them; how many it were.
        """
        ...

    # For people and the app

    def request(self, request: Request) -> tuple[int, bool]:
        """Write a pending run; its id, and whether it is new.

        With a key, a run of the same task and key that is kept and was not canceled is given instead.
        """
        ...

    def begin(self, request: Request, command: str, owner: str) -> Run:
        """Write a run that starts at once in the foreground, claimed by `owner`."""
        ...

    def jobs(self) -> list[Run]:
        """Pending runs, the earliest due first."""
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

    def history(self, task: str | None, limit: int) -> list[Run]:
        """Runs that are not pending, the newest first."""
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


class Worker(Protocol):
    """A thread for what may take long."""

    def submit(self, operation: Callable[[Store], Any], then: Callable[[Any], None]) -> None:
        """Have something done to the store; `then` gets the answer, or the `StoreError`, later."""
        ...


class World(NamedTuple):
    """What the scheduler knows of the world. Times in seconds."""

    clock: Callable[[], float]
    """Monotonic."""
    wall: Callable[[], float]
    """UTC since the epoch."""
    zone: tzinfo
    """Where times are shown for people."""
    chance: Callable[[], float]
    """A random number in [0, 1)."""
    owner: str
    """This procman, as `alive` knows it."""
    identity: Callable[[int], str | None]
    """The lasting name of a child."""
    alive: Callable[[str], bool]
    """Whether the process with such a name lives."""
    stop_strays: Callable[[Collection[int], int, Container[int]], set[int]]
    """Send a signal to what these runs have left outside their process groups, the children given
    last not counted; which of the runs had left any."""
