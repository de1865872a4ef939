"""A process of the formation as its operator sees it: a table of states and events, commands among them.

Theory of operation. An operator wants a process up or down; what `child.py` tells is the life of one child,
from its start until nobody is left of it. The two meet here. A child is never started again: a restart asks
the old one to stop, waits until nothing is left of it, and begins with a new one. So no two children of a
process are ever there at the same time, and names, ports and sockets are free when the new one comes.

`gone` is the one event that is no command: nothing is left of the child. If the process was up, it has ended
by itself, and the formation decides what that means for all. Every cell of the table is written; a pair that
cannot happen raises `KeyError` and changes nothing.
"""

from __future__ import annotations

from procman.typed import Enum


class State(Enum):
    UP = "up"
    """Wanted, and its child is there or about to be."""
    RESTARTING = "restarting"
    """Wanted: a new child follows when the old one is gone."""
    STOPPING = "stopping"
    """Not wanted, and its child is still there."""
    DOWN = "down"
    """Nothing is there of it."""

    @property
    def wanted(self) -> bool:
        """Whether the operator wants it to run."""
        return self in (State.UP, State.RESTARTING)


class Event(Enum):
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    GONE = "gone"


class Effect(Enum):
    NEW_CHILD = "new child"
    STOP_CHILD = "stop child"


S, E, F = State, Event, Effect

TABLE: dict[tuple[State, Event], tuple[State, Effect | None]] = {
    (S.UP, E.START): (S.UP, None),
    (S.UP, E.STOP): (S.STOPPING, F.STOP_CHILD),
    (S.UP, E.RESTART): (S.RESTARTING, F.STOP_CHILD),
    (S.UP, E.GONE): (S.DOWN, None),
    (S.RESTARTING, E.START): (S.RESTARTING, None),
    (S.RESTARTING, E.STOP): (S.STOPPING, None),
    (S.RESTARTING, E.RESTART): (S.RESTARTING, None),
    (S.RESTARTING, E.GONE): (S.UP, F.NEW_CHILD),
    (S.STOPPING, E.START): (S.RESTARTING, None),
    (S.STOPPING, E.STOP): (S.STOPPING, None),
    (S.STOPPING, E.RESTART): (S.RESTARTING, None),
    (S.STOPPING, E.GONE): (S.DOWN, None),
    (S.DOWN, E.START): (S.UP, F.NEW_CHILD),
    (S.DOWN, E.STOP): (S.DOWN, None),
    (S.DOWN, E.RESTART): (S.UP, F.NEW_CHILD),
}
"""Nothing can be gone of what is down."""


def step(state: State, event: Event) -> tuple[State, Effect | None]:
    """The state after an event, and what is to be done about it."""
    return TABLE[state, event]
