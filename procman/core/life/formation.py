"""The formation: what the end of a process, a signal or a stop means for all of them, as a table.

Theory of operation. "What if a child exits?" has its answer in three tables. `child.py`: what is done about
this child, from its start until nobody is left of it. `service.py`: whether its process gets another one.
This one: what that means for all. The end of one process by itself is the end of all (as Foreman), and its
exit code that of procman. Who stops a container or a process group signals all in it at once, so a process
may end by such a signal before procman hears it: for a moment nobody knows (`doubt`). If procman gets the
signal too, all were asked to stop, and nobody is to blame.

Stages run one after the other, each when nothing is left of the one before. `step` decides, and whoever calls
it does what it says, in its order. Every cell of the table is written; nothing here reads a clock.
"""

from __future__ import annotations

from procman.typed import Enum, NamedTuple

DOUBT_SECONDS = 0.3
"""Who stops a container signals all in it: a process may end so many seconds before procman hears it."""
SAME_SECONDS = 0.3
"""A SIGINT so soon after the first is the same one: `timeout -s INT` and others pass it on once more."""
NOTICE_SECONDS = 1.0
KILLED = 128 + 9
"""What a shell has for a process that ended by SIGKILL."""


class Phase(Enum):
    STAGES = "stages"
    """A stage before the last one runs."""
    UP = "up"
    DOUBT = "doubt"
    """A process has ended by a signal that means stop: perhaps all have been asked to."""
    STOPPING = "stopping"


class Event(Enum):
    LAST = "last"
    """The last stage begins."""
    OVER = "over"
    """Nothing is left of a stage."""
    ENDED = "ended"
    """Likewise of the last one, and nobody has stopped any of it: all have ended by themselves."""
    DONE = "done"
    """A process has ended by itself, with code 0."""
    FAILED = "failed"
    """Likewise, with another one, or it could not be started."""
    SIGNALLED = "signalled"
    """Likewise, by a signal that means stop."""
    DECIDED = "decided"
    """A moment has passed, and nobody has asked procman to stop."""
    STOP = "stop"
    """Somebody has asked for it."""
    KILL = "kill"
    """At once."""


class Effect(Enum):
    NEXT_STAGE = "next stage"
    STOP_ALL = "stop all"
    TELL_STOP = "tell stop"
    """Why all are stopped: it was asked for."""
    TELL_CAUSE = "tell cause"
    """Why all are stopped: the end of a process, which is told first."""
    KILL_ALL = "kill all"


class Formation(NamedTuple):
    """How things stand. Times on the monotonic clock."""

    phase: Phase = Phase.STAGES
    asked: bool = False
    """Whether a stop was asked for, rather than brought about by the end of a process."""
    cause: str | None = None
    """The process that ended first by itself, and so is the end of all."""
    code: int | None = None
    """What procman exits with, if that is known: a process's, or of a stop that had one."""
    decide_at: float | None = None
    notice_at: float | None = None
    """When to tell who has not obeyed."""
    signalled_at: float | None = None
    interrupted_at: float | None = None

    @property
    def stopping(self) -> bool:
        """Whether all are being stopped, for whatever reason."""
        return self.phase is Phase.STOPPING

    @property
    def deadline(self) -> float | None:
        """When something is due."""
        times = [at for at in (self.decide_at, self.notice_at) if at is not None]
        return min(times, default=None)

    def exit_code(self, chosen: int | None, killed: bool) -> int:
        """Of the `chosen` process, where people have named one; else of the one that ended first by itself.
        When a stop was asked for 0, if all obeyed."""
        known = self.code if chosen is None else chosen
        return known if known is not None else KILLED * killed


P, E, F = Phase, Event, Effect

