"""procman has one poller as long as it runs; tests make many, in one process."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from procman.host.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


def closed_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All that are made meanwhile; what they watch is their owners' to close."""
    made: list[Poller] = []
    begin = Poller.__init__

    def noted(self: Poller) -> None:
        begin(self)
        made.append(self)

    monkeypatch.setattr(Poller, "__init__", noted)
    yield
    if made:
        signal.set_wakeup_fd(-1)
    for each in made:
        each._selector.close()
        os.close(each._wake_read)
        os.close(each._wake_write)
