"""The limit of open files: ours may grow, that of our children stays as the user has set it."""

from __future__ import annotations

import os
import resource
from contextlib import contextmanager

from procman.errors import SpawnError
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 1 << 16
"""Enough for as many children, and little enough for libraries that loop over all descriptors."""


class OpenFiles:
    """RLIMIT_NOFILE (getrlimit(2)): a soft limit of 1,024 is too few for a thousand runs at once.

    Children get the old one, since programs that use select(2) rely on it, or what procman.yml says.
    """

    def __init__(self) -> None:
        self._soft, self._hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._raised = self._soft
        self._slot = -1

    def extend(self) -> None:
        """Let this process have more files open, as far as it may; again is the same."""
        wanted = MOST if self._hard == resource.RLIM_INFINITY else min(MOST, self._hard)
        if self._soft != resource.RLIM_INFINITY and wanted > self._soft and self._slot < 0:
            self._set(wanted)
            self._raised = wanted
            self._slot = os.open(os.devnull, os.O_RDWR)

    @contextmanager
    def of_children(self, wanted: int | None = None) -> Iterator[None]:
        """The limit as it was found, or as it is wanted, while a child is started, which inherits it.

        Raises `SpawnError` for more than may be had.
        """
        if wanted is None and self._raised == self._soft:
            yield
            return
        self._allow(self._soft if wanted is None else wanted)
        try:
            yield
        finally:
            self._set(self._raised)

    @contextmanager
    def below_limit(self, fd: int) -> Iterator[int]:
        """The same file under a number that children may have: posix_spawn(3) takes no other."""
        if fd < self._soft:
            yield fd
            return
        os.dup2(fd, self._slot, inheritable=False)
        try:
            yield self._slot
        finally:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, self._slot, inheritable=False)
            os.close(null)

    def _allow(self, soft: int) -> None:
        """Beyond the hard limit only root may go (CAP_SYS_RESOURCE), and nobody beyond fs.nr_open."""
        beyond = soft > self._hard != resource.RLIM_INFINITY and soft != resource.RLIM_INFINITY
        try:
            self._set(soft, soft if beyond else self._hard)
        except (ValueError, OSError):
            raise SpawnError(
                f"'nofile: {soft}' is not to be had: the hard limit is {self._hard} ('ulimit -Hn'), and"
                " procman may not raise it",
                exit_code=126,
            ) from None

    def _set(self, soft: int, hard: int | None = None) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, self._hard if hard is None else hard))


OPEN_FILES = OpenFiles()
"""Limits belong to the process, so there is one of these."""
