"""The log in a file: when it is large, it becomes the newest of some old ones, and a new one is begun."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

from procman import statefolder
from procman.errors import StoreError

MOST_BYTES = 10_000_000
KEPT = 5
"""Old files: `procman.log.1` is the newest."""
APPENDING = os.O_WRONLY | os.O_APPEND
OUTPUTS = (1, 2)


class Rotation:
    """The file that stdout and stderr are, in a state folder that is ours.

    Called between batches, it begins a new one if that is due, or if somebody else has moved or deleted it.
    What fails leaves all as it is: nothing is lost, and the next batch tries again.
    """

    def __init__(self, path: str, most: int = MOST_BYTES, kept: int = KEPT) -> None:
        self._path = path
        self._most = most
        self._kept = kept

    def begin(self) -> None:
        """Write there from now on. Raises `OSError`, and `StoreError` when the file is not safe."""
        fd = statefolder.open_file(self._path, APPENDING)
        for output in OUTPUTS:
            os.dup2(fd, output)
        os.close(fd)

    def __call__(self) -> None:
        with suppress(OSError, StoreError):  # in the thread that writes: the log goes on where it is
            if self._is_ours() and self._is_small():
                return
            folder = os.open(os.path.dirname(self._path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)  # another procman may have the same log
                if self._is_ours() and not self._is_small():
                    self._move()
                self.begin()
            finally:
                os.close(folder)

    def _is_ours(self) -> bool:
        return statefolder.is_still(self._path, OUTPUTS[0])

    def _is_small(self) -> bool:
        return os.fstat(OUTPUTS[0]).st_size < self._most

    def _move(self) -> None:
        """What is in the way of an old one stays, and that one is let go: only the newest needs a place."""
        olds = [f"{self._path}.{number}" for number in range(1, self._kept + 1)]
        for older, newer in reversed([*zip(olds[1:], olds, strict=False)]):
            with suppress(OSError):
                os.replace(newer, older)
        os.replace(self._path, olds[0])
