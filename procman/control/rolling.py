"""A restart of one process after the other: each is ready before the next one stops."""

from __future__ import annotations

from procman.core.life.service import Event, State
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.engine.service import Service
    from procman.engine.services import Services


class Rolling:
    """Goes on when it is called, each time something may have happened. `done` is told at the end of the
    first that did not become ready, if there was one: the others are left as they are."""

    def __init__(
        self, services: Services, names: Sequence[str], done: Callable[[Service | None], None]
    ) -> None:
        self._services = services
        self._left = [*names]
        self._current: Service | None = None
        self._done = done

    def go_on(self, now: float) -> bool:
        """Whether there is more to do."""
        while self._current is None or self._current.settled:
            if self._current and self._current.state not in (State.UP, State.STARTING, State.COMPLETED):
                return self._end(self._current)
            known = [name for name in self._left if name in self._services.names]
            if not known:
                return self._end(None)
            name, *self._left = known
            self._current = self._services[name]
            self._services.command(name, Event.RESTART, now)
        return True

    def _end(self, failed: Service | None) -> bool:
        self._done(failed)
        return False
