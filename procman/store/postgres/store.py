"""The store in PostgreSQL; what each call promises stands in `procman.engine.store`."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from procman.core.tasks import transitions
from procman.core.tasks.limits import NO_LIMITS
from procman.core.tasks.run import Finish
from procman.core.tasks.transitions import Event
from procman.store.claims import Claims
from procman.store.postgres import address, opening
from procman.store.postgres.bell import Bell
from procman.store.postgres.database import Database
from procman.store.postgres.instances import Instances
from procman.store.postgres.joined import joined
from procman.store.postgres.statements import Statements
from procman.store.postgres.values import storable
from procman.store.requests import Requests
from procman.store.rows import from_run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    import psycopg

    from procman.core.tasks.limits import Limits
    from procman.core.tasks.run import Request, Run, Start, TaskState
    from procman.store.joined import Joined

LOOKED_SECONDS = 40.0
"""A scheduler looks every 30 s at what is due."""


class PostgresStore(Claims, Requests):
    """For one thread at a time. Others may be in the same database, also with other apps."""

    moved_aside: str | None = None
    moved = False
    look: Callable[[Collection[str]], None] = staticmethod(lambda living: None)
    """Told who lives, before all runs are looked at that are open."""

    def __init__(self, url: str, app: str) -> None:
        self.app, self._shown = storable(app), address.shown(url)
        self._connect = opening.connector(url, self._shown)
        self._name = ""
        self._seen: set[str] = set()
        self._limited: Collection[str] | None = None  # of a run in the foreground nobody says
        self._db = self._server = Database(self._prepared, self._shown)
        self.instances = Instances(self._server, self.app)
        self._server.connect()

    def _prepared(self) -> psycopg.Connection[Any]:
        """A connection to a database that knows the app: another one than before, maybe, made anew."""
        connection = self._connect()
        self._number = opening.prepare(connection, self.app, self._shown, self._newest)
        self._sql = Statements(self.app, self._number, self._name)
        self._server.lock = opening.OF_SCHEMA << 24 | self._number
        return connection

    @property
    def name(self) -> str:
        """Who asks, if it is a procman with a lease: it is not rung by what it writes itself, and tells
        nothing of runs that are another's by now."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name
        self._sql = Statements(self.app, self._number, name)

    @property
    def rings(self) -> bool:
        """Whether others can be rung: not through a pool that gives each transaction another server."""
        return self._server.connection.prepare_threshold is not None

    @property
    def _bell(self) -> Bell:
        return Bell(self.app, self._number, self.name)

    def request(self, request: Request) -> tuple[int, bool]:
        self._server.connect()
        values = from_run(transitions.of_request(request))
        ring = self._bell.ring_with if self._is_soon(request.due - request.created_at) else ""
        if request.key is None:  # without a transaction it is one way there and back
            with nullcontext() if self.rings else self._asking():
                return self._server.rows(self._sql.INSERT_RUN + ring, *values)[0][0], True
        with self._asking():
            while True:  # a key may be free again before we see whose it is
                if found := self._server.rows(self._sql.INSERT_KEYED + ring, *values):
                    return found[0][0], True
                if found := self._server.rows(self._sql.SAME_KEY, request.task, request.key):
                    return found[0][0], False

    def joined(self) -> Joined:
        """What others say to ask for a run, in transactions of their own. Raises `StoreError`."""
        self._server.connect()
        return joined(self._sql, Bell(self.app, self._number))

    def cancel(self, run: int, now: float) -> bool:
        with self.together():
            self._ring()
            return super().cancel(run, now)

    def pause(self, task: str, now: float) -> bool:
        with self.together():
            self._ring()
            return super().pause(task, now)

    def resume(self, task: str, now: float) -> bool:
        with self.together():
            self._ring()
            return super().resume(task, now)

    def tell(self, news: Sequence[Start | Finish]) -> list[Run | None]:
        with self.together():
            all_closed = super().tell(news)
            for each, closed in zip(news, all_closed, strict=True):
                if closed and isinstance(each, Finish):
                    self._ring_if_somebody_waits(closed.task)
                    if each.retry_due is not None and self._is_soon(each.retry_due - each.ending.at):
                        self._ring()
            return all_closed

    def move(self, run: Run, event: Event) -> None:
        with self.together():
            super().move(run, event)
            if event is not Event.CALL:
                self._ring_if_somebody_waits()

    def ask_to_stop(self, runs: Collection[int], reason: str) -> None:
        with self.together():
            super().ask_to_stop(runs, reason)
            self._ring()

    def take_due(
        self,
        now: float,
        owner: str,
        late_before: float,
        room: tuple[int, int],
        limits: Limits = NO_LIMITS,
    ) -> list[Run]:
        self._limited = limits.limited
        return super().take_due(now, owner, late_before, room, limits)

    def _insert_each(self, runs: Sequence[Run]) -> list[int | None]:
        """All with one statement; of two with the same tick the first."""
        first: dict[tuple[object, ...], int] = {}
        for at, run in enumerate(runs):
            first.setdefault((at,) if run.tick is None else (run.task, run.tick, run.attempt), at)
        places, numbers = [*first.values()], dict.fromkeys(range(len(runs)))
        rows = [from_run(runs[at]) for at in places]
        for place, number in self._server.rows_of(self._sql.INSERT_RUNS, rows):
            numbers[places[place - 1]] = number
        return [*numbers.values()]

    def _number_from(self, number: int) -> None:
        self._server.rows(self._sql.CONTINUE, number)

    def recover(self, gone: Callable[[Run], bool], rerun: Collection[str], now: float) -> list[Run]:
        with self.together():
            self._look()
            return super().recover(gone, rerun, now)

    def open_runs(self, tasks: Collection[str], owner: str) -> list[Run]:
        found = super().open_runs(tasks, owner)
        if not {run.owner for run in found} <= self._seen:  # somebody is new
            self._look()
        return found

    def recall(self, schedules: Mapping[str, str], now: int) -> dict[str, TaskState]:
        """What is still to come by the clock of a host may have been, by that of the server."""
        return super().recall(schedules, max(now, int(self.instances.clock())) if self._name else now)

    def _is_shared(self) -> bool:
        return bool(self.instances.living() - {self._name})

    def _look(self) -> None:
        self._seen = self.instances.living()
        self.look(self._seen)

    def _is_told_of(self, run: Run) -> bool:
        return not self._name or run.owner in (None, self._name)

    def _ring(self) -> None:
        """Have the other procmans of the app look, once this is committed."""
        self._server.before_commit(self._bell.ring)

    def _ring_if_somebody_waits(self, ended: str | None = None) -> None:
        """Have them look if one may wait for this: for the end of a run, or for a place that its task has."""
        limited = ended if self._limited is None or ended in self._limited else None
        self._server.before_commit(self._bell.if_somebody_waits(limited))

    def _is_soon(self, seconds: float) -> bool:
        """Whether it matters to them what is due then: they look from time to time anyway."""
        return seconds < LOOKED_SECONDS

    def _asking(self) -> AbstractContextManager[None]:
        """No scheduler is waited for: a run that is asked for changes nothing that they count with."""
        return self._server.together(alone=False)
