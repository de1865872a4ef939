"""Signals for all of a group: nobody is left out, nobody gets one twice, and a keeper stays."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from procman.core.messages import ChildExited, OutputRead
from procman.core.plan.policies import Policies
from procman.host.session import Session
from tests.host.families import KINDS, family
from tests.host.test_children import SECONDS, Family

WHOLE = Policies(signal_group=True)
MEMBER = """
import os, signal, sys
name, ends = sys.argv[1:3]
out = int(sys.argv[3])
def got(number, frame):
    os.write(out, f"{name} got {signal.Signals(number).name}.".encode())
    if number == signal.SIGTERM and ends == "ends":
        os._exit(7)
for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGVTALRM):
    signal.signal(number, got)
os.write(out, f"{name} is {os.getpid()}.".encode())
while True:
    signal.pause()
"""


@pytest.fixture
def member(tmp_path: Path) -> str:
    """A command that tells of its signals: its name, what it does at an end, and where it writes follow."""
    (tmp_path / "member.py").write_text(MEMBER)
    return f"{sys.executable} {tmp_path}/member.py"


def read(each: Family, *wanted: bytes) -> bytes:
    """Output until all of that is in it."""
    data, deadline = b"", time.monotonic() + SECONDS
    while not all(word in data for word in wanted):
        assert time.monotonic() < deadline, data
        data += b"".join(got.data for got in each.poller.wait(SECONDS) if isinstance(got, OutputRead))
    return data


def pid_in(data: bytes, name: str) -> int:
    return int(data.partition(f"{name} is ".encode())[2].partition(b".")[0])


@KINDS
def test_the_stop_signal_reaches_all_and_each_once(kind: str, member: str) -> None:
    with family(kind) as each:
        each.start(f"{member} first stays 1 & exec {member} main stays 1", WHOLE)
        read(each, b"first is", b"main is")
        each.children.stop("web.1", signal.SIGTERM)
        data = read(each, b"first got SIGTERM", b"main got SIGTERM")
        each.children.stop_rest("web.1", signal.SIGTERM)
        each.children.forward("web.1", signal.SIGVTALRM)  # Python hears of SIGTERM first
        data += read(each, b"first got SIGVTALRM", b"main got SIGVTALRM")
        assert data.count(b"SIGTERM") == 2
        each.children.kill("web.1")


def test_what_was_left_behind_is_not_asked_once_more(member: str) -> None:
    with family("pipe") as each:
        pid = each.start(f"{member} first stays 1 & exec {member} main ends 1", WHOLE).child
        first = pid_in(read(each, b"first is", b"main is"), "first")
        session = Session(pid, b"", kept=False, shell_stays=False, whole=True)
        session.stop(signal.SIGTERM)
        data = read(each, b"first got SIGTERM", b"main got SIGTERM")
        session.stop_rest(signal.SIGTERM, [first])
        os.kill(first, signal.SIGVTALRM)
        assert (data + read(each, b"first got SIGVTALRM")).count(b"first got SIGTERM") == 1


def test_the_main_process_alone_gets_it_otherwise(member: str) -> None:
    with family("pipe") as each:
        each.start(f"{member} first stays 1 & exec {member} main ends 1", Policies())
        first = pid_in(read(each, b"first is", b"main is"), "first")
        each.children.stop("web.1", signal.SIGTERM)
        os.kill(first, signal.SIGVTALRM)
        assert b"first got SIGTERM" not in read(each, b"main got SIGTERM", b"first got SIGVTALRM")


@KINDS
def test_a_signal_that_is_passed_on_spares_the_shell_that_waits(kind: str, member: str) -> None:
    with family(kind) as each:
        each.start(f"echo shell is $$.; {member} first ends 2 | {member} second ends 2", WHOLE)
        shell = pid_in(read(each, b"first is", b"second is"), "shell")
        each.children.forward("web.1", signal.SIGUSR1)
        read(each, b"first got SIGUSR1", b"second got SIGUSR1")
        assert Path(f"/proc/{shell}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        each.children.stop("web.1", signal.SIGTERM)
        data = read(each, b"first got SIGTERM", b"second got SIGTERM") + each.read()
        assert data.count(b"SIGTERM") == 2


def test_one_without_such_shells_is_told_at_once(member: str) -> None:
    with family("pipe") as each:
        each.start(f"{member} first stays 1 & exec {member} main ends 1", WHOLE)
        read(each, b"first is", b"main is")
        each.children.forward("web.1", signal.SIGUSR1)
        assert read(each, b"first got SIGUSR1", b"main got SIGUSR1").count(b"got") == 2


def test_a_keeper_stays_whatever_the_signal(member: str) -> None:
    with family("terminal") as each:
        each.start(f"exec {member} main ends 1", WHOLE)
        read(each, b"main is")
        each.children.forward("web.1", signal.SIGVTALRM)
        read(each, b"main got SIGVTALRM")
        each.children.stop("web.1", signal.SIGTERM)
        codes: list[int] = []
        while not codes:
            codes += [got.code for got in each.poller.wait(SECONDS) if isinstance(got, ChildExited)]
        assert codes == [7]
        each.children.close_output("web.1")


def test_a_suspended_group_can_obey(member: str) -> None:
    with family("pipe") as each:
        pid = each.start(f"{member} first ends 1 & exec {member} main ends 1", WHOLE).child
        read(each, b"first is", b"main is")
        os.killpg(pid, signal.SIGSTOP)
        each.children.stop("web.1", signal.SIGTERM)
        assert each.read().count(b"SIGTERM") == 2
