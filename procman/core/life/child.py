"""The life of a process, as a table: phase and event give the next phase and what is to be done.

`wanted` is what the operator asked for and `phase` what the child does; only commands (START, STOP,
KILL) change the first. A pair that the table does not have raises and changes nothing.
"""

from __future__ import annotations

from procman.typed import Enum, NamedTuple

DRAIN_SECONDS = 0.5
"""How long the end of a child waits for the end of its output, when something else holds that open.

This time stands still while output is not read.
"""
KILLED_SECONDS = 5.0
"""How long SIGKILL may take, whatever the patience before it: who is in the kernel ends when out of it."""


class Phase(Enum):
    IDLE = "idle"
    RUNNING = "running"
    STOPPING = "stopping"
    """Has got its stop signal."""
    KILLING = "killing"
    """Has got SIGKILL."""
    DRAINING = "draining"
    """The child has ended; its end is told when its output has ended too, or is empty 0.5 s later."""
    LEAVING = "leaving"
    """The end is told; others of its process group may still be there."""
    CLOSING = "closing"
    """Nobody is left of it, or is waited for; what was written last is still to be read."""
    ENDED = "ended"


class Event(Enum):
    START = "start"
    STOP = "stop"
    KILL = "kill"
    SPAWN_FAILED = "spawn failed"
    EXITED = "exited"
    OUTPUT_CLOSED = "output closed"
    OUTPUT_DRAINED = "output drained"
    DRAIN_DUE = "drain due"
    KILL_DUE = "kill due"
    GROUP_GONE = "group gone"


class Effect(Enum):
    SPAWN = "spawn"
    SIGNAL_STOP = "signal stop"
    """To the main process alone: it decides about what it manages."""
    SIGNAL_REST = "signal rest"
    """The stop signal to what the main process has left behind."""
    SIGNAL_KILL = "signal kill"
    DRAIN_OUTPUT = "drain output"
    """Have all read that is there now; OUTPUT_DRAINED follows, or OUTPUT_CLOSED."""
    CLOSE_OUTPUT = "close output"
    REPORT = "report"
    GIVE_UP = "give up"
    CHECK_GROUP = "check group"


class Life(NamedTuple):
    """State of one process. `timeout` in seconds; `kill_at` and `drain_at` on the monotonic clock."""

    timeout: float
    phase: Phase = Phase.IDLE
    wanted: bool = True
    output_open: bool = True
    killed: bool = False
    """Whether SIGKILL was sent."""
    kill_at: float | None = None
    drain_at: float | None = None


P, E, F = Phase, Event, Effect

