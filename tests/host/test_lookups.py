"""Names of hosts: looked up on a thread, while all else goes on."""

from __future__ import annotations

import _socket
import _thread
import threading
from typing import TYPE_CHECKING, Any

import pytest

from procman.core.plan.policies import Kind
from procman.core.plan.questions import Question
from procman.errors import ShortageError
from procman.host import lookups
from procman.shortages import NO_THREAD
from tests.end_to_end.output import PATIENCE
from tests.host.asking import LOOPBACK, Asker, descriptors, free_port, has_ipv6, listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.host.lookups import Address


@pytest.fixture
def asker() -> Iterator[Asker]:
    asker = Asker()
    yield asker
    asker.close()


class Slow:
    """Takes as long as the test likes, and notes who was looked up."""

    def __init__(self, addresses: list[Address] | str) -> None:
        self.asked: list[str] = []
        self.begun, self.goes_on = threading.Semaphore(0), threading.Semaphore(0)
        self._addresses = addresses

    def __call__(self, host: str) -> list[Address] | str:
        self.asked.append(host)
        self.begun.release()
        assert self.goes_on.acquire(timeout=PATIENCE)
        return self._addresses


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow([(_socket.AF_INET, (LOOPBACK, 0))])
    monkeypatch.setattr(lookups, "look_up", slow)
    return slow


def threads() -> Callable[[], bool]:
    """What tells that no more threads are there than now."""
    before = _thread_count()
    return lambda: _thread_count() <= before


def _thread_count() -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Threads:"))


def test_what_is_an_address_is_not_looked_up() -> None:
    assert lookups.known("10.0.0.1", 80) == [(_socket.AF_INET, ("10.0.0.1", 80))]
    assert lookups.known("::1", 80) == [(_socket.AF_INET6, ("::1", 80))]
    assert lookups.known("localhost", 80) == [
        (_socket.AF_INET, ("127.0.0.1", 80)),
        (_socket.AF_INET6, ("::1", 80)),
    ]
    assert lookups.known("db", 80) is None
    assert lookups.known("127.1", 80) is None


def test_a_name_is_looked_up_once_for_all_who_ask_and_meanwhile_all_goes_on(asker: Asker, slow: Slow) -> None:
    settled = threads()
    with listener() as (_, port):
        for _ in range(5):
            asker.begin(Question(Kind.TCP, "db", port))
        asker.begin(Question(Kind.TCP, "db", free_port()))
        asker.begin(Question(Kind.TCP, "queue", port))
        assert asker.ask(Question(Kind.TCP, LOOPBACK, port)) is None
        assert asker.answers == [None]
        slow.goes_on.release(2)
        asker.turn_until(lambda: len(asker.answers) == 8)
        assert sorted(slow.asked) == ["db", "queue"]
        assert sorted(asker.answers, key=str) == [None] * 7 + ["connection refused"]
        slow.goes_on.release()
        assert asker.ask(Question(Kind.TCP, "db", port)) is None
    assert slow.asked.count("db") == 2
    asker.turn_until(settled)


def test_who_cancels_gets_no_answer_later(asker: Asker, slow: Slow) -> None:
    with listener() as (_, port):
        asker.begin(Question(Kind.TCP, "db", port))()
        asker.begin(Question(Kind.TCP, "db", port))
        slow.goes_on.release()
        asker.turn_until(lambda: bool(asker.answers))
        asker.turn()
    assert asker.answers == [None]


def test_a_look_up_may_outlast_the_prober(asker: Asker, slow: Slow) -> None:
    settled, before = threads(), descriptors()
    asker.begin(Question(Kind.TCP, "db", free_port()))
    assert slow.begun.acquire(timeout=PATIENCE)
    asker.prober.close()
    assert descriptors() == before
    slow.goes_on.release()
    asker.turn_until(settled)
    asker.turn()
    assert asker.answers == []


def test_a_name_that_nobody_knows_is_told(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: Any) -> None:
        raise _socket.gaierror(_socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(_socket, "getaddrinfo", fails)
    assert asker.ask(Question(Kind.TCP, "nobody", 1)) == "no address of nobody: Name or service not known"


def test_a_real_look_up_finds_addresses(asker: Asker) -> None:
    with listener() as (_, port):
        assert asker.ask(Question(Kind.TCP, "127.1", port)) is None
    found = lookups.look_up("localhost")
    assert not isinstance(found, str)
    assert {address[0] for _, address in found} <= {"127.0.0.1", "::1"}


@pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6")
def test_of_several_addresses_the_first_that_answers_counts(asker: Asker, slow: Slow) -> None:
    slow.goes_on.release()
    with listener() as (_, port):
        slow._addresses = [(_socket.AF_INET6, ("::1", 0, 0, 0)), (_socket.AF_INET, (LOOPBACK, 0))]
        assert asker.ask(Question(Kind.TCP, "db", port)) is None


def test_a_name_that_is_none_is_told() -> None:
    assert str(lookups.look_up("a" * 300)).startswith(f"no address of {'a' * 300}: ")


def test_a_shortage_of_threads_is_an_answer(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", fails)
    assert asker.ask(Question(Kind.TCP, "db", 1)) == NO_THREAD
    assert asker.ask(Question(Kind.TCP, "db", 1)) == NO_THREAD
    with pytest.raises(ShortageError):
        lookups.Lookups(asker.poller).find("db", 1, lambda found: None)
