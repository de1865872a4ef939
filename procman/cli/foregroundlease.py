"""The lease of a task in the foreground, on a store that several hosts share: they see that it lives."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from procman import __version__
from procman.errors import StoreError
from procman.host.heartbeat import EVERY_SECONDS
from procman.host.leases import Leases
from procman.store.postgres.line import Line

if TYPE_CHECKING:
    from procman.host import place


class ForegroundLease:
    """An owner of runs, as `host.owners.Owners` is for a store in a file."""

    def __init__(self, store: place.Store) -> None:
        leases = Leases(__version__, time.time())
        self.owner = leases.owner
        self._line = Line(*store, lambda: leases.instance._replace(running=1))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="procman-lease", daemon=True)

    def hold(self) -> None:
        """Take it. Raises `StoreError`."""
        self._line.renew()

    def keep(self) -> None:
        """Renew it from now on, in a thread: not before the child was forked."""
        self._thread.start()

    def release(self) -> None:
        """Give it back."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._line.close(leave=True)

    def _renew(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            with suppress(StoreError):
                self._line.renew()
                self._line.rung()  # which nobody here listens to
