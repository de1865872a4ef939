"""`from procman import enqueue`: the app asks for a run of one of its tasks, now or later.

Imported by apps, so it is light: no YAML, no cron, no tables.
"""

from __future__ import annotations

import os
import threading
import time

from procman.core.tasks.run import Request, Trigger
from procman.errors import StoreError
from procman.host import wake
from procman.host.lock import FOLDER, make_folder
from procman.shortages import reason
from procman.store.open import in_folder, open_store

TYPE_CHECKING = False  # as type checkers know it
if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from procman.store.sqlite import SqliteStore

    Plain = str | int | float

ROOT = "PROCMAN_ROOT"
TASKS = "procman.yml"
FIRST_YEAR, LAST_YEAR = 1971, 9000


class _Stores(threading.local):
    """One open store a thread and process: neither threads nor forks may share a connection of SQLite."""

    def __init__(self) -> None:
        self.opened: dict[tuple[int, str], SqliteStore] = {}

    def of(self, folder: str) -> SqliteStore:
        key = os.getpid(), folder
        if key not in self.opened:
            try:
                make_folder(folder)
            except OSError as error:
                raise StoreError(f"{folder} cannot be made: {reason(error)}") from error
            self.opened[key] = open_store(in_folder(folder), durable=True)
        return self.opened[key]


_stores = _Stores()


def enqueue(
    task: str,
    *args: Plain,
    delay: timedelta | float | None = None,
    at: datetime | None = None,
    key: str | None = None,
) -> int:
    """Have a task run as soon as possible, after `delay` (seconds or timedelta), or at an aware datetime.

    `args` are passed to the task's command as separate words. With `key` the task runs only once for all
    who ask with that key. Gives the number of the run. It is kept on disk when this returns, and begins
    within 100 ms when procman runs, else when it is started. Safe in threads and forked processes.

    The app is the one in the folder `PROCMAN_ROOT`, which procman sets for its children, else in the
    working directory. Raises `TypeError` for arguments that are no plain values, `ValueError` for times
    that are none and tasks that the app does not have, `procman.errors.StoreError` when it cannot be kept.
    """
    root = os.environ.get(ROOT) or os.getcwd()
    now = time.time()
    due = _due(delay, at, now)
    words = tuple(_word(position, value) for position, value in enumerate(args, start=1))
    _check(root, task)
    trigger = Trigger.MANUAL if due == now else Trigger.DELAYED
    folder = os.path.join(root, FOLDER)
    number, _ = _stores.of(folder).request(Request(task, words, trigger, due, now, key))
    wake.ring(folder)
    return number


def _due(delay: timedelta | float | None, at: datetime | None, now: float) -> float:
    if delay is not None and at is not None:
        raise ValueError("give either delay or at, not both")
    if at is not None:
        if at.tzinfo is None:
            raise ValueError(f"at={at!r} has no time zone: make it aware, as with datetime.now(UTC)")
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise ValueError(f"at={at!r} is not a time that any clock will show")
        return at.timestamp()
    if delay is None:
        return now
    seconds = delay if isinstance(delay, int | float) else delay.total_seconds()
    if not 0 <= seconds < 1e11:
        raise ValueError(f"delay={delay!r} is not a time from now on")
    return now + seconds


def _word(position: int, value: Plain) -> str:
    """A plain value as the command gets it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        kind = type(value).__name__
        raise TypeError(
            f"argument {position} is a {kind}: a command takes str, int and float; pass a number or a"
            " name by which the task finds it again"
        )
    word = str(value)
    try:
        encoded = word.encode(errors="surrogateescape")  # as procman will pass it on, whatever the locale
    except UnicodeEncodeError:
        raise ValueError(f"argument {position} has signs that no command can be given: {word!r}") from None
    if b"\0" in encoded:
        raise ValueError(f"argument {position} has a NUL byte, which no command can be given")
    return word


def _check(root: str, task: str) -> None:
    """A name that procman.yml does not even mention is a mistake; reading all of it would take too long."""
    if not isinstance(task, str):
        raise TypeError(f"a task is named by a str, not by a {type(task).__name__}")
    path = os.path.join(root, TASKS)
    try:
        with open(path, "rb") as file:
            known = task.encode() in file.read()
    except FileNotFoundError:
        raise ValueError(f"no app with tasks in {root}: set {ROOT}, or run where {TASKS} is") from None
    if not known:
        raise ValueError(f"no task '{task}' in {path}")
