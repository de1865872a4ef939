"""The thread that renews a lease, and hears those who ring: with a line that a test has in its hand."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections import deque
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from procman.core.messages import Poked, WorkDone
from procman.core.tasks.instance import Renewal
from procman.errors import StoreError
from procman.host import heartbeat
from procman.host.heartbeat import Heartbeat
from procman.host.poller import Poller
from tests.end_to_end.output import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.core.messages import Message


class FakeLine:
    """`rings` is how often somebody has rung unheard."""

    def __init__(self) -> None:
        self.read_end, self._write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        self.descriptor = self.read_end
        self.rings = 0
        self.broken = threading.Event()
        self.stuck = threading.Event()
        self.stuck.set()
        self.renewals: deque[str] = deque()
        self.left: list[bool] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def renew(self) -> Renewal:
        sent = time.monotonic()
        self.renewals.append(threading.current_thread().name)
        self.meanwhile()
        self.stuck.wait(PATIENCE)
        if self.broken.is_set():
            raise StoreError("postgresql: the server cannot be reached")
        return Renewal(sent, 0.25)

    def fileno(self) -> int:
        return self.descriptor

    def rung(self) -> bool:
        with suppress(BlockingIOError):
            os.read(self.read_end, 100)
        if self.broken.is_set():
            raise StoreError("postgresql: the connection is lost")
        rings, self.rings = self.rings, 0
        return rings > 0

    def close(self, leave: bool) -> None:
        self.left.append(leave)

    def end(self) -> None:
        os.close(self.read_end)
        os.close(self._write_end)

    def ring(self) -> None:
        self.rings += 1
        os.write(self._write_end, b"!")

    def ring_quietly(self) -> None:
        """Nothing is left to read: it came with the answer to something else."""
        self.rings += 1


class Beating:
    """A heartbeat with its line, and what comes of it in the one wait."""

    def __init__(self) -> None:
        self.line = FakeLine()
        self.poller = Poller()
        self.news: list[Renewal] = []
        self.pokes = 0
        self.heartbeat = Heartbeat(self.line, self.poller, self.news.append)

    def look(self) -> None:
        for message in self.poller.wait(0.01):
            self._take(message)

    def _take(self, message: Message) -> None:
        if isinstance(message, WorkDone):
            message.then(message.result)
        self.pokes += isinstance(message, Poked)

    def until(self, renewals: int = 0, pokes: int = 0) -> None:
        def there() -> bool:
            self.look()
            return len(self.news) >= renewals and self.pokes >= pokes

        wait_until(there)


@pytest.fixture
def beating(monkeypatch: pytest.MonkeyPatch) -> Iterator[Beating]:
    """One that renews every half minute or so, and after what failed at once."""
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 30.0)
    monkeypatch.setattr(heartbeat, "AGAIN_SECONDS", 0.01)
    made = Beating()
    yield made
    made.line.stuck.set()
    made.heartbeat.close(PATIENCE)
    made.line.end()


def test_a_renewal_is_told_with_the_time_at_which_it_was_sent(beating: Beating) -> None:
    beating.until(renewals=1)
    beating.line.stuck.clear()
    beating.line.broken.set()
    beating.line.ring()
    wait_until(lambda: len(beating.line.renewals) > 1)
    answered = time.monotonic()
    beating.line.broken.clear()
    beating.line.stuck.set()
    beating.until(renewals=2)
    assert beating.news[-1].sent < answered
    assert beating.news[-1].ahead == 0.25
    assert {*beating.line.renewals} == {"procman-lease"}


def test_it_is_renewed_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.02)
    beating = Beating()
    beating.until(renewals=5)
    sent = [each.sent for each in beating.news]
    assert all(later - at >= 0.02 * (1 - heartbeat.JITTER) for at, later in pairwise(sent))
    beating.heartbeat.close(PATIENCE)


def test_a_ring_wakes(beating: Beating) -> None:
    beating.until(renewals=1)
    beating.line.ring()
    beating.until(pokes=1)
    beating.line.ring()
    beating.until(pokes=2)
    assert len(beating.news) == 1


def test_a_ring_that_came_with_the_answer_to_a_renewal_is_heard(
    beating: Beating, monkeypatch: pytest.MonkeyPatch
) -> None:
    beating.until(renewals=1)
    beating.line.meanwhile = beating.line.ring_quietly
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.02)
    beating.line.broken.set()
    beating.line.ring()
    wait_until(lambda: len(beating.line.renewals) > 1)
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 30.0)
    beating.line.broken.clear()
    beating.until(renewals=2, pokes=2)  # as after each loss, and of what came with the answer


def test_after_a_loss_it_is_renewed_at_once_and_what_may_have_been_missed_is_looked_for(
    beating: Beating,
) -> None:
    beating.until(renewals=1)
    beating.line.broken.set()
    beating.line.ring()
    wait_until(lambda: len(beating.line.renewals) > 3)
    beating.look()
    assert (len(beating.news), beating.pokes) == (1, 0)
    beating.line.broken.clear()
    beating.until(renewals=2, pokes=1)


def test_where_nobody_can_ring_it_is_renewed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.02)
    beating = Beating()
    beating.line.descriptor = -1
    beating.until(renewals=4)
    beating.heartbeat.close(PATIENCE)


def test_a_descriptor_may_have_a_high_number(beating: Beating) -> None:
    """select(2) takes none above 1023, and a procman with a thousand children has them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2100:
        pytest.skip("no more files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2100), hard))
    beating.until(renewals=1)
    beating.line.descriptor = os.dup2(beating.line.read_end, 2050)
    try:
        beating.line.ring()
        beating.until(pokes=1)
        beating.line.ring()
        beating.until(pokes=2)
    finally:
        beating.heartbeat.close(PATIENCE)
        os.close(2050)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_lease_is_given_back_at_the_end(beating: Beating) -> None:
    beating.until(renewals=1)
    beating.heartbeat.close(PATIENCE)
    assert beating.line.left == [True]


def test_a_line_that_does_not_answer_keeps_nobody_from_ending(beating: Beating) -> None:
    beating.until(renewals=1)
    beating.line.stuck.clear()
    beating.line.broken.set()
    beating.line.ring()
    wait_until(lambda: len(beating.line.renewals) > 1)
    beating.heartbeat.close(0.05)
    assert beating.line.left == []
