"""Runs of tasks: one row of the store each, from the moment it is asked for to its outcome."""

from __future__ import annotations

from enum import StrEnum

from procman.typed import NamedTuple


class Trigger(StrEnum):
    """What a run is there for."""

    SCHEDULE = "schedule"
    """A tick of the task's schedule, on time."""
    CATCH_UP = "catch_up"
    """A tick that was missed."""
    MANUAL = "manual"
    """Request for by hand or by the app, as soon as possible."""
    DELAYED = "delayed"
    """Request for, for a later time."""
    RETRY = "retry"
    """A further attempt at a run that failed or was lost."""


class State(StrEnum):
    """Where a run stands."""

    PENDING = "pending"
    """Waits until it is due; anybody may claim it then."""
    QUEUED = "queued"
    """Its tick is claimed, but an earlier run of the task must end first."""
    CLAIMED = "claimed"
    """Somebody is about to start it."""
    RUNNING = "running"
    FINISHED = "finished"


class Outcome(StrEnum):
    """What became of a finished run."""

    OK = "ok"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    STOPPED = "stopped"
    """procman was asked to stop, or a newer run replaced it."""
    LOST = "lost"
    """procman was killed while it ran, or another host has taken it for dead."""
    SKIPPED = "skipped"
    """Never started: overlap, paused."""
    MISSED = "missed"
    """Never started: procman was not there, or too late."""
    CANCELED = "canceled"


class Run(NamedTuple):
    """A row of the store. Times are UTC seconds since the epoch; `tick` is whole seconds.

    `due` is when it should start (tick or asked-for time, with jitter), None in the foreground; `pid` its
    child. `owner` and `identity` name processes for certain (see `host/identity.py`): the procman that has
    the run, and the child. `code` is the exit code, or minus the number of the signal. `reason` says why it
    ended so; of one that has not ended, why it is asked to stop. `output_bytes` is None where the output was
    not kept; `truncated` says that only its head and tail were. `reruns` is how many of the attempts before
    this one ended with procman, and so do not count as `retries`.
    """

    id: int
    task: str
    command: str = ""
    args: tuple[str, ...] = ()
    trigger: Trigger = Trigger.SCHEDULE
    tick: int | None = None
    due: float | None = None
    attempt: int = 1
    key: str | None = None
    created_at: float = 0.0
    state: State = State.PENDING
    outcome: Outcome | None = None
    code: int | None = None
    reason: str | None = None
    owner: str | None = None
    pid: int | None = None
    identity: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    output_bytes: int | None = None
    truncated: bool = False
    max_rss_bytes: int | None = None
    cpu_s: float | None = None
    reruns: int = 0

    @property
    def name(self) -> str:
        """The name in the log: `remind_of_registration.42`."""
        return f"{self.task}.{self.id}"

    @property
    def origin(self) -> tuple[int, str, float]:
        """What tells it from all others, also from one that gets its number in a store that was set back."""
        return self.id, self.task, self.created_at

    @property
    def host(self) -> str | None:
        """The host that has it, or had it; None where one host has all."""
        return (self.owner or "").partition("@")[2] or None

    @property
    def begun(self) -> bool:
        """Whether somebody is about to start it, or has: it counts as one that is there."""
        return self.state in (State.CLAIMED, State.RUNNING)

    @property
    def at(self) -> float:
        """When it was, for people: when it ended, or else began, or is to begin; a tick that never ran, when
        it was due."""
        if self.outcome in (Outcome.SKIPPED, Outcome.MISSED) and self.due is not None:
            return self.due if self.ended_at is None else min(self.due, self.ended_at)
        times = (self.ended_at, self.started_at, self.due, self.created_at)
        return next(time for time in times if time is not None)

    @property
    def place(self) -> tuple[float, int]:
        """Where it stands among others: of two at the same time, the one with the higher number is newer."""
        return self.at, self.id

    @property
    def lateness(self) -> float | None:
        """Seconds from when it was due to its start."""
        if self.started_at is None or self.due is None:
            return None
        return max(0.0, self.started_at - self.due)

    @property
    def duration(self) -> float | None:
        """Seconds it ran."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0.0, self.ended_at - self.started_at)


class Ending(NamedTuple):
    """How a run ended, as the store keeps it. `output` is what is kept of what it wrote, if it was read."""

    outcome: Outcome
    at: float
    code: int | None = None
    reason: str | None = None
    output: bytes | None = None
    output_bytes: int | None = None
    truncated: bool = False
    max_rss_bytes: int | None = None
    cpu_s: float | None = None


class Start(NamedTuple):
    """A run has a child. `identity` is the lasting name of the child; `at` in UTC seconds."""

    run: Run
    command: str
    pid: int
    identity: str | None
    at: float


class Finish(NamedTuple):
    """A run has ended, or will not run. `retry_due` is when its next attempt is due, in UTC seconds."""

    run: Run
    ending: Ending
    retry_due: float | None = None


class Survey(NamedTuple):
    """What a scheduler asks about what it does not take: of `owner`, what is to stop; when the next is due
    `after` an instant, of tasks that are not in `without`; which runs were asked for since the number `seen`,
    `most` at once. None asks for nothing."""

    owner: str | None
    after: float
    without: tuple[str, ...] = ()
    seen: int | None = None
    most: int = 0


class Surveyed(NamedTuple):
    """`next_due` in UTC seconds, of those that may be taken; the runs that somebody wants stopped: their
    reason says why; what was asked for, in the order of numbers, without those that began at once in the
    foreground, and without retries; and the highest number that was ever given to a run, 0 for none."""

    next_due: float | None
    to_stop: list[Run]
    asked_for: list[Run]
    last_id: int


class Request(NamedTuple):
    """A run that is asked for: what `enqueue` writes. `due` in UTC seconds; `key` makes it idempotent."""

    task: str
    args: tuple[str, ...]
    trigger: Trigger
    due: float
    created_at: float
    key: str | None = None


class TickRow(NamedTuple):
    """A tick and what to write about it: claimed to run when `outcome` is None, else not run, and why."""

    task: str
    tick: int
    trigger: Trigger = Trigger.SCHEDULE
    due: float = 0.0
    command: str = ""
    outcome: Outcome | None = None
    reason: str | None = None


class TaskState(NamedTuple):
    """What the store knows of a task. Ticks up to `accounted` (UTC seconds) have rows; None: it has no ticks.

    Ticks after `paused_at` are skipped, up to `resumed_at` when it was resumed since.
    """

    name: str
    schedule: str = ""
    accounted: int | None = None
    paused_at: float | None = None
    resumed_at: float | None = None

    @property
    def paused(self) -> bool:
        """Whether it is paused now."""
        return self.paused_at is not None and (self.resumed_at is None or self.resumed_at < self.paused_at)


class Summary(NamedTuple):
    """What `procman schedule` shows of a task's past. Times in UTC seconds."""

    task: str
    last_tick: int | None = None
    last_outcome: Outcome | None = None
    last_success: float | None = None
