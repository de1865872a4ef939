"""Sockets on which processes tell how they are: sd_notify(3), the part of who is told.

A process gets a socket of its own in `NOTIFY_SOCKET`, so that it need not be asked who it is. Nobody else can
write to it: it is its user's alone, in a folder where only this user can make anything.
"""

from __future__ import annotations

import _socket  # what `socket` is made of: that takes 3 ms more, for names of constants
import os
import re
from contextlib import suppress

from procman import statefolder
from procman.core.messages import Notified
from procman.errors import ProcmanError, SpawnError
from procman.shortages import reason
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.host.poller import Poller

FOLDER = "notify"
LONGEST_PATH = 103
"""Bytes, the least of all systems: macOS (unix(7) has 107)."""
PRIVATE, ENTERED = 0o600, 0o711
"""Modes: of a socket, and of a folder that other users pass through without seeing what is in it."""
LONGEST = 1 << 16
"""Bytes of one message. A longer one is ignored, as systemd does."""
A_TURN, AT_THE_END = 64, 1024
"""Messages that are read at once: all others have their turn, too, and nobody talks without end."""
KEY = re.compile(r"[A-Z0-9_]+", re.ASCII)
CANNOT_RUN = 126
"""As the shell has it."""


class NotifySockets:
    """One for each process that tells, by name."""

    def __init__(self, folder: str, poller: Poller) -> None:
        """`folder` is the state folder."""
        self._folder = os.path.join(folder, FOLDER)
        self._poller = poller
        self._sockets: dict[str, NotifySocket] = {}
        self._elsewhere = ""
        self._made = 0

    def begin(self, name: str, owner: int | None = None) -> str:
        """A new socket for a process that is about to begin: its address, for `NOTIFY_SOCKET`.

        What is told there comes as `Notified`. `owner` is the user whom the process runs as, if that is
        another one. Raises `SpawnError`.
        """
        self.end(name)
        try:
            path = self._path(name) if owner is None else self._path_elsewhere(ENTERED)
            self._sockets[name] = NotifySocket(name, path, self._poller, owner)
        except OSError as error:
            raise SpawnError(f"no socket for sd_notify: {reason(error)}", CANNOT_RUN) from None
        except ProcmanError as error:
            raise SpawnError(str(error), CANNOT_RUN) from None
        return self._sockets[name].path

    def end(self, name: str) -> list[Notified]:
        """Take the socket away, if there is one; what was told there and has not come yet."""
        found = self._sockets.pop(name, None)
        return found.close() if found else []

    def close(self) -> None:
        """Take all away."""
        for name in [*self._sockets]:
            self.end(name)
        for folder in (self._folder, self._elsewhere):
            with suppress(OSError):  # it is not there, or another procman has sockets in it
                os.rmdir(folder)
        self._elsewhere = ""

    def _path(self, name: str) -> str:
        """Where nobody listens, and which is not too long. Raises `OSError` and `StoreError`."""
        path = os.path.join(self._folder, name)
        if len(os.fsencode(path)) > LONGEST_PATH:
            return self._path_elsewhere()
        statefolder.prepare(os.path.dirname(self._folder))
        statefolder.make_private(self._folder)
        return self._path_elsewhere() if is_heard(path) else path

    def _path_elsewhere(self, mode: int | None = None) -> str:
        """Where paths are short, and those who run as another user may come; a number makes no path long."""
        if not self._elsewhere:
            import tempfile  # slow to import, and few need it

            self._elsewhere = tempfile.mkdtemp(prefix="procman-")
        if mode is not None:
            os.chmod(self._elsewhere, mode)
        self._made += 1
        return os.path.join(self._elsewhere, str(self._made))


class NotifySocket:
    """A socket with a file, in the place of one that a procman left which was killed. Raises `OSError`."""

    def __init__(self, name: str, path: str, poller: Poller, owner: int | None) -> None:
        self.path = path
        self._name = name
        self._poller = poller
        with suppress(FileNotFoundError):
            os.unlink(path)
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind(path)
            os.chmod(path, PRIVATE)
            if owner is not None:
                os.chown(path, owner, -1)
        except BaseException:
            self._socket.close()
            raise
        poller.watch(self._socket.fileno(), self._come)

    def close(self) -> list[Notified]:
        """Take it away; what was told before."""
        left = [*self._read(AT_THE_END)]
        self._poller.unwatch(self._socket.fileno())
        self._socket.close()
        with suppress(OSError):
            os.unlink(self.path)
        return left

    def _come(self) -> Iterator[Notified]:
        yield from self._read(A_TURN)

    def _read(self, most: int) -> Iterator[Notified]:
        """What was told. Descriptors that came with it are closed by the system, as we take none: so
        sd_notify_barrier(3) sees that all before it is read."""
        for _ in range(most):
            try:
                data = self._socket.recv(LONGEST + 1)
            except OSError:  # no more, or closed by what was done about the last
                return
            if len(data) <= LONGEST and (said := assignments(data)):
                yield Notified(self._name, said)


def assignments(data: bytes) -> dict[str, str]:
    """What a message says: lines such as `READY=1`. Of a key that comes twice the last counts; what is no
    assignment is left out."""
    lines = (line.partition("=") for line in data.decode(errors="replace").split("\n"))
    return {key: value for key, equals, value in lines if equals and KEY.fullmatch(key)}


def is_heard(path: str) -> bool:
    """Whether somebody listens at a socket: another procman that runs the same app beside us."""
    asking = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
    try:
        asking.connect(path)
    except OSError:
        return False
    finally:
        asking.close()
    return True
