"""Who is to be sent more of a stream: each in turn, for as long as procman has nothing better to do."""

from __future__ import annotations

from collections import deque

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.control.connection import Connection


class Outbox:
    """Clients that can take more. Who has no room is not among them, nor who has got all there is (idle)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ready: deque[Connection] = deque()
        self._idle: list[Connection] = []

    def add(self, client: Connection) -> None:
        """A client may take more."""
        self._ready.append(client)

    def forget(self, client: Connection) -> None:
        """It is gone."""
        if client in self._idle:
            self._idle.remove(client)

    def more(self) -> None:
        """There is more for all."""
        self._ready.extend(self._idle)
        self._idle.clear()

    def send(self, seconds: float) -> bool:
        """Send for about so long, something to each in turn; whether there is more to be sent."""
        until = self._clock() + seconds
        while self._ready:
            client = self._ready.popleft()
            if client.send_some():
                self._ready.append(client)
            elif client.idle:
                self._idle.append(client)
            if self._clock() >= until:
                break
        return bool(self._ready)
