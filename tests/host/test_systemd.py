"""What procman tells who has started it."""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.host.notify import assignments
from procman.host.systemd import LONGEST_LINE, Upwards, address_of, message, watchdog_seconds
from tests.host.asking import descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = 10_000
"""More messages than any socket queues."""


@contextmanager
def manager(address: str | bytes) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.setblocking(False)
        listening.bind(address)
        yield listening


@contextmanager
def found(address: str | None) -> Iterator[Upwards]:
    upwards = Upwards.find({} if address is None else {"NOTIFY_SOCKET": address})
    yield upwards
    upwards.close()
    assert not upwards.say("READY=1")


def test_what_is_said_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # pytest's path may be too long for a socket
    with manager("notify") as listening, found("/proc/self/cwd/notify") as upwards:
        assert upwards.say("READY=1", "STATUS=3 processes\nrun")
        assert listening.recv(1000) == b"READY=1\nSTATUS=3 processes run"
        before = descriptors()
        assert upwards.say("WATCHDOG=1")
        assert descriptors() == before
        assert not os.get_inheritable(upwards._socket.fileno() if upwards._socket else -1)


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="abstract addresses are Linux's")
def test_an_abstract_address_is_found() -> None:
    name = f"procman-test-{os.getpid()}"
    with manager(f"\0{name}") as listening, found(f"@{name}") as upwards:
        assert upwards.say("STOPPING=1")
        assert listening.recv(1000) == b"STOPPING=1"


def test_reloading_tells_when() -> None:
    name = f"procman-test-{os.getpid()}"
    with manager(f"\0{name}") as listening, found(f"@{name}") as upwards:
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert upwards.reloading()
        said = assignments(listening.recv(1000))
    assert said.keys() == {"RELOADING", "MONOTONIC_USEC"}
    assert before <= int(said["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


@pytest.mark.parametrize(
    "address", [None, "", "/no/such/socket", "@nobody-listens-here", "vsock:2:1", "/" + "x" * 200, "/a\0b"]
)
def test_where_nobody_listens_nothing_fails(address: str | None) -> None:
    with found(address) as upwards:
        assert not upwards.say("READY=1")
        assert not upwards.reloading()


def test_who_does_not_listen_is_not_waited_for() -> None:
    name = f"procman-test-{os.getpid()}"
    with manager(f"\0{name}"), found(f"@{name}") as upwards:
        assert not all(upwards.say("WATCHDOG=1") for _ in range(FULL))


def test_children_inherit_none_of_it() -> None:
    environ = {
        "NOTIFY_SOCKET": "/run/notify",
        "WATCHDOG_USEC": "30000000",
        "WATCHDOG_PID": str(os.getpid()),
        "LISTEN_PID": "1",
        "LISTEN_PIDFDID": "1",
        "LISTEN_FDS": "1",
        "LISTEN_FDNAMES": "http",
        "PATH": "/bin",
    }
    assert Upwards.find(environ).watchdog_s == 30.0
    assert environ == {"PATH": "/bin"}


def test_it_is_taken_out_of_the_environment_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    monkeypatch.setenv("WATCHDOG_USEC", "500000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getppid()))  # the guardian's
    assert Upwards.find(os.environ).watchdog_s == 0.5
    assert "NOTIFY_SOCKET" not in os.environ


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        ("2000000", None, 2.0),
        ("2000000", "7", 2.0),
        ("2000000", "8", 2.0),
        ("2000000", "9", None),
        ("2000000", "seven", None),
        ("0", None, None),
        ("-1", None, None),
        ("2s", None, None),
        ("", None, None),
        (None, "7", None),
    ],
)
def test_the_watchdog_is_ours_or_none(usec: str | None, pid: str | None, seconds: float | None) -> None:
    assert watchdog_seconds(usec, pid, (7, 8)) == seconds


def test_without_a_socket_there_is_no_watchdog() -> None:
    assert Upwards.find({"WATCHDOG_USEC": "1000000"}).watchdog_s is None


def test_addresses_are_paths_or_abstract() -> None:
    assert address_of("/run/a@b") == "/run/a@b"
    assert address_of("@a@b") == "\0a@b"
    assert address_of("relative") is None


@given(st.lists(st.text(), max_size=4))
def test_each_assignment_is_one_line_and_none_is_too_long(said: list[str]) -> None:
    data = message(f"STATUS={each * 100}" for each in said)
    assert data.count(b"\n") == max(len(said) - 1, 0)
    assert len(data) <= len(said) * (LONGEST_LINE + 1)
    data.decode()
