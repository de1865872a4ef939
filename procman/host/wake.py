"""The doorbell of an app: a FIFO in `.procman/` that a running scheduler listens at (fifo(7))."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as type checkers know it; `enqueue` is imported by apps that want it light
if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.messages import Message
    from procman.host.poller import Poller

NAME = "wake"


def ring(folder: str) -> bool:
    """Wake the scheduler that runs the app of this state folder; False when none does."""
    try:
        fd = os.open(os.path.join(folder, NAME), os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # ENXIO: nobody has the other end open
        return False
    try:
        os.write(fd, b"!")
    except OSError:
        pass  # it has been woken often enough, or ends just now; what was asked for is written anyway
    finally:
        os.close(fd)
    return True


def listen(folder: str, poller: Poller) -> None:
    """Turn what rings into `Poked` messages from now on. Raises `OSError`."""
    from procman.core.messages import Poked

    path = os.path.join(folder, NAME)
    try:
        os.mkfifo(path, 0o600)
    except FileExistsError:
        pass  # of another procman on this app, or of one that has ended
    # Opened for writing too, so that it never reads as ended when the last writer leaves.
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def rung() -> Iterator[Message]:
        try:
            os.read(fd, 1 << 16)
        except BlockingIOError:
            return  # another procman on this app was faster
        yield Poked()

    poller.watch(fd, rung)


def heard(folder: str) -> bool:
    """Whether a scheduler listens."""
    try:
        os.close(os.open(os.path.join(folder, NAME), os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
