"""Clients that read the log: what is kept of it first, then what comes.

What comes is kept once for all of them, each batch with a number, and they take it from there one after the
other. So a batch costs the app the same, however many follow; who takes too long to come by finds the oldest
gone, and is told how many.
"""

from __future__ import annotations

from collections import Counter, deque

from procman.control import protocol
from procman.control.connection import MOST_QUEUED, Piece
from procman.control.protocol import RequestError
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from procman.control.connection import Connection
    from procman.control.outbox import Outbox
    from procman.logs.ring import Batch, Ring

MOST = 10**12
"""Lines, or seconds since the epoch."""
OVERHEAD = 500
"""What an entry takes beside its bytes."""


class Entry(NamedTuple):
    """A batch; `before` is how many of the same name were before it."""

    name: str
    before: int
    piece: Piece


class Backlog:
    """The newest batches for those who follow, so many bytes at most. They are numbered from 0 on."""

    def __init__(self, most: int = MOST_QUEUED) -> None:
        self._most = most
        self._entries: deque[Entry] = deque()
        self._size = 0
        self.begin = 0
        """The number of the oldest that is kept."""
        self.seen: Counter[str] = Counter()
        self.gone: Counter[str] = Counter()
        """How many of each name have come, and how many of them are not kept any more."""

    @property
    def end(self) -> int:
        """The number of the next one."""
        return self.begin + len(self._entries)

    def __getitem__(self, number: int) -> Entry:
        return self._entries[number - self.begin]

    def add(self, batch: Batch) -> None:
        """One more; the oldest go when there is no room for all."""
        piece = _piece(batch)
        self._entries.append(Entry(batch.name, self.seen[batch.name], piece))
        self.seen[batch.name] += 1
        self._size += len(piece) + OVERHEAD
        while self._size > self._most and len(self._entries) > 1:
            oldest = self._entries.popleft()
            self._size -= len(oldest.piece) + OVERHEAD
            self.gone[oldest.name] += 1
            self.begin += 1


class Follower:
    """A client's place in the backlog. `names` are those that it wants; None for all."""

    def __init__(self, backlog: Backlog, names: Collection[str] | None) -> None:
        self._backlog = backlog
        self._names = names
        self._at = backlog.end
        self._taken = Counter(backlog.seen)

    def next(self) -> bytes | None:
        """What the client is to get next; None when it has got all."""
        backlog = self._backlog
        if self._at < backlog.begin and (lost := self._pass_over()):
            return protocol.lost(lost)
        while self._at < backlog.end:
            name, before, piece = backlog[self._at]
            self._at += 1
            if self._names is None or name in self._names:
                self._taken[name] = before + 1
                return piece.data
        return None

    def _pass_over(self) -> int:
        """Go to the oldest that is kept; how many that the client wants are gone before it had them."""
        gone = self._backlog.gone
        wanted = gone if self._names is None else self._names
        lost = sum(max(0, gone[name] - self._taken[name]) for name in wanted)
        for name in wanted:
            self._taken[name] = max(self._taken[name], gone[name])
        self._at = self._backlog.begin
        return lost


class Following:
    """All that read the log."""

    def __init__(self, ring: Ring, outbox: Outbox) -> None:
        self._ring = ring
        self._outbox = outbox
        self._clients: list[Connection] = []
        self._backlog = Backlog()

    def begin(self, client: Connection, request: dict[str, Any], names: Collection[str] | None) -> None:
        """Send what is kept; go on with what comes if the client wants to follow. Raises `RequestError`."""
        most, since = _number(request, "lines"), _number(request, "since")
        kept = (batch for batch in self._ring if names is None or batch.name in names)
        wanted = [batch for batch in kept if since is None or batch.at >= since]
        for batch in wanted if most is None else _last(wanted, int(most)):
            client.offer(_piece(batch))
        if not request.get("follow", False):
            client.end()
        elif client.open:
            if not self._clients:
                self._backlog = Backlog()
                self._ring.listeners.append(self._hear)
            self._clients.append(client)
            client.gone = lambda: self._leave(client)
            client.follow(Follower(self._backlog, names).next, self._outbox.add)

    def _hear(self, batch: Batch) -> None:
        self._backlog.add(batch)
        self._outbox.more()

    def _leave(self, client: Connection) -> None:
        self._clients.remove(client)
        self._outbox.forget(client)
        if not self._clients:
            self._ring.listeners.remove(self._hear)


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
