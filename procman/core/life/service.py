"""A process of the formation as its operator sees it: a table of states and events, commands among them.

Theory of operation. An operator wants a process up or down; what `child.py` tells is the life of one child,
from its start until nobody is left of it. The two meet here. A child is never started again: a restart asks
the old one to stop, waits until nothing is left of it, and begins with a new one. So no two children of a
process are ever there at the same time, and names, ports and sockets are free when the new one comes.

What is wanted begins by waiting for what it depends on, most often for no time at all. A child is `starting`
until it is ready. When nothing is left of one that nobody has stopped, `restarts.py` says which event that
is: `again`, `done`, `given up`, or `gone`, where its end is the end of all. So policies are no part of this
table, and every cell of it is written; a pair that cannot happen raises `KeyError` and changes nothing.
"""

from __future__ import annotations

from procman.typed import Enum


class State(Enum):
    DOWN = "down"
    """Nothing is there of it, and nothing is to be."""
    WAITING = "waiting"
    """Wanted, once what it depends on is there, and nobody has its port."""
    STARTING = "starting"
    """Its child is there or about to be, and not ready."""
    UP = "up"
    BACKOFF = "backoff"
    """Wanted: a new child follows after a while, as the old one has failed."""
    FAILING = "failing"
    """Wanted: its child is not well, and has to stop."""
    RESTARTING = "restarting"
    """Wanted: a new child follows when the old one is gone."""
    STOPPING = "stopping"
    """Not wanted, and its child is still there."""
    COMPLETED = "completed"
    """It has ended by itself, well, and that is the end of it."""
    FAILED = "failed"
    """Likewise, but not well."""
    SKIPPED = "skipped"
    """What it depends on has failed."""

    @property
    def wanted(self) -> bool:
        """Whether the operator wants it to run."""
        return self not in (State.DOWN, State.STOPPING)

    @property
    def there(self) -> bool:
        """Whether there is, or may be, a child."""
        return self in THERE


class Event(Enum):
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    MET = "met"
    """What it depends on is as it should be."""
    UNMET = "unmet"
    """And never will be."""
    READY = "ready"
    SICK = "sick"
    """It is not well, or uses too much, or was not ready in time."""
    GONE = "gone"
    """Nothing is left of the child."""
    AGAIN = "again"
    """Likewise, and there is to be a new one after a while."""
    DONE = "done"
    """Likewise, and it has done all that it was to do."""
    GIVEN_UP = "given up"
    """Likewise, and there is no point in another."""
    DUE = "due"
    """It has waited long enough."""


class Effect(Enum):
    LOOK = "look"
    """Whether it may begin; MET or UNMET may follow, now or later."""
    NEW_CHILD = "new child"
    STOP_CHILD = "stop child"
    WAIT = "wait"
    """DUE follows, unless something else happens first."""


S, E, F = State, Event, Effect
THERE = (S.STARTING, S.UP, S.FAILING, S.RESTARTING, S.STOPPING)
OVER = (S.DOWN, S.COMPLETED, S.FAILED, S.SKIPPED)
"""Nothing is left of it, and without a command nothing follows."""
OF_END = {E.GONE: S.DOWN, E.AGAIN: S.BACKOFF, E.DONE: S.COMPLETED, E.GIVEN_UP: S.FAILED}
"""What the end of a child means that nobody has stopped."""

_AT_REST: dict[Event, tuple[State, Effect | None]] = {
    E.START: (S.WAITING, F.LOOK),
    E.RESTART: (S.WAITING, F.LOOK),
    E.STOP: (S.DOWN, None),
}
"""Without a child commands are obeyed at once."""
_AT_ITS_END = {event: (state, F.WAIT if event is E.AGAIN else None) for event, state in OF_END.items()}

CELLS: dict[State, dict[Event, tuple[State, Effect | None]]] = {
    S.DOWN: _AT_REST,
    S.WAITING: {
        **_AT_REST,
        E.MET: (S.STARTING, F.NEW_CHILD),
        E.UNMET: (S.SKIPPED, None),
    },
    S.STARTING: {
        E.START: (S.STARTING, None),
        E.RESTART: (S.RESTARTING, F.STOP_CHILD),
        E.STOP: (S.STOPPING, F.STOP_CHILD),
        E.READY: (S.UP, None),
        E.SICK: (S.FAILING, F.STOP_CHILD),
        **_AT_ITS_END,
    },
    S.UP: {
        E.START: (S.UP, None),
        E.RESTART: (S.RESTARTING, F.STOP_CHILD),
        E.STOP: (S.STOPPING, F.STOP_CHILD),
        E.SICK: (S.FAILING, F.STOP_CHILD),
        **_AT_ITS_END,
    },
    S.BACKOFF: {**_AT_REST, E.DUE: (S.WAITING, F.LOOK)},
    S.FAILING: {
        E.START: (S.FAILING, None),
        E.RESTART: (S.RESTARTING, None),
        E.STOP: (S.STOPPING, None),
        **_AT_ITS_END,
    },
    S.RESTARTING: {
        E.START: (S.RESTARTING, None),
        E.RESTART: (S.RESTARTING, None),
        E.STOP: (S.STOPPING, None),
        E.GONE: (S.WAITING, F.LOOK),
    },
    S.STOPPING: {
        E.START: (S.RESTARTING, None),
        E.RESTART: (S.RESTARTING, None),
        E.STOP: (S.STOPPING, None),
        E.GONE: (S.DOWN, None),
    },
    S.COMPLETED: _AT_REST,
    S.FAILED: _AT_REST,
    S.SKIPPED: {
        **_AT_REST,
        E.MET: (S.STARTING, F.NEW_CHILD),  # it was mended, and this is still wanted
        E.UNMET: (S.SKIPPED, None),
    },
}
TABLE = {(state, event): cell for state, cells in CELLS.items() for event, cell in cells.items()}


def step(state: State, event: Event) -> tuple[State, Effect | None]:
    """The state after an event, and what is to be done about it."""
    return TABLE[state, event]
