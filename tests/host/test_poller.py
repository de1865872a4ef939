"""The one wait, with real pipes and real signals."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from procman.core.messages import (
    ChildExited,
    GuardianDied,
    OutputRead,
    SignalReceived,
    StdoutClosed,
    WriterChanged,
)
from procman.host.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from procman.core.messages import Message

SECONDS = 20.0


@pytest.fixture
def poller() -> Iterator[Poller]:
    """A poller; signal handlers are put back afterwards."""
    taken = (signal.SIGCHLD, signal.SIGUSR1, signal.SIGTTOU)
    before = {number: signal.getsignal(number) for number in taken}
    yield Poller()
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


def reader(name: str, fd: int) -> Callable[[], Iterator[Message]]:
    def read() -> Iterator[Message]:
        yield OutputRead(name, os.read(fd, 100))

    return read


def test_nothing_happens_in_no_time(poller: Poller) -> None:
    assert list(poller.wait(0)) == []


def test_output_comes_as_messages(poller: Poller) -> None:
    read_end, write_end = os.pipe()
    poller.add_output(read_end, reader("web.1", read_end))
    os.write(write_end, b"hello")
    assert list(poller.wait(SECONDS)) == [OutputRead("web.1", b"hello")]
    poller.remove_output(read_end)
    os.write(write_end, b"more")
    assert list(poller.wait(0)) == []


def test_paused_output_waits_until_it_is_resumed(poller: Poller) -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, b"hello")
    poller.pause_outputs()
    poller.add_output(read_end, reader("web.1", read_end))
    assert list(poller.wait(0)) == []
    poller.resume_outputs()
    assert list(poller.wait(SECONDS)) == [OutputRead("web.1", b"hello")]


def test_what_is_to_be_asked_soon_is_asked_once_and_without_waiting(poller: Poller) -> None:
    poller.soon(lambda: [OutputRead("web.1", b"hello")])
    poller.pause_outputs()  # concerns only them
    assert list(poller.wait(None)) == [OutputRead("web.1", b"hello")]
    assert list(poller.wait(0)) == []


def test_who_asks_again_each_time_does_not_keep_the_others_waiting(poller: Poller) -> None:
    def again() -> Iterator[Message]:
        poller.soon(again)
        yield OutputRead("web.1", b"again")

    read_end, write_end = os.pipe()
    poller.add_output(read_end, reader("worker.1", read_end))
    os.write(write_end, b"hello")
    poller.soon(again)
    assert list(poller.wait(None)) == [OutputRead("worker.1", b"hello"), OutputRead("web.1", b"again")]
    assert list(poller.wait(None)) == [OutputRead("web.1", b"again")]


def test_an_answer_that_is_found_in_a_wait_is_given_in_it(poller: Poller) -> None:
    read_end, write_end = os.pipe()

    def found() -> tuple[Message, ...]:
        os.read(read_end, 1)
        poller.soon(lambda: [OutputRead("web.1", b"found")])
        return ()

    poller.watch(read_end, found)
    os.write(write_end, b"x")
    assert list(poller.wait(SECONDS)) == [OutputRead("web.1", b"found")]


def test_a_pause_in_the_middle_of_a_wait_holds_for_the_rest_of_it(poller: Poller) -> None:
    pipes = {name: os.pipe() for name in ("web.1", "worker.1")}
    for name, (read_end, write_end) in pipes.items():
        poller.add_output(read_end, reader(name, read_end))
        os.write(write_end, b"x")
    first = poller.wait(SECONDS)
    served = [next(first)]
    poller.pause_outputs()
    assert list(first) == []
    poller.resume_outputs()
    served += list(poller.wait(SECONDS))
    assert {message.name for message in served if isinstance(message, OutputRead)} == set(pipes)


def test_who_was_read_last_waits_longest(poller: Poller) -> None:
    pipes = {name: os.pipe() for name in ("a", "b", "c")}
    for name, (read_end, write_end) in pipes.items():
        os.write(write_end, b"x" * 1000)
        poller.add_output(read_end, reader(name, read_end))
    order = []
    for _ in range(6):
        message = next(poller.wait(SECONDS))
        assert isinstance(message, OutputRead)
        order.append(message.name)
        poller.pause_outputs()
        poller.resume_outputs()
    assert order == ["a", "b", "c"] * 2


def test_signals_come_as_messages(poller: Poller) -> None:
    poller.receive_signals([signal.SIGUSR1])
    os.kill(os.getpid(), signal.SIGUSR1)
    assert list(poller.wait(SECONDS)) == [SignalReceived(signal.SIGUSR1)]


def test_a_signal_that_waited_blocked_is_not_lost(poller: Poller) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    signal.raise_signal(signal.SIGUSR1)  # to this thread: others, a test runner's, do not block it
    poller.receive_signals([signal.SIGUSR1])
    assert list(poller.wait(SECONDS)) == [SignalReceived(signal.SIGUSR1)]


def test_every_child_that_has_ended_is_reaped(poller: Poller) -> None:
    poller.receive_signals([])
    pids = {os.posix_spawn("/bin/sh", ["sh", "-c", f"exit {code}"], {}): code for code in (0, 3)}
    pids[os.posix_spawn("/bin/sh", ["sh", "-c", "kill -9 $$"], {})] = -9
    ended: dict[int, int] = {}
    while len(ended) < len(pids):
        for message in poller.wait(SECONDS):
            assert isinstance(message, ChildExited)
            ended[message.pid] = message.code
    assert ended == pids


def test_the_writer_wakes_the_wait_once_however_often_it_calls(poller: Poller) -> None:
    for _ in range(100_000):
        poller.wake()
    assert list(poller.wait(SECONDS)) == [WriterChanged()]


def test_the_end_of_the_guardian_is_told_once(poller: Poller) -> None:
    lifeline, held = os.pipe()
    poller.watch_guardian(lifeline)
    assert list(poller.wait(0)) == []
    os.close(held)
    assert list(poller.wait(SECONDS)) == [GuardianDied()]
    assert list(poller.wait(0)) == []


def test_a_reader_that_goes_away_is_noticed_without_writing(poller: Poller) -> None:
    read_end, stdout = os.pipe()
    poller.watch_stdout(stdout)
    assert list(poller.wait(0)) == []
    os.close(read_end)
    assert list(poller.wait(SECONDS)) == [StdoutClosed()]


def test_a_file_as_stdout_needs_no_watching(poller: Poller, tmp_path_factory: pytest.TempPathFactory) -> None:
    with (tmp_path_factory.mktemp("out") / "log").open("wb") as file:
        poller.watch_stdout(file.fileno())
        assert list(poller.wait(0)) == []


def test_a_fifo_open_both_ways_is_not_taken_for_closed(poller: Poller, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    both = os.open(tmp_path / "fifo", os.O_RDWR)
    os.write(both, b"somebody else's")
    poller.watch_stdout(both)
    assert list(poller.wait(0)) == []
    os.close(both)


def test_a_sighup_that_nohup_has_had_ignored_stays_ignored(poller: Poller) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        poller.receive_signals([signal.SIGHUP, signal.SIGUSR1])
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGUSR1)
        assert list(poller.wait(SECONDS)) == [SignalReceived(signal.SIGUSR1)]
    finally:
        signal.signal(signal.SIGHUP, before)
