"""Names of processes that stay true when a pid is used again."""

from __future__ import annotations

import os
import subprocess
import sys

from procman.host.identity import alive, identity, own


def test_this_process_lives_under_its_name() -> None:
    assert own() == identity(os.getpid())
    assert alive(own())


def test_a_process_with_the_same_pid_and_another_start_is_another() -> None:
    pid, start, *boot = own().split(":")
    assert not alive(":".join([pid, str(int(float(start)) + 1), *boot]))


def test_a_process_of_another_boot_is_gone() -> None:
    assert not alive(own() + "x")


def test_an_ended_child_is_gone_even_before_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = identity(child.pid)
    assert name
    assert alive(name)
    assert child.stdin
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not alive(name)
    child.wait()
    assert not alive(name)


def test_what_is_no_name_is_nobody() -> None:
    assert not alive("")
    assert not alive("nonsense")
    assert identity(2**22 + 1) is None
