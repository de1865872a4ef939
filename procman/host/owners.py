"""Who has a run, and whether that one still lives: each owner holds a lock in `.procman/owners/`.

The system gives a lock back when its holder dies, in whatever way. It can be asked for by everybody who has
the folder, also from another container, where the holder's pid means nothing.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import closing, suppress

from procman import statefolder
from procman.errors import StoreError, UnsafeError
from procman.host import identity

OWNERS = "owners"


class Owners:
    """This process as an owner, and the others. `folder` is the app's state folder."""

    def __init__(self, folder: str) -> None:
        self._folder = os.path.join(folder, OWNERS)
        self.owner = identity.own()
        self._path = os.path.join(self._folder, self.owner)
        self._fd = -1

    def hold(self) -> None:
        """Be known to live. Again is the same, unless the folder was made anew meanwhile.

        Where that is not possible (the disk is full, there are no locks), those in our PID namespace see our
        pid; the next call tries again.
        """
        if self._fd >= 0 and statefolder.is_still(self._path, self._fd):
            return
        self._let_go()
        with suppress(OSError, StoreError):
            statefolder.make_private(self._folder)
            self._tidy()
            while not self._lock():
                pass

    def keep(self) -> None:
        """The system keeps the lock."""

    def release(self) -> None:
        """We have no run any more."""
        with suppress(OSError):
            if self._fd >= 0 and statefolder.is_still(self._path, self._fd):
                os.unlink(self._path)
        self._let_go()

    def identity(self, pid: int) -> str | None:
        """The lasting name of a child."""
        return identity.identity(pid)

    def owner_lives(self, owner: str) -> bool:
        """Whether a procman that had runs still lives; that which cannot be told is taken for alive."""
        if owner == self.owner:
            return True
        locked = self._is_locked(owner) if _is_name(owner) else None
        if locked is None:
            locked = identity.lives(owner)  # None: in another namespace, and its folder was removed
        return bool(locked)

    def child_lives(self, name: str | None, owner: str) -> bool | None:
        """Whether the child of a run lives; None when that cannot be seen from here.

        A run whose child was not written down before its owner died may have one.
        """
        if name is not None:
            return identity.lives(name)
        return False if identity.of_another_boot(owner) else None

    def _is_locked(self, owner: str) -> bool | None:
        """None without a file. One that nobody holds is removed: its owner will never come back."""
        path = os.path.join(self._folder, owner)
        try:
            fd = statefolder.open_found(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        except (OSError, UnsafeError):
            return True
        with closing(os.fdopen(fd)):
            try:
                fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:  # no locks here
                return None
            with suppress(OSError):
                os.unlink(path)
        return False

    def _lock(self) -> bool:
        """False when somebody took the file for that of a dead one, between our open and our lock."""
        fd = statefolder.open_file(self._path)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)  # who asks has it for a moment only
        except OSError:
            os.close(fd)
            os.unlink(self._path)
            raise
        self._fd = fd
        if not statefolder.is_still(self._path, fd):
            self._let_go()
        return self._fd >= 0

    def _tidy(self) -> None:
        """Remove what killed owners left."""
        for owner in os.listdir(self._folder):
            if owner != self.owner:
                self._is_locked(owner)

    def _let_go(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


def _is_name(owner: str) -> bool:
    """Whether it is the name of a file here; older procmans had none."""
    return owner.count(":") == identity.FIELDS - 1 and "/" not in owner
