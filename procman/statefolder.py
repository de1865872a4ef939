"""The app's state folder, mostly `.procman/`: nobody else has a hand in it, what is opened there is ours.

Who could put a symlink there could have procman overwrite any file of its user.
"""

from __future__ import annotations

import os
import stat

from procman.errors import StoreError, UnsafeError
from procman.shortages import reason

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Callable

NAME = ".procman"
PRIVATE, OTHERS, OTHERS_WRITE = 0o700, 0o077, 0o022
"""Modes: of the folder, and what others must not have."""
ELSEWHERE = "or keep the state elsewhere ('state_dir' in procman.yml, or PROCMAN_STATE)"


def prepare(folder: str) -> None:
    """Make the state folder, for its owner's eyes only and not for git's, or see that it is safe.

    Raises `StoreError`.
    """
    try:
        if not os.path.lexists(folder):
            os.makedirs(os.path.dirname(folder), exist_ok=True)
        if make_private(folder):
            with open(os.path.join(folder, ".gitignore"), "x") as ignore:
                ignore.write("*\n")
    except FileNotFoundError as error:
        raise StoreError(f"{folder} leads to a folder that is not there: make it, {ELSEWHERE}") from error
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {reason(error)}") from error


def make_private(folder: str) -> bool:
    """Make a folder for us alone, or see that the one that is there is safe; True when it is new.

    Raises `OSError`, and `StoreError` when something else is there.
    """
    try:
        os.mkdir(folder, PRIVATE)
        return True
    except FileExistsError:
        link, found = os.lstat(folder), os.stat(folder)
    if stat.S_ISLNK(link.st_mode) and link.st_uid not in (os.geteuid(), 0):
        raise UnsafeError(f"{folder} is a symlink of {_owner(link)}: remove it, {ELSEWHERE}")
    if not stat.S_ISDIR(found.st_mode):
        raise StoreError(f"{folder} is not a folder: move it away, {ELSEWHERE}")
    if found.st_uid != os.geteuid():
        raise UnsafeError(f"{folder} belongs to {_owner(found)}: run procman as that user, {ELSEWHERE}")
    if found.st_mode & OTHERS_WRITE:
        what = f"see that nothing strange is in it, then 'chmod 700 {folder}'"
        raise UnsafeError(f"{folder} can be written by other users: {what}, {ELSEWHERE}")
    if found.st_mode & OTHERS:
        os.chmod(folder, stat.S_IMODE(found.st_mode) & ~OTHERS)
    return False


def open_file(path: str, flags: int = os.O_RDWR) -> int:
    """A descriptor of a file in the folder; a new one is for its owner's eyes only.

    Raises `OSError`, and `UnsafeError` when something else is there than a file of ours.
    """
    while True:
        try:
            return open_found(path, flags)
        except FileNotFoundError:
            try:
                return open_new(path, flags)
            except FileExistsError:
                pass  # somebody else was faster


def open_new(path: str, flags: int) -> int:
    """A descriptor of a file that is not there yet. Raises `OSError`."""
    return os.open(path, flags | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def open_found(path: str, flags: int, is_kind: Callable[[int], bool] = stat.S_ISREG) -> int:
    """A descriptor of what is there already. Raises as `open_file` does."""
    try:
        fd = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        check(path)  # ELOOP: a symlink
        raise
    try:
        _check(os.fstat(fd), path, is_kind)
    except UnsafeError:
        os.close(fd)
        raise
    return fd


def check(path: str) -> None:
    """See that what is there, if anything, is a file of ours: for a library that opens it by its name.

    Raises `UnsafeError`, and `OSError` when that cannot be seen.
    """
    try:
        _check(os.lstat(path), path, lambda mode: not stat.S_ISLNK(mode))
    except FileNotFoundError:
        pass


def is_still(path: str, fd: int) -> bool:
    """Whether the open file is the one that has this path now."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(fd))
    except (FileNotFoundError, NotADirectoryError):
        return False


def _check(found: os.stat_result, path: str, is_kind: Callable[[int], bool]) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise UnsafeError(f"{path} is a symlink, which procman does not follow: remove it")
    if found.st_uid != os.geteuid():
        raise UnsafeError(f"{path} belongs to {_owner(found)}: give it to the user who runs procman")
    if not is_kind(found.st_mode):
        raise UnsafeError(f"{path} is not what procman makes there: remove it")


def _owner(found: os.stat_result) -> str:
    return f"another user (number {found.st_uid})"
