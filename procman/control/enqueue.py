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
from procman.store.open import file_of, is_on_server
from procman.store.sharing import SHARING

TYPE_CHECKING = False  # as type checkers know it
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from procman.control.arguments import Delay, Plain
    from procman.control.joining import Joining
    from procman.store.postgres.sharing import Sharing


def enqueue(
    task: str,
    *args: Plain,
    delay: Delay | None = None,
    at: datetime | None = None,
    key: str | None = None,
    connection: Any = None,
) -> int:
    """Have a task run as soon as possible, after `delay` (seconds, timedelta, '10m'), or at a datetime.

    `args` are passed to the task's command as separate words; `at` is aware of its zone. With `key` the task
    runs only once for all who ask with that key. Gives the number of the run. It is kept on disk when this
    returns, and begins within 100 ms when procman runs, else when it is started. Safe in threads, greenlets
    and forked processes. While another program has the store locked it waits, 10 s at most.

    With `connection` it is written in the transaction of that, which stays open: without a commit there is
    no run. That is a connection of psycopg, psycopg2 or sqlite3, a connection or session of SQLAlchemy, or
    `django.db.connection`, to the database that is the store.

    The app is the one in the folder `PROCMAN_ROOT`, which procman sets for its children, else in the
    working directory. Raises `TypeError` for arguments that are no plain values, `ValueError` for times
    that are none and tasks that the app does not have, `procman.errors.StoreError` when it cannot be kept.
    """
    call = _Call(task, args, delay, at, key)
    if connection is not None:
        return call.joining().write(connection)
    while (number := call.attempt()) is None:
        time.sleep(ASK_AGAIN_SECONDS)
    return number


async def enqueue_async(
    task: str,
    *args: Plain,
    delay: Delay | None = None,
    at: datetime | None = None,
    key: str | None = None,
    connection: Any = None,
) -> int:
    """`enqueue` for an asyncio loop, which goes on meanwhile: the disk is waited for in a thread.

    Who is canceled while it waits does not know whether the run was asked for; a `key` makes it safe to ask
    again. `connection` may also be an asynchronous one of psycopg, or one or a session of SQLAlchemy.
    """
    import asyncio  # who calls this has loaded it

    call = await asyncio.to_thread(_Call, task, args, delay, at, key)
    if connection is not None:
        return await (await asyncio.to_thread(call.joining)).write_async(connection)
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
            self._folder, self._store = _places(root)
            names.check(root, self._folder, task, bool(words))
            if words:
                arguments.fit(words)
        self._server = _server() if is_on_server(self._store.where) else None

    def joining(self) -> Joining:
        """What writes it in a transaction of the app."""
        with SHARING.alone():
            from procman.control.joining import Joining  # few apps want it

        joining = Joining(self._request, self._folder, self._store)
        joining.prepare()
        return joining

    def attempt(self) -> int | None:
        """The number of the run, once it is on the disk; None while others have the store locked."""
        if self._server:
            return self._server.request(*self._store, self._request)
        try:
            path = file_of(self._store.where)
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


def _places(root: str) -> tuple[str, place.Store]:
    """The folder of the app's state, and its store."""
    try:
        return place.of(root), place.store(root)
    except UserError as error:
        raise ValueError(f"it is not known where the app keeps its state:\n{error}") from None


def _server() -> Sharing:
    with SHARING.alone():
        from procman.store import driver  # few apps have a server

    return driver.load()
