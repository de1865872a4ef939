"""Names of processes that stay true when a pid is used again."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from procman.host import identity
from procman.host.identity import lives, own

if TYPE_CHECKING:
    import pytest


def test_this_process_lives_under_its_name() -> None:
    assert own() == identity.identity(os.getpid())
    assert lives(own())


def test_a_process_with_the_same_pid_and_another_start_is_another() -> None:
    pid, start, *where = own().split(":")
    assert lives(":".join([pid, str(int(float(start)) + 1), *where])) is False


def test_a_process_of_another_boot_is_gone() -> None:
    pid, start, boot, namespace = own().split(":")
    assert lives(f"{pid}:{start}:{boot}x:{namespace}") is False
    assert identity.of_another_boot(f"{pid}:{start}:{boot}x:{namespace}")
    assert not identity.of_another_boot(own())


def test_a_process_of_another_namespace_cannot_be_seen() -> None:
    assert lives(own() + "1") is None


def test_a_name_of_version_1_still_holds() -> None:
    pid, start, boot, _ = own().split(":")
    old = f"{pid}:{start}:{boot[:8]}" if sys.platform == "linux" else f"{pid}:{start}"
    assert lives(old) is True
    assert lives(old.replace(start, start + "1")) is False
    assert not identity.of_another_boot(old)


def test_an_ended_child_is_gone_even_before_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = identity.identity(child.pid)
    assert name
    assert lives(name)
    assert child.stdin
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert lives(name) is False
    child.wait()
    assert lives(name) is False


def test_who_cannot_be_looked_at_is_not_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_descriptor_left(pid: int) -> None:
        raise OSError(24, "Too many open files")

    name = own()
    monkeypatch.setattr(identity, "_look", no_descriptor_left)
    assert lives(name) is None


def test_what_is_no_name_is_nobody() -> None:
    assert lives("") is False
    assert lives("nonsense") is False
    assert identity.identity(2**22 + 1) is None
