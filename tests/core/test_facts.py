from __future__ import annotations

import signal

import pytest

from procman.core import exitcodes, facts


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (facts.ProcessStarted("web.1", 123), "web.1 started (pid 123)"),
        (facts.ProcessEnded("web.1", 3), "web.1 exited with code 3"),
        (facts.ProcessEnded("web.1", 0), "web.1 exited with code 0"),
        (facts.ProcessEnded("web.1", -9), "web.1 terminated by SIGKILL"),
        (facts.SpawnFailed("web.1", "no such folder"), "web.1 could not be started: no such folder"),
        (
            facts.StopRequested("SIGINT received", ": press Ctrl-C again to kill"),
            "SIGINT received, stopping: press Ctrl-C again to kill",
        ),
        (facts.StopRequested("web.1 has ended"), "web.1 has ended, stopping"),
        (
            facts.StillAlive((("worker.1", 123),), 3),
            "waiting for worker.1 (pid 123), SIGKILL in 3 s",
        ),
        (
            facts.StillAlive((("web.1", 7), ("web.2", 8)), 1),
            "waiting for web.1 (pid 7), web.2 (pid 8), SIGKILL in 1 s",
        ),
        (facts.KillSent((("web.1", 7), ("web.2", 8))), "sending SIGKILL to web.1 (pid 7), web.2 (pid 8)"),
        (
            facts.SignalForwarded(signal.SIGUSR1),
            "SIGUSR1 received, forwarded to all processes",
        ),
        (facts.Notice("port 5000 is taken"), "port 5000 is taken"),
    ],
)
def test_each_fact_has_its_words_for_people(fact: facts.Fact, words: str) -> None:
    assert str(fact) == words


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0, 0),
        (1, 1),
        (3, 3),
        (127, 127),
        (255, 255),
        (-signal.SIGHUP, 129),
        (-signal.SIGINT, 130),
        (-signal.SIGKILL, 137),
        (-signal.SIGTERM, 143),
    ],
)
def test_the_exit_code_is_that_of_the_process_or_128_and_its_signal(code: int, expected: int) -> None:
    assert exitcodes.exit_code(code) == expected


@pytest.mark.parametrize("number", list(signal.Signals))
def test_a_signal_is_told_by_its_name(number: signal.Signals) -> None:
    assert exitcodes.signal_name(int(number)) == number.name


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    assert exitcodes.signal_name(4711) == "signal 4711"


def test_the_exit_code_of_every_signal_differs_from_every_success() -> None:
    assert all(exitcodes.exit_code(-number) > 128 for number in signal.Signals)
