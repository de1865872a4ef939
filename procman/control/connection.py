"""One client of the control socket: its request in, answers out, and never a wait for it."""

from __future__ import annotations

from collections import deque

from procman.control import protocol
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import Any

    from procman.core.messages import Message
    from procman.host.poller import Poller

MOST_QUEUED = 1 << 22
"""Bytes of a stream that wait for a client, as they are kept for all; then the oldest are left out. All that
is kept of the log has room, and a while more."""
READ_SIZE = 1 << 14


class Piece:
    """An object of a stream, of about `size` bytes. It is encoded once, for all who get it, and only if one
    of them has room for it."""

    def __init__(self, size: int, encode: Callable[[], bytes]) -> None:
        self._size = size
        self._encode = encode
        self._data = b""

    def __len__(self) -> int:
        return self._size

    @property
    def data(self) -> bytes:
        """As it is sent."""
        self._data = self._data or self._encode()
        return self._data


class Connection:
    """A client. `asked` gets its request, a line, and those behind it that `more` is for; `closed` is called
    once, when it is gone.

    What is sent waits in a queue that is bounded for streams: a client that does not read slows nobody.
    """

    def __init__(
        self,
        client: socket.socket,
        poller: Poller,
        asked: Callable[[Connection, bytes], None],
        closed: Callable[[Connection], None],
    ) -> None:
        client.setblocking(False)
        self._socket = client
        self._poller = poller
        self._asked = asked
        self._closed = closed
        self._received = b""
        self._has_asked = False
        self.more: Callable[[dict[str, Any]], None] | None = None
        """What takes the objects that come behind the request; without it nothing is expected."""
        self.gone: Callable[[], None] = lambda: None
        """Called when the client is, too."""
        self._queue: deque[Piece] = deque()
        self._queued = 0
        self._lost = 0
        self._rest = memoryview(b"")
        self._wants_room = False
        self._ending = False
        self._pull: Callable[[], bytes | None] | None = None
        self._has_room: Callable[[Connection], None] = lambda client: None
        self.idle = False
        """Whether it has got all that there is of what it follows."""
        self.open = True
        poller.watch(client.fileno(), self._ready)

    def send(self, data: bytes) -> None:
        """A whole answer."""
        self.offer(Piece(len(data), lambda: data))
        self.end()

    def offer(self, piece: Piece) -> None:
        """An object of a stream. Should the client be too slow, the oldest ones are left out, and counted."""
        if self._ending:
            return
        self._queue.append(piece)
        self._queued += len(piece)
        while self._queued > MOST_QUEUED and len(self._queue) > 1:
            self._queued -= len(self._queue.popleft())
            self._lost += 1
        if not self._wants_room:  # else it has none
            self._flush()

    def follow(self, pull: Callable[[], bytes | None], has_room: Callable[[Connection], None]) -> None:
        """Behind what is queued the client gets what `pull` gives, one by one, when it is its turn.

        `has_room` is told whenever it can take more: `send_some` then sends it.
        """
        self._pull, self._has_room = pull, has_room
        if not self._wants_room:
            has_room(self)

    def send_some(self) -> bool:
        """Send something of what it follows; whether it may take more at once."""
        self.idle = False
        if not self.open or self._wants_room or self._pull is None:
            return False
        if not self._rest:
            data = self._next() if self._queue or self._lost else self._pull()
            if data is None:
                self.idle = True
                return False
            self._rest = memoryview(data)
        self._send_rest()
        if self.open:
            self._want_room(bool(self._rest))
        return self.open and not self._rest

    @property
    def waits_for_room(self) -> bool:
        """Whether there is something for it that it has not taken."""
        return self.open and self._wants_room

    def end(self) -> None:
        """Nothing more is sent: close it when all is."""
        self._ending = True
        self._flush()

    def refuse(self, text: str, exit_code: int) -> None:
        """The request cannot be done."""
        self.send(protocol.error(text, exit_code))

    def close(self) -> None:
        """Close it now."""
        if self.open:
            self.open = False
            self._poller.unwatch(self._socket.fileno())
            self._socket.close()
            self._queue.clear()
            self._closed(self)
            self.gone()

    def _ready(self) -> Iterator[Message]:
        if self.open:
            self._read()
        if self.open and self._pull and self._wants_room:
            self._want_room(False)
            self._has_room(self)
        elif self.open and not self._pull:
            self._flush()
        yield from ()

    def _read(self) -> None:
        try:
            data = self._socket.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
        elif self._listens:
            self._receive(data)

    @property
    def _listens(self) -> bool:
        return self.open and not self._ending and (self.more is not None or not self._has_asked)

    def _receive(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            if self._listens:
                self._has_asked = True
                self._asked(self, line)
        if not self._listens:
            self._received = b""
        elif len(self._received) >= protocol.LONGEST_REQUEST:
            self._received = b""
            self._has_asked, self.more = True, None
            self.refuse(f"a request has at most {protocol.LONGEST_REQUEST} bytes", 2)

    def _flush(self) -> None:
        """Send what there is, as far as the client takes it."""
        while self.open and (self._rest or self._queue or self._lost):
            if not self._rest:
                self._rest = memoryview(self._next())
            if not self._send_rest():
                break
        if not self.open:
            return
        if self._ending and not self._rest:
            self.close()
        else:
            self._want_room(bool(self._rest))

    def _send_rest(self) -> bool:
        """Whether it took any."""
        try:
            self._rest = self._rest[self._socket.send(self._rest) :]
        except BlockingIOError:
            return False
        except OSError:  # it is gone
            self.close()
        return True

    def _want_room(self, wanted: bool) -> None:
        if wanted != self._wants_room:
            self._wants_room = wanted
            self._poller.want_room(self._socket.fileno(), wanted)

    def _next(self) -> bytes:
        if self._lost:
            lost, self._lost = self._lost, 0
            return protocol.lost(lost)
        piece = self._queue.popleft()
        self._queued -= len(piece)
        return piece.data
