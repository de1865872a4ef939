"""Who follows the log elsewhere gets a share of the time."""

from __future__ import annotations

from procman.engine.sharing import SECONDS, SHARE, Sharing
from procman.testing.fakes import FakeClock


class Sender:
    """Takes a certain time for what it sends, and always has more."""

    def __init__(self, takes: float) -> None:
        self.clock = FakeClock()
        self.sharing = Sharing(self.clock)
        self.sharing.sends = self._send
        self.takes = takes
        self.asked: list[float] = []
        self.spent = 0.0

    def _send(self, seconds: float) -> bool:
        self.asked.append(seconds)
        self.clock.now += self.takes
        self.spent += self.takes
        return True

    def turns(self, number: int, busy: bool, seconds: float = 0.001) -> None:
        for _ in range(number):
            self.clock.now += seconds
            self.sharing.give(seconds, busy)


def test_without_output_there_is_a_moment_in_each_turn() -> None:
    sender = Sender(takes=0.05)
    sender.turns(5, busy=False)
    assert sender.asked == [SECONDS] * 5


def test_with_output_it_is_a_share_of_the_time_whatever_one_send_takes() -> None:
    for takes in (0.00001, 0.001, 0.05):
        sender = Sender(takes)
        sender.turns(100_000, busy=True)
        share = sender.spent / (100_000 * 0.001)
        assert share <= SHARE * 1.05 + SECONDS, takes
        assert takes < SHARE * 0.001 or share > SHARE * 0.9, takes


def test_where_nobody_follows_nothing_is_saved_up() -> None:
    sender = Sender(0.0)
    sender.sharing.sends = lambda seconds: False
    sender.turns(1000, busy=True)
    sender.sharing.sends = sender._send
    sender.turns(1, busy=True)
    assert sender.asked == [SECONDS]
    assert sender.sharing.pending
