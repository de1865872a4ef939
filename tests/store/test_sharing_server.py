"""The one connection of a process to a store on a server: shared by threads, never by forks, made anew."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from procman.errors import StoreBusyError, StoreError
from procman.store.postgres import database
from procman.store.postgres.sharing import Sharing
from procman.store.postgres.store import PostgresStore
from tests import postgres
from tests.end_to_end.output import wait_until

from .rows import asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Server

Observer = psycopg.Connection[Any]
OURS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'procman'"


@pytest.fixture
def observer(server: Server) -> Iterator[Observer]:
    """Somebody else on the server, where nobody of us is."""
    with psycopg.connect(server.url, autocommit=True) as observer:
        observer.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({OURS}) AS ours")
        wait_until(lambda: not pids(observer))
        yield observer


@pytest.fixture
def sharing(observer: Observer) -> Iterator[Sharing]:
    sharing = Sharing(patience=0.01)
    yield sharing
    sharing.close()


@pytest.fixture
def place(server: Server, request: pytest.FixtureRequest) -> tuple[str, str]:
    """The URL, and an app."""
    return server.url, request.node.name


def pids(observer: Observer) -> list[int]:
    return [pid for (pid,) in observer.execute(OURS)]


def kept(place: tuple[str, str]) -> list[int]:
    with closing(PostgresStore(*place)) as store:
        return sorted(job.id for job in store.jobs())


def in_a_thread(act: Any) -> None:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


def test_it_is_opened_once_and_used_by_all_threads(
    sharing: Sharing, place: tuple[str, str], observer: Observer
) -> None:
    assert sharing.request(*place, asked()) == 1
    before = pids(observer)
    in_a_thread(lambda: sharing.request(*place, asked()))
    assert pids(observer) == before
    assert (len(before), kept(place)) == (1, [1, 2])


def test_many_threads_at_once_lose_nothing(place: tuple[str, str], observer: Observer) -> None:
    sharing = Sharing()
    numbers: list[int] = []

    def ask() -> None:
        for _ in range(20):
            numbers.append(sharing.request(*place, asked()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids(observer)) == 1
    sharing.close()
    assert sorted(numbers) == kept(place) == [*range(1, 161)]


def test_a_child_leaves_the_connection_of_its_parent_alone(
    sharing: Sharing, place: tuple[str, str], observer: Observer
) -> None:
    sharing.request(*place, asked())
    before = pids(observer)
    if not (child := os.fork()):
        sharing.in_child()  # as Python tells the one of the process
        code = 0 if sharing.request(*place, asked()) == 2 else 1
        sharing.close()
        os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert sharing.request(*place, asked()) == 3
    assert before[0] in pids(observer)


def test_a_fork_that_python_is_not_told_of_is_noticed(sharing: Sharing, place: tuple[str, str]) -> None:
    """As those of a server in C that embeds Python."""
    sharing.request(*place, asked())
    if not (child := os.fork()):
        os._exit(0 if sharing.request(*place, asked()) == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert sharing.request(*place, asked()) == 3


def test_a_fork_while_another_thread_asks_does_not_hang_the_child(
    sharing: Sharing, place: tuple[str, str]
) -> None:
    """The lock that the other thread has is nobody's in the child."""
    inside, over = threading.Event(), threading.Event()

    def ask() -> None:
        with sharing._store(*place):
            inside.set()
            over.wait()

    thread = threading.Thread(target=ask)
    thread.start()
    inside.wait()
    if not (child := os.fork()):
        os._exit(0 if sharing.request(*place, asked()) == 1 else 1)
    code = os.waitpid(child, 0)[1]
    with pytest.raises(StoreBusyError, match=r"other threads have had it for 0\.01 s"):
        sharing.request(*place, asked())
    over.set()
    thread.join()
    assert code == 0
    assert sharing.request(*place, asked()) == 2


def test_a_call_in_the_middle_of_a_call_is_an_error_and_no_deadlock(
    sharing: Sharing, place: tuple[str, str]
) -> None:
    with sharing._store(*place), pytest.raises(StoreError, match="by the handler of a signal") as caught:
        sharing.request(*place, asked())
    assert not isinstance(caught.value, StoreBusyError)
    assert sharing.request(*place, asked()) == 1


def test_a_connection_that_is_lost_between_two_calls_is_made_anew(
    sharing: Sharing, place: tuple[str, str], observer: Observer
) -> None:
    for number in range(1, 4):
        assert sharing.request(*place, asked()) == number
        observer.execute("SELECT pg_terminate_backend(%s, 5000)", pids(observer))
    assert kept(place) == [1, 2, 3]


class LateError(Exception):
    """What the handler of a signal raises, as those do that limit the time of a request."""


@pytest.mark.parametrize("error", [LateError, KeyboardInterrupt])
def test_who_is_interrupted_while_it_waits_for_the_server_may_ask_again(
    sharing: Sharing, place: tuple[str, str], server: Server, error: type[BaseException]
) -> None:
    def handle(number: int, frame: object) -> None:
        raise error

    sharing.request(*place, asked())
    with psycopg.connect(server.url) as other:
        other.execute("LOCK TABLE procman.runs")
        before = signal.signal(signal.SIGALRM, handle)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(error):
                sharing.request(*place, asked())
        finally:
            signal.signal(signal.SIGALRM, before)
    assert sharing.request(*place, asked()) > 1
    assert len(kept(place)) == 2


def test_who_is_interrupted_while_it_is_seen_whether_the_server_is_there_may_ask_again(
    sharing: Sharing, place: tuple[str, str], observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(number: int, frame: object) -> None:
        raise LateError

    sharing.request(*place, asked())
    monkeypatch.setattr(database, "SILENT_SECONDS", -1.0)
    (pid,) = pids(observer)
    before = signal.signal(signal.SIGALRM, handle)
    os.kill(pid, signal.SIGSTOP)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(LateError):
            sharing.request(*place, asked())
    finally:
        os.kill(pid, signal.SIGCONT)
        signal.signal(signal.SIGALRM, before)
    assert sharing.request(*place, asked()) == 2
    assert kept(place) == [1, 2]


def test_what_to_join_with_needs_no_connection_any_more(
    sharing: Sharing, place: tuple[str, str], observer: Observer
) -> None:
    first = sharing.joined(*place)
    wait_until(lambda: not pids(observer))
    assert sharing.joined(*place) is first


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_is_restarted_between_two_calls_is_asked_anew(how: str) -> None:
    if postgres.programs() is None:
        pytest.skip(postgres.WHY_NOT)
    with postgres.running() as server:
        sharing, place = Sharing(), (server.url, "shop")
        assert sharing.request(*place, asked()) == 1
        server.stop(how)
        with pytest.raises(
            StoreError, match=r"^postgresql \(user=procman, host=\S+, dbname=postgres\): "
        ) as caught:
            sharing.request(*place, asked())
        assert "\n" not in str(caught.value)
        server.start()
        assert sharing.request(*place, asked()) > 1
        server.stop(how)
        server.start()
        assert sharing.request(*place, asked()) > 2
        assert len(kept(place)) == 3
        sharing.close()
