"""Clients that read the log: what is kept of it first, then what comes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.control import protocol
from procman.control.connection import Piece
from procman.control.protocol import RequestError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from procman.control.connection import Connection
    from procman.logs.ring import Batch, Ring

MOST = 10**12
"""Lines, or seconds since the epoch."""


class Follower(NamedTuple):
    """A client, and the names it wants; None for all."""

    client: Connection
    names: Collection[str] | None

    def wants(self, batch: Batch) -> bool:
        """Whether it is to get these lines."""
        return self.names is None or batch.name in self.names


class Following:
    """All that read the log. Each batch is encoded once, however many they are."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._followers: list[Follower] = []

    def begin(self, client: Connection, request: dict[str, Any], names: Collection[str] | None) -> None:
        """Send what is kept; go on with what comes if the client wants to follow. Raises `RequestError`."""
        most, since = _number(request, "lines"), _number(request, "since")
        follower = Follower(client, names)
        kept = (batch for batch in self._ring if follower.wants(batch))
        wanted = [batch for batch in kept if since is None or batch.at >= since]
        for batch in wanted if most is None else _last(wanted, int(most)):
            client.offer(_piece(batch))
        if not request.get("follow", False):
            client.end()
        elif client.open:
            self._followers.append(follower)
            if self._hear not in self._ring.listeners:
                self._ring.listeners.append(self._hear)

    def _hear(self, batch: Batch) -> None:
        self._followers = [each for each in self._followers if each.client.open]
        if not self._followers:
            self._ring.listeners.remove(self._hear)
            return
        piece = _piece(batch)
        for each in self._followers:
            if each.wants(batch):
                each.client.offer(piece)


def _piece(batch: Batch) -> Piece:
    return Piece(len(batch.lines), lambda: protocol.batch(batch))


def _last(batches: Iterable[Batch], most: int) -> Iterable[Batch]:
    """The last so many lines."""
    found: deque[Batch] = deque()
    for batch in reversed([*batches]):
        if most <= 0:
            break
        lines = batch.lines.split(b"\n")[:-1] if most < batch.lines.count(b"\n") else []
        found.appendleft(batch._replace(lines=b"\n".join(lines[-most:]) + b"\n") if lines else batch)
        most -= max(1, found[0].lines.count(b"\n"))
    return found


def _number(request: dict[str, Any], key: str) -> float | None:
    found = request.get(key)
    if found is None or (type(found) in (int, float) and 0 <= found < MOST):
        return found
    raise RequestError(f"'{key}' is a number, 0 or more")
