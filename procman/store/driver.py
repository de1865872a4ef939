"""The driver for stores on servers, loaded by apps: a fork in the middle of an import would harm the child.

It would find the module locked for ever. So nobody forks meanwhile.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager

from procman.store.database import ASK_AGAIN_SECONDS
from procman.store.open import with_driver
from procman.store.sharing import SHARING

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.store.postgres.sharing import Sharing


def load() -> Sharing:
    """The connections of this process to servers. Raises `RefusedError` where there is no driver."""
    if "procman.store.postgres.sharing" not in sys.modules:
        with _alone():
            with_driver()
    with SHARING.alone():
        from procman.store.postgres import sharing

        return sharing.SHARING


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody forks, and `logging`, which the driver asks for, is not locked by one who is about to.

    Python locks that for a fork. Who has it waits for us then, and must not be waited for.
    """
    with SHARING.alone():
        import logging

        lock = vars(logging)["_lock"]
    while True:
        with SHARING.alone():
            if lock.acquire(blocking=False):
                try:
                    yield
                finally:
                    lock.release()
                return
        time.sleep(ASK_AGAIN_SECONDS)
