"""Sockets that procman opens once and hands to its children (sd_listen_fds(3)): connections wait in their
backlogs while a child is restarted, and none is refused.

They block, as systemd's do unless it is told otherwise (`NonBlocking=` in systemd.service(5)): who wants them
otherwise says so itself, and that holds for all who have the same socket.
"""

from __future__ import annotations

import errno
import fcntl
import os

from procman.core.plan.questions import address
from procman.errors import SpawnError
from procman.host.descriptors import FIRST_OF_OURS, FIRST_SOCKET
from procman.host.keeper import TELLS
from procman.shortages import reason
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from procman.core.plan.commands import Script

MOST = TELLS - FIRST_SOCKET
"""Those of one child: what is above is a keeper's."""
BACKLOG = 1 << 16
"""More than the system lets wait (net.core.somaxconn in listen(2))."""
HINTS = {
    errno.EADDRINUSE: ": 'ss -ltnp' says by whom. Who has [::] has 0.0.0.0 as well",
    errno.EACCES: ": only root may listen on ports below 1024",
}
TELL_PID = "export LISTEN_PID=$$; "
"""The command takes the place of the shell that says this, so its pid is the same."""


class Listeners:
    """Open sockets, by address `HOST:PORT`."""

    def __init__(self) -> None:
        self._descriptors: dict[str, int] = {}

    def descriptors(self, addresses: Sequence[str]) -> tuple[int, ...]:
        """In the same order. Raises `SpawnError` when one is not to be had; then no other is opened."""
        if len(addresses) > MOST:
            raise SpawnError(f"{len(addresses)} addresses to listen on, and {MOST} is the most", 126)
        opened: dict[str, int] = {}
        try:
            for each in addresses:
                if each not in self._descriptors and each not in opened:
                    opened[each] = listen(each)
        except SpawnError:
            _close(opened.values())
            raise
        self._descriptors |= opened
        return tuple(self._descriptors[each] for each in addresses)

    def keep(self, addresses: Collection[str]) -> None:
        """Close what nobody wants any more."""
        left = self._descriptors.keys() - set(addresses)
        _close([self._descriptors.pop(each) for each in left])


def variables(addresses: Sequence[str]) -> dict[str, str]:
    """What tells a child of its sockets, by their ports as names; its shell adds the pid."""
    names = ":".join(str(address(each)[1]) for each in addresses)
    return {"LISTEN_FDS": str(len(addresses)), "LISTEN_FDNAMES": names}


def with_pid(script: Script) -> Script:
    """Through the shell, whose pid is that of the command."""
    line, *others = script.behind
    return script._replace(behind=(TELL_PID + line, *others), words=())


def listen(where: str) -> int:
    """A socket that is not inherited, out of the way of what children get. Raises `SpawnError`."""
    import socket  # few apps have any

    try:
        host, port = address(where)
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as opened:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(place)
            opened.listen(BACKLOG)
            return fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, FIRST_OF_OURS)
    except socket.gaierror as error:
        raise _refusal(where, str(error.strerror)) from None
    except OSError as error:
        raise _refusal(where, reason(error) + HINTS.get(error.errno or 0, "")) from None
    except ValueError as error:  # no such address, or no such name (IDNA)
        raise _refusal(where, str(error)) from None


def _refusal(where: str, text: str) -> SpawnError:
    return SpawnError(f"cannot listen on {where}: {text}", exit_code=126)


def _close(descriptors: Iterable[int]) -> None:
    for fd in descriptors:
        os.close(fd)
