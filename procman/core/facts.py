"""What the engine publishes: past-tense events, and their words for people."""

from __future__ import annotations

from procman.core.exitcodes import signal_name
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Who = tuple[str, int]
"""Name and pid of a process."""


class ProcessStarted(NamedTuple):
    name: str
    pid: int

    def __str__(self) -> str:
        return f"{self.name} started (pid {self.pid})"


class ProcessEnded(NamedTuple):
    """`code` is the exit code, or minus the number of the signal that ended the process."""

    name: str
    code: int
    pid: int | None = None

    def __str__(self) -> str:
        if self.code < 0:
            return f"{self.name} terminated by {signal_name(-self.code)}"
        return f"{self.name} exited with code {self.code}"


class SpawnFailed(NamedTuple):
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} could not be started: {self.reason}"


class StopRequested(NamedTuple):
    """`reason` as in "SIGTERM received" or "web.1 has ended"."""

    reason: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.reason}, stopping{self.hint}"


class CommandGiven(NamedTuple):
    """Somebody has asked for something from outside: `command` is what, `names` are of which processes."""

    command: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        of = f" of {', '.join(self.names)}" if self.names else ""
        return f"{self.command}{of} requested"


class StillAlive(NamedTuple):
    """Who has not obeyed the stop signal yet, and the seconds left before SIGKILL."""

    who: tuple[Who, ...]
    seconds: int

    def __str__(self) -> str:
        return f"waiting for {listed(self.who)}, SIGKILL in {self.seconds} s"


class KillSent(NamedTuple):
    who: tuple[Who, ...]

    def __str__(self) -> str:
        return f"sending SIGKILL to {listed(self.who)}"


class GivenUp(NamedTuple):
    """One that even SIGKILL does not end: somebody else's, or stuck in the kernel."""

    who: Who

    def __str__(self) -> str:
        return f"{listed([self.who])} does not end, not waiting for it any longer"


class SignalForwarded(NamedTuple):
    number: int

    def __str__(self) -> str:
        return f"{signal_name(self.number)} received, forwarded to all processes"


class WaitsForInput(NamedTuple):
    """A process has stopped at what looks like a prompt, on a terminal whose keys it does not get."""

    name: str
    attachable: bool

    def __str__(self) -> str:
        """What to type elsewhere."""
        if self.attachable:
            return f"{self.name} seems to wait for input: 'procman attach {self.name}'"
        run = f"procman run {self.name.rpartition('.')[0]}"
        return f"{self.name} seems to wait for input; keys do not reach it here: use '{run}'"


class RunEnded(NamedTuple):
    """A run that did not begin, or not end well; of all others `ProcessEnded` tells."""

    name: str
    outcome: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} {self.outcome.replace('_', ' ')}: {self.reason}"


class RetryPlanned(NamedTuple):
    """`seconds` until the attempt of that number begins."""

    name: str
    attempt: int
    attempts: int
    seconds: float

    def __str__(self) -> str:
        which = f"attempt {self.attempt} of {self.attempts}"
        return f"{self.name} will be tried again in {self.seconds:.0f} s ({which})"


class TasksAwaited(NamedTuple):
    """So many tasks are there, some paused; `task` is the one that is due first, `when` as people say it."""

    tasks: int
    paused: int
    task: str | None
    when: str

    def __str__(self) -> str:
        tasks = f"{self.tasks} task{'s' * (self.tasks != 1)}"
        paused = f" ({self.paused} paused)" if self.paused else ""
        return f"{tasks}{paused}, " + (f"next: {self.task} {self.when}" if self.task else "nothing scheduled")


class TicksMissed(NamedTuple):
    """Ticks of a task that came too late, of which some are made up for."""

    task: str
    number: int
    made_up: int

    def __str__(self) -> str:
        made_up = f", making up for {self.made_up}" if self.made_up else ""
        return f"{self.task}: {self.number} tick{'s' * (self.number != 1)} missed{made_up}"


class TaskUnknown(NamedTuple):
    """What was asked for cannot run: procman.yml did not have the task when it was read."""

    task: str

    def __str__(self) -> str:
        waits = "what was asked for waits until it has, and 'procman reload' reads it"
        return f"procman.yml has no task '{self.task}': {waits}"


class ClockSetBack(NamedTuple):
    """`seconds` by which the clock is behind where it was, or behind a tick that has its row."""

    seconds: float

    def __str__(self) -> str:
        from procman.core.schedule.durations import wording  # only apps with tasks need it

        by = wording(self.seconds)
        return f"the clock was set back by {by}: what ran already does not run again"


class Notice(NamedTuple):
    """Something a person should know that is no event of a process."""

    text: str

    def __str__(self) -> str:
        return self.text


class RunLate(NamedTuple):
    """A run takes longer than its task allows, and is stopped; how it ended is told later."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} timed out: {self.reason}, stopping it"


def has_words(fact: object) -> bool:
    """Whether a fact is for people, and not only for programs (`core/tasks/facts`)."""
    return type(fact).__str__ is not object.__str__


if TYPE_CHECKING:
    from procman.core.life.facts import ProcessFact
    from procman.core.tasks.facts import TaskFact

    Fact = (
        ProcessStarted
        | ProcessEnded
        | SpawnFailed
        | StopRequested
        | CommandGiven
        | StillAlive
        | KillSent
        | GivenUp
        | SignalForwarded
        | WaitsForInput
        | RunEnded
        | RetryPlanned
        | TasksAwaited
        | TicksMissed
        | TaskUnknown
        | ClockSetBack
        | RunLate
        | Notice
        | ProcessFact
        | TaskFact
    )


def listed(who: Iterable[Who]) -> str:
    """`web.1 (pid 7), web.2 (pid 8)`."""
    return ", ".join(f"{name} (pid {pid})" for name, pid in who)
