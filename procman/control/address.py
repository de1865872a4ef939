"""Where the control socket is. A path for one may have 107 bytes at most (unix(7)): a longer one is reached
through a descriptor of its folder."""

from __future__ import annotations

import os
from contextlib import contextmanager

from procman.host.place import SOCKET
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 103
"""The least of all systems: macOS."""


@contextmanager
def of(folder: str) -> Iterator[str]:
    """A path of the socket in this folder that is short enough. Raises `OSError`."""
    path = os.path.join(folder, SOCKET)
    if len(os.fsencode(path)) <= LONGEST:
        yield path
        return
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{fd}/{SOCKET}"
    finally:
        os.close(fd)
