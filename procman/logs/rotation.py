"""The log in a file: when it is large, it becomes the newest of some old ones, and a new one is begun."""

from __future__ import annotations

import os
from contextlib import suppress

from procman import statefolder

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
        with suppress(Exception):  # in the thread that writes: the log goes on where it is
            if statefolder.is_still(self._path, OUTPUTS[0]):
                if os.fstat(OUTPUTS[0]).st_size < self._most:
                    return
                self._move()
            self.begin()

    def _move(self) -> None:
        names = [self._path, *(f"{self._path}.{number}" for number in range(1, self._kept + 1))]
        for older, newer in reversed([*zip(names[1:], names, strict=False)]):
            with suppress(FileNotFoundError):
                os.replace(newer, older)
