"""The doorbell of an app: a FIFO in its state folder that a running scheduler listens at (fifo(7))."""

from __future__ import annotations

import os
import stat

from procman.statefolder import is_still, open_found

TYPE_CHECKING = False  # as type checkers know it; `enqueue` is imported by apps that want it light
if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.messages import Message
    from procman.host.poller import Poller

NAME = "wake"


def ring(folder: str) -> bool:
    """Wake the scheduler that runs the app of this state folder; False when none listens.

    Raises `UnsafeError` when something else is there than a bell of ours.
    """
    fd = _open(folder)
    if fd is None:
        return False
    try:
        os.write(fd, b"!")
    except OSError:
        pass  # it has been woken often enough, or ends just now; what was asked for is written anyway
    finally:
        os.close(fd)
    return True


def heard(folder: str) -> bool:
    """Whether a scheduler listens. Raises `UnsafeError` as `ring` does."""
    fd = _open(folder)
    if fd is not None:
        os.close(fd)
    return fd is not None


def _open(folder: str) -> int | None:
    try:
        return open_found(os.path.join(folder, NAME), os.O_WRONLY, stat.S_ISFIFO)
    except OSError:  # ENXIO: nobody has the other end open
        return None


class Ear:
    """Turns what rings into `Poked` messages."""

    def __init__(self, folder: str, poller: Poller) -> None:
        self._path = os.path.join(folder, NAME)
        self._poller = poller
        self._fd = -1

    def listen(self) -> None:
        """From now on; again where the bell was removed. Raises `OSError`, and `UnsafeError` when something
        else is there."""
        if self._fd >= 0:
            if is_still(self._path, self._fd):
                return
            self._poller.unwatch(self._fd)
            os.close(self._fd)
            self._fd = -1
        try:
            os.mkfifo(self._path, 0o600)
        except FileExistsError:
            pass  # of another procman on this app, or of one that has ended
        # Opened for writing too, so that it never reads as ended when the last writer leaves.
        self._fd = open_found(self._path, os.O_RDWR, stat.S_ISFIFO)
        self._poller.watch(self._fd, self._rung)

    def _rung(self) -> Iterator[Message]:
        from procman.core.messages import Poked

        try:
            os.read(self._fd, 1 << 16)
        except BlockingIOError:
            return  # another procman on this app was faster
        yield Poked()
