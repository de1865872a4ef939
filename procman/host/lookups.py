"""The addresses of hosts. A name is looked up on a thread, as getaddrinfo(3) may take as long as it likes."""

from __future__ import annotations

import _socket  # what `socket` is made of: that takes 3 ms more, for names of constants
import _thread
import os
from collections import deque

from procman.errors import ShortageError
from procman.shortages import NO_THREAD, reason
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from procman.core.messages import Message
    from procman.host.poller import Poller

    Address = tuple[int, tuple[Any, ...]]
    Found = Sequence[Address] | str

LOCALHOST = ("127.0.0.1", "::1")


def known(host: str, port: int) -> list[Address] | None:
    """The addresses, as family and what connect(2) takes, of a host that need not be looked up."""
    hosts = LOCALHOST if host.lower() == "localhost" else (host,)
    families = [_socket.AF_INET6 if ":" in each else _socket.AF_INET for each in hosts]
    try:
        for family, each in zip(families, hosts, strict=True):
            _socket.inet_pton(family, each)
    except OSError:
        return None
    return [(family, (each, port)) for family, each in zip(families, hosts, strict=True)]


class Lookups:
    """Looks names up, each on a short-lived thread, and no name twice at a time."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._waiting: dict[str, list[tuple[int, Callable[[Found], None]]]] = {}
        self._found: deque[tuple[str, Found]] = deque()
        self._read_end = self._write_end = -1
        self._writing = _thread.allocate_lock()
        """Held while the write end is used or closed: a thread may outlast this."""

    def find(self, host: str, port: int, then: Callable[[Found], None]) -> None:
        """`then` gets the addresses of a host later, in the thread that waits, or why there are none.

        Raises `OSError` and `ShortageError`.
        """
        if host not in self._waiting:
            self._begin(host)
        self._waiting[host].append((port, then))

    def close(self) -> None:
        """Nobody is told anything any more."""
        self._waiting.clear()
        with self._writing:
            if self._read_end >= 0:
                self._poller.unwatch(self._read_end)
                os.close(self._read_end)
                os.close(self._write_end)
            self._read_end = self._write_end = -1

    def _begin(self, host: str) -> None:
        if self._read_end < 0:
            self._read_end, self._write_end = os.pipe()
            self._poller.watch(self._read_end, self._come)
        try:
            _thread.start_new_thread(self._look_up, (host,))
        except RuntimeError:
            raise ShortageError(NO_THREAD) from None
        self._waiting[host] = []

    def _look_up(self, host: str) -> None:
        """In the thread."""
        self._found.append((host, look_up(host)))
        with self._writing:
            if self._write_end >= 0:
                os.write(self._write_end, b"!")

    def _come(self) -> Iterable[Message]:
        if self._read_end >= 0:
            os.read(self._read_end, 1 << 10)
        while self._found:
            host, found = self._found.popleft()
            for port, then in self._waiting.pop(host, ()):
                then(found if isinstance(found, str) else [_with_port(each, port) for each in found])
        return ()


def look_up(host: str) -> Found:
    """The addresses of a host, or why there are none."""
    try:
        found = _socket.getaddrinfo(host.encode(), None, 0, _socket.SOCK_STREAM)
    except _socket.gaierror as error:
        return f"no address of {host}: {error.strerror}"
    except OSError as error:
        return f"no address of {host}: {reason(error)}"
    return [(int(family), address) for family, _, _, _, address in found]


def _with_port(address: Address, port: int) -> Address:
    family, (host, _, *rest) = address
    return family, (host, port, *rest)
