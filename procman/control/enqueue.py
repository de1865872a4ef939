"""`from procman import enqueue`: the app asks for a run of one of its tasks, now or later.

Imported by apps, so it is light: no YAML, no cron, no tables.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from procman import statefolder
from procman.control import arguments, names
from procman.core.tasks.run import Request, Trigger
from procman.errors import StoreBusyError, UnsafeError, UserError
from procman.host import place, wake
from procman.store.database import ASK_AGAIN_SECONDS
from procman.store.failures import BUSY_SECONDS
from procman.store.open import in_folder
from procman.store.sharing import SHARING

TYPE_CHECKING = False  # as type checkers know it
if TYPE_CHECKING:
    from datetime import datetime

    from procman.control.arguments import Delay, Plain


def enqueue(
    task: str,
    *args: Plain,
    delay: Delay | None = None,
    at: datetime | None = None,
    key: str | None = None,
) -> int:
    """Have a task run as soon as possible, after `delay` (seconds, timedelta, '10m'), or at a datetime.

    `args` are passed to the task's command as separate words; `at` is aware of its zone. With `key` the task
    runs only once for all who ask with that key. Gives the number of the run. It is kept on disk when this
    returns, and begins within 100 ms when procman runs, else when it is started. Safe in threads, greenlets
    and forked processes. While another program has the store locked it waits, 10 s at most.

    The app is the one in the folder `PROCMAN_ROOT`, which procman sets for its children, else in the
    working directory. Raises `TypeError` for arguments that are no plain values, `ValueError` for times
    that are none and tasks that the app does not have, `procman.errors.StoreError` when it cannot be kept.
    """
    call = _Call(task, args, delay, at, key)
    while (number := call.attempt()) is None:
        time.sleep(ASK_AGAIN_SECONDS)
    return number


async def enqueue_async(
    task: str,
    *args: Plain,
    delay: Delay | None = None,
    at: datetime | None = None,
    key: str | None = None,
) -> int:
    """`enqueue` for an asyncio loop, which goes on meanwhile: the disk is waited for in a thread.

    Who is canceled while it waits does not know whether the run was asked for; a `key` makes it safe to ask
    again.
    """
    import asyncio  # who calls this has loaded it

    call = await asyncio.to_thread(_Call, task, args, delay, at, key)
    while (number := await asyncio.to_thread(call.attempt)) is None:
        await asyncio.sleep(ASK_AGAIN_SECONDS)  # in no thread: those of the loop are few
    return number


class _Call:
    """What is asked for. Making it says what is wrong with it."""

    def __init__(
        self, task: str, args: tuple[Plain, ...], delay: Delay | None, at: datetime | None, key: str | None
    ) -> None:
        self._deadline = time.monotonic() + BUSY_SECONDS
        root = os.path.abspath(os.environ.get(place.ROOT) or os.getcwd())
        now = time.time()
        with SHARING.alone():  # a fork in the middle of an import would leave a locked lock in the child
            due = arguments.due(delay, at, now)
            words = tuple(arguments.word(position, value) for position, value in enumerate(args, start=1))
            trigger = Trigger.MANUAL if due == now else Trigger.DELAYED
            self._request = Request(arguments.name(task), words, trigger, due, now, arguments.key(key))
            self._folder = _folder(root)
            names.check(root, self._folder, task, bool(words))
            if words:
                arguments.fit(words)

    def attempt(self) -> int | None:
        """The number of the run, once it is on the disk; None while others have the store locked."""
        path = in_folder(self._folder)
        try:
            with SHARING.store(path, lambda: statefolder.prepare(self._folder)) as store:
                number, _ = store.request(self._request)
                log = store.log()
        except StoreBusyError:
            if time.monotonic() > self._deadline:
                raise
            return None
        log.flush()  # others may have the connection meanwhile, and one flush serves all that wait for it
        with suppress(UnsafeError):  # it is kept all the same, and looked for every 30 s
            wake.ring(self._folder)
        return number


def _folder(root: str) -> str:
    try:
        return place.of(root)
    except UserError as error:
        raise ValueError(f"it is not known where the app keeps its state:\n{error}") from None