TABLE: dict[tuple[Phase, Event], tuple[Phase, tuple[Effect, ...]]] = {
    (P.STAGES, E.LAST): (P.UP, ()),
    (P.STAGES, E.OVER): (P.STAGES, (F.NEXT_STAGE,)),
    (P.STAGES, E.DONE): (P.STAGES, ()),
    (P.STAGES, E.FAILED): (P.STOPPING, (F.STOP_ALL, F.TELL_CAUSE)),
    (P.STAGES, E.SIGNALLED): (P.DOUBT, ()),
    (P.STAGES, E.STOP): (P.STOPPING, (F.TELL_STOP, F.STOP_ALL)),
    (P.UP, E.OVER): (P.UP, ()),  # people have stopped some of it, and may start it again
    (P.UP, E.ENDED): (P.STOPPING, (F.TELL_STOP, F.STOP_ALL)),
    (P.UP, E.DONE): (P.STOPPING, (F.STOP_ALL, F.TELL_CAUSE)),
    (P.UP, E.FAILED): (P.STOPPING, (F.STOP_ALL, F.TELL_CAUSE)),
    (P.UP, E.SIGNALLED): (P.DOUBT, ()),
    (P.UP, E.STOP): (P.STOPPING, (F.TELL_STOP, F.STOP_ALL)),
    (P.DOUBT, E.OVER): (P.DOUBT, ()),
    (P.DOUBT, E.ENDED): (P.DOUBT, ()),
    (P.DOUBT, E.DONE): (P.STOPPING, (F.STOP_ALL, F.TELL_CAUSE)),
    (P.DOUBT, E.FAILED): (P.STOPPING, (F.STOP_ALL, F.TELL_CAUSE)),
    (P.DOUBT, E.SIGNALLED): (P.DOUBT, ()),
    (P.DOUBT, E.DECIDED): (P.STOPPING, (F.STOP_ALL, F.TELL_CAUSE)),
    (P.DOUBT, E.STOP): (P.STOPPING, (F.TELL_STOP, F.STOP_ALL)),
    (P.STOPPING, E.OVER): (P.STOPPING, ()),
    (P.STOPPING, E.ENDED): (P.STOPPING, ()),
    (P.STOPPING, E.DONE): (P.STOPPING, ()),
    (P.STOPPING, E.FAILED): (P.STOPPING, ()),
    (P.STOPPING, E.SIGNALLED): (P.STOPPING, ()),
    (P.STOPPING, E.STOP): (P.STOPPING, ()),
    (P.STOPPING, E.KILL): (P.STOPPING, (F.KILL_ALL,)),
}
"""The last stage begins once; only who has stopped is killed, and only doubt is decided."""
BLAMED = (E.DONE, E.FAILED, E.SIGNALLED)


def step(
    before: Formation, event: Event, now: float, name: str | None = None, code: int | None = None
) -> tuple[Formation, tuple[Effect, ...]]:
    """How things stand after an event, and what is to be done about it, in order.

    `name` and `code` are those of the process that has ended; when all have ended, or a stop was asked for,
    `code` is what procman is to exit with, if that says so. Raises `KeyError` for what cannot happen.
    """
    phase, effects = TABLE[before.phase, event]
    after = before._replace(phase=phase)
    if event in BLAMED and phase in (P.DOUBT, P.STOPPING) and not before.stopping and after.cause is None:
        after = after._replace(cause=name, code=code)
    if event is E.STOP:
        if before.phase is P.DOUBT:  # whoever has ended so shortly before was asked too
            after = after._replace(cause=None, code=None)
        after = after._replace(asked=True, code=code if after.code is None else after.code)
    if event is E.ENDED and before.phase is P.UP:
        after = after._replace(code=code)
    if phase is not before.phase:
        after = after._replace(
            decide_at=now + DOUBT_SECONDS if phase is P.DOUBT else None,
            notice_at=now + NOTICE_SECONDS if phase is P.STOPPING else None,
        )
    return after, effects


def signalled(before: Formation, interrupt: bool, now: float) -> tuple[Formation, Event | None]:
    """A signal that means stop has come, SIGINT (`interrupt`) or another: what it asks for.

    A second SIGINT means at once, unless it is the first one passed on once more.
    """
    first = before.signalled_at is None
    after = before._replace(signalled_at=now) if first else before
    if not interrupt:
        return after, E.STOP
    if before.interrupted_at is None:
        return after._replace(interrupted_at=now), E.STOP
    return after, E.KILL if now - before.interrupted_at >= SAME_SECONDS else None


def postpone(before: Formation, seconds: float) -> Formation:
    """Nobody could obey for so long, since all were suspended: deadlines move on."""
    return before._replace(
        decide_at=None if before.decide_at is None else before.decide_at + seconds,
        notice_at=None if before.notice_at is None else before.notice_at + seconds,
    )
