"""The pid file in the app's state folder, which says who runs the app."""

from __future__ import annotations

import fcntl
import os
import time

from procman import statefolder

PID_FILE = "procman.pid"


class PidFile:
    """Held while procman runs: locked, so that one a killed procman left is known to be stale."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._path = os.path.join(folder, PID_FILE)
        self._fd = -1

    def acquire(self, pid: int) -> int | None:
        """Write the pid and keep the lock; the pid of the procman that has it, if another does.

        A stale file is replaced; who has it already keeps it, unless it was removed. Raises `OSError` when
        the folder cannot be written, and `StoreError` when it is not safe.
        """
        if self._fd >= 0 and statefolder.is_still(self._path, self._fd):
            return None
        self._let_go()
        statefolder.prepare(self._folder)
        fd = statefolder.open_file(self._path)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.read(fd, 32)
            os.close(fd)
            return int(other) if other.strip().isdigit() else 0
        if not statefolder.is_still(self._path, fd):  # its holder removed it between our open and our lock
            os.close(fd)
            return self.acquire(pid)
        self._fd = fd  # ours from here on, and to be removed, though a full disk may not take the pid
        os.ftruncate(fd, 0)
        os.write(fd, b"%d\n" % pid)
        return None

    @property
    def holder(self) -> int | None:
        """The pid of the procman that has it, if one does. Nothing is made or changed."""
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.read(fd, 32)
            return int(text) if text.strip().isdigit() else 0
        finally:
            os.close(fd)
        return None

    @property
    def since(self) -> str:
        """When it was written, in local time for people; nothing when that cannot be told."""
        try:
            then = time.localtime(os.stat(self._path).st_mtime)
        except OSError:
            return ""
        today = then[:3] == time.localtime()[:3]
        return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)

    def release(self) -> None:
        """Remove the file, if it is ours. Raises `OSError` when it has to stay; it is stale then."""
        try:
            # The folder may be cleaned, or made anew by another.
            if self._fd >= 0 and statefolder.is_still(self._path, self._fd):
                os.unlink(self._path)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