TABLE: dict[tuple[Phase, Event], tuple[Phase, tuple[Effect, ...]]] = {
    (P.IDLE, E.START): (P.RUNNING, (F.SPAWN,)),
    (P.IDLE, E.STOP): (P.ENDED, ()),
    (P.IDLE, E.KILL): (P.ENDED, ()),
    (P.RUNNING, E.SPAWN_FAILED): (P.ENDED, ()),
    (P.RUNNING, E.OUTPUT_CLOSED): (P.RUNNING, ()),
    (P.RUNNING, E.STOP): (P.STOPPING, (F.SIGNAL_STOP,)),
    (P.RUNNING, E.KILL): (P.KILLING, (F.SIGNAL_KILL,)),
    (P.RUNNING, E.EXITED): (P.DRAINING, (F.SIGNAL_REST,)),
    (P.STOPPING, E.OUTPUT_CLOSED): (P.STOPPING, ()),
    (P.STOPPING, E.STOP): (P.STOPPING, ()),
    (P.STOPPING, E.KILL): (P.KILLING, (F.SIGNAL_KILL,)),
    (P.STOPPING, E.KILL_DUE): (P.KILLING, (F.SIGNAL_KILL,)),
    (P.STOPPING, E.EXITED): (P.DRAINING, (F.SIGNAL_REST,)),
    (P.KILLING, E.OUTPUT_CLOSED): (P.KILLING, ()),
    (P.KILLING, E.STOP): (P.KILLING, ()),
    (P.KILLING, E.KILL): (P.KILLING, (F.SIGNAL_KILL,)),
    # Somebody else's process, or one stuck in the kernel: it is not waited for any longer.
    (P.KILLING, E.KILL_DUE): (P.CLOSING, (F.GIVE_UP, F.DRAIN_OUTPUT)),
    (P.KILLING, E.EXITED): (P.DRAINING, (F.SIGNAL_KILL,)),
    (P.DRAINING, E.STOP): (P.DRAINING, ()),
    (P.DRAINING, E.KILL): (P.DRAINING, (F.SIGNAL_KILL,)),
    (P.DRAINING, E.KILL_DUE): (P.DRAINING, (F.SIGNAL_KILL,)),
    (P.DRAINING, E.OUTPUT_CLOSED): (P.LEAVING, (F.REPORT, F.CHECK_GROUP)),
    (P.DRAINING, E.DRAIN_DUE): (P.DRAINING, (F.DRAIN_OUTPUT,)),
    (P.DRAINING, E.OUTPUT_DRAINED): (P.LEAVING, (F.REPORT, F.CHECK_GROUP)),
    # What is left of the group may still write its last words, so its output stays open until it is gone.
    (P.LEAVING, E.OUTPUT_CLOSED): (P.LEAVING, (F.CHECK_GROUP,)),
    (P.LEAVING, E.STOP): (P.LEAVING, ()),
    # SIGKILL cannot be refused, so nobody waits for the group after it.
    (P.LEAVING, E.KILL): (P.CLOSING, (F.SIGNAL_KILL, F.DRAIN_OUTPUT)),
    (P.LEAVING, E.KILL_DUE): (P.CLOSING, (F.SIGNAL_KILL, F.DRAIN_OUTPUT)),
    (P.LEAVING, E.GROUP_GONE): (P.CLOSING, (F.DRAIN_OUTPUT,)),
    (P.CLOSING, E.STOP): (P.CLOSING, ()),
    (P.CLOSING, E.KILL): (P.CLOSING, ()),
    (P.CLOSING, E.OUTPUT_CLOSED): (P.ENDED, (F.CLOSE_OUTPUT,)),
    (P.CLOSING, E.OUTPUT_DRAINED): (P.ENDED, (F.CLOSE_OUTPUT,)),
    (P.ENDED, E.STOP): (P.ENDED, ()),
    (P.ENDED, E.KILL): (P.ENDED, ()),
}


def step(life: Life, event: Event, now: float) -> tuple[Life, tuple[Effect, ...]]:
    """The life after an event, and what is to be done about it, in order.

    Raises `KeyError` for an event that cannot happen in this phase.
    """
    phase, effects = TABLE[life.phase, event]
    life = Life(
        life.timeout,
        phase,
        wanted=_wanted(life, event),
        output_open=life.output_open and event is not Event.OUTPUT_CLOSED,
        killed=life.killed or Effect.SIGNAL_KILL in effects,
        kill_at=_kill_at(life, phase, effects, now),
        drain_at=_drain_at(life, phase, event, now),
    )
    if phase in (Phase.DRAINING, Phase.CLOSING) and not life.output_open:
        life, more = step(life, Event.OUTPUT_CLOSED, now)
        effects += more
    return life, effects


def _wanted(life: Life, event: Event) -> bool:
    return life.wanted and event not in (Event.STOP, Event.KILL)


def _kill_at(life: Life, phase: Phase, effects: tuple[Effect, ...], now: float) -> float | None:
    if phase in (Phase.CLOSING, Phase.ENDED):
        return None
    if Effect.SIGNAL_KILL in effects:
        return now + KILLED_SECONDS
    if Effect.SIGNAL_STOP in effects:
        return now + life.timeout
    if Effect.SIGNAL_REST in effects and life.kill_at is None:
        return now + life.timeout
    return life.kill_at


def _drain_at(life: Life, phase: Phase, event: Event, now: float) -> float | None:
    if phase is not Phase.DRAINING or event is Event.DRAIN_DUE:
        return None
    return now + DRAIN_SECONDS if event is Event.EXITED else life.drain_at


def postpone(life: Life, seconds: float) -> Life:
    """The life with its deadlines so much later."""
    return life._replace(
        kill_at=None if life.kill_at is None else life.kill_at + seconds,
        drain_at=None if life.drain_at is None else life.drain_at + seconds,
    )


def unread(life: Life, since: float, now: float) -> Life:
    """The life after a time in which no output was read: that was no time to wait for its end."""
    if life.drain_at is None:
        return life
    began = max(since, life.drain_at - DRAIN_SECONDS)
    return life._replace(drain_at=life.drain_at + now - began)
