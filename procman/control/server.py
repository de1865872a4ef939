"""The control socket of a running app: private, in its state folder, for this user alone."""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from contextlib import suppress

from procman import statefolder
from procman.control import address, protocol
from procman.control.connection import Connection
from procman.errors import ProcmanError
from procman.host.place import SOCKET
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from procman.core.messages import Message
    from procman.host.poller import Poller

    Answer = Callable[[Connection, dict[str, Any]], None]

ROOT = 0
MOST_CLIENTS = 1000
NEW = "control.new"
"""The socket for as long as nobody listens there."""
BACKLOG = 128
LAST_SECONDS, LOOK_SECONDS = 0.5, 0.05
PEER = struct.Struct("3i")
"""pid, uid and gid (SO_PEERCRED in unix(7))."""


class Server:
    """Listens from the beginning to `close`. `answer` gets each request, and raises `ProcmanError` for one
    that cannot be done.

    Who has the pid file may replace a socket that is there: a procman that was killed has left it.
    Raises `OSError` when the socket cannot be made.
    """

    def __init__(self, folder: str, poller: Poller, answer: Answer) -> None:
        self._folder = folder
        self._poller = poller
        self._answer = answer
        self._clients: set[Connection] = set()
        self._listen()

    def _listen(self) -> None:
        statefolder.prepare(self._folder)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.setblocking(False)
            with address.of(self._folder) as path:
                self._file = _bind(listener, path)
        except BaseException:
            listener.close()
            raise
        self._listener = listener
        self._poller.watch(listener.fileno(), self._accept)

    def renew(self) -> None:
        """Make the socket anew where it was removed. Raises as the making did."""
        if not self._is_there():
            self._hang_up()
            self._listen()

    def close(self, send: Callable[[float], bool] = lambda seconds: False) -> None:
        """Hang up on all, and take the socket away if it is still ours.

        Those who follow get the rest first, by `send`, if they take it soon.
        """
        until = time.monotonic() + LAST_SECONDS
        while (left := until - time.monotonic()) > 0:
            if not send(left) and not any(client.waits_for_room for client in self._clients):
                break
            for _ in self._poller.wait(min(left, LOOK_SECONDS)):
                pass  # nobody else is there any more whose messages would matter
        for client in [*self._clients]:
            client.close()
        self._hang_up()
        if self._is_there():  # and not somebody else's by now
            with suppress(OSError):  # then it is stale for whoever finds it
                os.unlink(os.path.join(self._folder, SOCKET))

    def _hang_up(self) -> None:
        if self._listener.fileno() >= 0:
            self._poller.unwatch(self._listener.fileno())
            self._listener.close()

    def _is_there(self) -> bool:
        try:
            return os.path.samestat(os.lstat(os.path.join(self._folder, SOCKET)), self._file)
        except OSError:
            return False

    def _accept(self) -> Iterator[Message]:
        try:
            client, _ = self._listener.accept()
        except OSError:  # it is gone again, or we are out of descriptors: it waits in line
            return
        if _user_of(client) not in (os.geteuid(), ROOT) or len(self._clients) >= MOST_CLIENTS:
            client.close()
            return
        self._clients.add(Connection(client, self._poller, self._asked, self._clients.discard))
        yield from ()

    def _asked(self, client: Connection, line: bytes) -> None:
        try:
            if client.more:
                client.more(protocol.read_object(line))
            else:
                self._answer(client, protocol.read_request(line))
        except ProcmanError as error:
            client.refuse(str(error), error.exit_code)
        except Exception as error:  # a bug here must not be the end of the app's processes
            import traceback  # only a bug needs it

            where = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error}, {where.name}, line {where.lineno}"
            client.refuse(f"a bug in procman ({text}): please report it", 1)


def _bind(listener: socket.socket, path: str) -> os.stat_result:
    """In the place of what is there, for this user alone; its file. Who finds it finds somebody listening."""
    new = os.path.join(os.path.dirname(path), NEW)
    with suppress(FileNotFoundError):
        os.unlink(new)
    mask = os.umask(0o177)
    try:
        listener.bind(new)
    finally:
        os.umask(mask)
    listener.listen(BACKLOG)
    os.rename(new, path)
    return os.stat(path)


def _user_of(client: socket.socket) -> int:
    """Who has connected. Elsewhere than on Linux the private folder has to do."""
    if sys.platform != "linux":
        return os.geteuid()
    return int(PEER.unpack(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))[1])
