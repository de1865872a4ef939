"""A visit to a port: one question over TCP or HTTP. Nothing in it waits but the one wait."""

from __future__ import annotations

import _socket  # what `socket` is made of: that takes 3 ms more, for names of constants
import errno

from procman.host import probehttp
from procman.host.probeanswers import in_words
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from procman.core.messages import Message
    from procman.host.lookups import Address, Found
    from procman.host.poller import Poller, Source
    from procman.host.probeanswers import Answer

READ_SIZE = 1 << 13
MOST_READ = 1 << 16
"""Bytes of an answer."""
UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY)
"""What connect(2) says, asked once and asked again."""
CLOSED, NOWHERE = "closed without an answer", "no address"
QUIETLY = getattr(_socket, "MSG_NOSIGNAL", 0)


class Visit:
    """All is well when somebody takes the connection. `answered` is called once there is an answer."""

    def __init__(self, poller: Poller, answer: Answer, answered: Callable[[Visit], None]) -> None:
        self._poller = poller
        self._answer = answer
        self._answered = answered
        self._why = ""
        self._addresses: Iterator[Address] = iter(())
        self._socket: _socket.socket | None = None
        self._watched = False

    @property
    def open(self) -> bool:
        """Whether there is a connection."""
        return self._socket is not None

    def begin(self, found: Found) -> None:
        """Take the first of these addresses where somebody is. A text says why there are none."""
        if not self._answer.wanted:
            return  # it was looked up for long
        if isinstance(found, str):
            self._end(found)
        else:
            self._addresses = iter(found)
            self._go_on()

    def drop(self) -> None:
        """End it without an answer."""
        self._answer.drop()
        self.close()

    def close(self) -> None:
        """Hang up; again is the same."""
        if self._socket:
            self._unwatch()
            self._socket.close()
            self._socket = None

    def _go_on(self) -> None:
        """To the next address. When there is none, what was wrong with the first is the answer."""
        for family, address in self._addresses:
            if self._connects(family, address):
                return
        self._end(self._why or NOWHERE)

    def _connects(self, family: int, address: tuple[object, ...]) -> bool:
        """Whether there is a connection, or may be soon."""
        try:
            self._socket = _socket.socket(family, _socket.SOCK_STREAM)
            self._socket.setblocking(False)
            problem = self._socket.connect_ex(address)
            if problem == errno.EINPROGRESS:  # on this machine it is over by now, one way or the other
                problem = self._socket.connect_ex(address)
        except OSError as error:
            problem = error.errno or errno.EIO
        if problem in UNDER_WAY:
            self._watch(self._connected, for_room=True)
            return True
        return self._arrives(0 if problem == errno.EISCONN else problem)

    def _connected(self) -> Iterable[Message]:
        """The connection is there, or has failed."""
        if self._socket:
            problem = self._socket.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR)
            self._unwatch()
            if not self._arrives(problem):
                self._go_on()
        return ()

    def _arrives(self, problem: int) -> bool:
        """Whether somebody has taken the connection."""
        if not problem and self._socket and is_own(self._socket):
            problem = errno.ECONNREFUSED
        if problem:
            self._why = self._why or in_words(OSError(problem, ""))
            self.close()
            return False
        self._ask()
        return True

    def _ask(self) -> None:
        """Somebody is there."""
        self._end(None)

    def _end(self, why_not: str | None) -> None:
        """This is the answer, and nothing more is to be heard."""
        self._answer.give(why_not)
        self.close()
        self._answered(self)

    def _watch(self, source: Source, for_room: bool = False) -> None:
        if self._socket:
            self._unwatch()
            watch = self._poller.watch_room if for_room else self._poller.watch
            watch(self._socket.fileno(), source)
            self._watched = True

    def _unwatch(self) -> None:
        if self._watched and self._socket:
            self._poller.unwatch(self._socket.fileno())
            self._watched = False


class HttpVisit(Visit):
    """All is well when a request is answered with a status that is.

    What comes behind the status is still read, up to a bound: a server that is hung up on while it writes
    would complain about it in its log, at each probe.
    """

    def __init__(
        self, poller: Poller, answer: Answer, answered: Callable[[Visit], None], request: bytes
    ) -> None:
        super().__init__(poller, answer, answered)
        self._request = request
        self._data = b""
        self._left = MOST_READ
        self._over = False

    def _ask(self) -> None:
        self._send()

    def _send(self) -> Iterable[Message]:
        """As much of the request as there is room for; then wait for the answer."""
        if self._socket:
            try:
                self._request = self._request[self._socket.send(self._request, QUIETLY) :]
            except BlockingIOError:
                pass
            except OSError as error:
                self._fail(error)
            self._watch(*((self._send, True) if self._request else (self._readable, False)))
        return ()

    def _readable(self) -> Iterable[Message]:
        """All that is there: most often the end is, too."""
        try:
            while self._socket:
                self._take(self._socket.recv(READ_SIZE))
        except BlockingIOError:
            pass
        except OSError as error:
            self._fail(error)
        return ()

    def _take(self, data: bytes) -> None:
        self._left -= len(data)
        if not data:
            self._finish(CLOSED)
        elif not self._over:
            self._hear(data)
        if self._left <= 0:
            self._finish(probehttp.NO_HTTP)

    def _hear(self, data: bytes) -> None:
        self._data += data
        try:
            status = probehttp.status(self._data)
        except ValueError as error:
            self._finish(str(error))
            return
        if status:
            self._over = True
            self._answer.give(probehttp.verdict(status))
            self._answered(self)

    def _fail(self, error: OSError) -> None:
        """Hung up on with the request unread, TCP calls it a reset: that is how, and not what."""
        self._finish(CLOSED if isinstance(error, ConnectionError) else in_words(error))

    def _finish(self, why_not: str) -> None:
        """Nothing more is to be heard. That is the answer, if there is none yet."""
        if self._over:
            self.close()
        else:
            self._over = True
            self._end(why_not)


def is_own(connection: _socket.socket) -> bool:
    """Whether a connection is with itself, since it was given the port that it wants as its own.

    Two ends that call each other are connected in TCP (RFC 9293, 3.5), and nobody else need be there.
    """
    try:
        return bool(connection.getsockname() == connection.getpeername())
    except OSError:
        return False  # hung up on already, so there was somebody
