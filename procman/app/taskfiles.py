"""`procman.yml` on disk: read once, whoever asks."""

from __future__ import annotations

import os
from functools import cache

from procman.app import foreman, lookalikes
from procman.errors import Problem, UserError
from procman.shortages import reason
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from procman.core.config.taskfile import TaskFile

FILE = "procman.yml"


def path_in(root: str) -> str | None:
    """The path of the app's file, as people call it; None when there is none."""
    path = os.path.join(root, FILE)
    return os.path.relpath(path) if os.path.exists(path) else None


def misnamed(root: str) -> Iterator[str]:
    """A sentence about each file that was probably meant to be procman.yml, where there is none."""
    path = os.path.join(root, FILE)
    if not os.path.exists(path):
        for name in lookalikes.same(path):
            yield f"{os.path.relpath(os.path.join(root, name))} is not read: rename it to {FILE}"


def read(path: str, with_schedules: bool) -> TaskFile:
    """What the file says. Raises `UserError` with all its mistakes.

    Without schedules it is read faster: what a task that is run by hand need not wait for.
    """
    return _read(os.path.abspath(path), path, with_schedules)


def forget() -> None:
    """Read it anew the next time."""
    _read.cache_clear()


@cache
def _read(_place: str, path: str, with_schedules: bool) -> TaskFile:
    from procman.core.config import taskfile

    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise UserError([Problem(path, None, f"cannot be read: {reason(error)}")]) from None
    return taskfile.parse(data, path, _system_zone() if with_schedules else None)


def of(root: str, with_schedules: bool) -> TaskFile | None:
    """What the app's file says, None where there is none. Raises `UserError`."""
    path = path_in(root)
    return read(path, with_schedules) if path else None


def zone(root: str) -> tzinfo:
    """The zone in which times of this app are read and shown: that of its file, else the system's.

    Whoever wants to see what was must not be kept from it by mistakes in either: then it is an `Unknown`
    one, which shows UTC. Times that are read in it are errors.
    """
    path = path_in(root)
    try:
        named = read(path, with_schedules=False).timezone if path else None
    except UserError:
        from procman.core.schedule.zones import Unknown

        return Unknown(f"that of {path} cannot be told, as the file has mistakes: 'procman check' tells them")
    return named or _system_zone()


def start_options(path: str, with_schedules: bool) -> tuple[dict[str, str], dict[str, int]]:
    """The default options of `start` as they would be typed, and their lines; paths as seen from here.

    Nothing when the file has mistakes: whoever needs its tasks will tell them, with those of other files.
    """
    try:
        file = read(path, with_schedules)
    except UserError:
        return {}, {}
    folder = os.path.dirname(path)
    texts = {name: foreman.from_folder(folder, name, text) for name, text in file.start.items()}
    return texts, file.start_lines


def _system_zone() -> tzinfo:
    from procman.host.clock import system_zone  # 1 ms that a Procfile without tasks need not wait for

    return system_zone()
