"""Writes the changes of a folder: either all of them, or none."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from procman.errors import Problem, UserError
from procman.shortages import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.export.folder import Change

NEW, OLD = ".procman-new", ".procman-old"
"""Endings of the files beside each: what it will be, and what it was."""


def write(changes: Sequence[Change], folder: str) -> None:
    """Make the changes. Raises `UserError` when one cannot be made, and then the others are taken back."""
    undo: list[Callable[[], None]] = []
    done: list[Callable[[], None]] = []
    current = folder
    try:
        _make(folder, undo)
        for change in changes:
            current = change.path
            _stage(change, undo, done)
        for change in changes:
            current = change.path
            _carry_out(change, undo)
    except BaseException as error:
        for act in reversed(undo):
            with suppress(OSError):
                act()
        if not isinstance(error, OSError):  # Ctrl-C
            raise
        text = f"cannot be written: {reason(error)}. Nothing was changed"
        raise UserError([Problem(current, None, text)]) from None
    for act in done:
        with suppress(OSError):
            act()
    _without_empty_folders(changes, folder)


def _make(folder: str, undo: list[Callable[[], None]]) -> None:
    """Make a folder and those above it."""
    if not os.path.isdir(folder):
        if above := os.path.dirname(folder):
            _make(above, undo)
        os.mkdir(folder)
        undo.append(lambda: os.rmdir(folder))


def _stage(change: Change, undo: list[Callable[[], None]], done: list[Callable[[], None]]) -> None:
    """Have both states of a file beside it: what is scarce or forbidden shows now."""
    new, old = change.path + NEW, change.path + OLD
    if change.after is not None:
        _make(os.path.dirname(change.path), undo)
        _remove_leftover(new)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        undo.append(lambda: _remove_leftover(new))
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, change.mode)
            file.write(change.after.encode("utf-8", "surrogateescape"))
            file.flush()
            os.fsync(descriptor)
    if change.before is not None:
        _remove_leftover(old)
        undo.append(lambda: _remove_leftover(old))
        done.append(lambda: _remove_leftover(old))
        _copy(change.path, old)


def _copy(path: str, copy: str) -> None:
    """A copy that nobody sees who may not see the file."""
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    shutil.copyfile(path, copy)
    shutil.copymode(path, copy)
    status = os.stat(path)
    with suppress(PermissionError):
        os.chown(copy, status.st_uid, status.st_gid)


def _carry_out(change: Change, undo: list[Callable[[], None]]) -> None:
    new, old = change.path + NEW, change.path + OLD
    if change.after is None:
        os.unlink(change.path)
    else:
        os.replace(new, change.path)
    if change.before is None:
        undo.append(lambda: os.unlink(change.path))
    else:
        undo.append(lambda: os.replace(old, change.path))


def _remove_leftover(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _without_empty_folders(changes: Sequence[Change], root: str) -> None:
    """Remove folders that have lost their last file; not those in which others keep something."""
    folders = {os.path.dirname(change.path) for change in changes if change.after is None} - {root}
    for folder in sorted(folders, key=len, reverse=True):
        with suppress(OSError):
            os.rmdir(folder)
