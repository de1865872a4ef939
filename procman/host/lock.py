"""`.procman/`, the app's state folder, and the pid file in it that says who runs the app."""

from __future__ import annotations

import fcntl
import os

FOLDER = ".procman"
PID_FILE = "procman.pid"
"""The store of runs, where the app has tasks."""


class PidFile:
    """Held while procman runs: locked, so that one a killed procman left is known to be stale."""

    def __init__(self, root: str) -> None:
        self._folder = os.path.join(root, FOLDER)
        self._path = os.path.join(self._folder, PID_FILE)
        self._fd = -1

    def acquire(self, pid: int) -> int | None:
        """Write the pid and keep the lock; the pid of the procman that has it, if another does.

        A stale file is replaced. Raises `OSError` when the folder cannot be written.
        """
        make_folder(self._folder)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = os.read(fd, 32)
            os.close(fd)
            return int(other) if other.strip().isdigit() else 0
        if not _is_file(self._path, fd):  # its holder removed it between our open and our lock
            os.close(fd)
            return self.acquire(pid)
        self._fd = fd  # ours from here on, and to be removed, though a full disk may not take the pid
        os.ftruncate(fd, 0)
        os.write(fd, b"%d\n" % pid)
        return None

    def release(self) -> None:
        """Remove the file, if it is ours. Raises `OSError` when it has to stay; it is stale then."""
        fd, self._fd = self._fd, -1
        try:
            if fd >= 0 and _is_file(self._path, fd):  # the folder may be cleaned, or made anew by another
                os.unlink(self._path)
        finally:
            if fd >= 0:
                os.close(fd)


def _is_file(path: str, fd: int) -> bool:
    """Whether the open file is the one that has this path now."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(fd))
    except (FileNotFoundError, NotADirectoryError):
        return False


def make_folder(folder: str) -> None:
    """The state folder, for its owner's eyes only, and not for git's. Raises `OSError`."""
    if not os.path.isdir(folder):
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:  # somebody else was faster, and it is a folder after all
            if os.path.isdir(folder):
                return
            raise
        with open(os.path.join(folder, ".gitignore"), "w") as ignore:
            ignore.write("*\n")
