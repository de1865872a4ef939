"""Who descends from this process, read from a made-up `/proc`, and from the real one."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from procman.host.descent import descendants

if TYPE_CHECKING:
    from pathlib import Path

OWN = os.getpid()


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "self").symlink_to(str(OWN))
    (tmp_path / "meminfo").touch()
    return tmp_path


def put(proc: Path, pid: int, parent: int, name: str = "x") -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} 1 1 0 -1")


def test_children_and_theirs_are_found_whatever_the_order_and_their_names(proc: Path) -> None:
    put(proc, 11, 12, "grand child")
    put(proc, 12, OWN, "a) R 1 (b")
    put(proc, 13, 11)
    put(proc, 14, 99)
    assert descendants(str(proc)) == [(12, "a) R 1 (b"), (11, "grand child"), (13, "x")]


def test_one_that_may_not_be_looked_at_does_not_hide_the_others(proc: Path) -> None:
    (proc / "1").mkdir()
    put(proc, 12, OWN)
    assert descendants(str(proc)) == [(12, "x")]


def test_pids_of_another_namespace_are_nobody_of_ours(proc: Path) -> None:
    put(proc, 12, OWN)
    (proc / "self").unlink()
    (proc / "self").symlink_to("1")
    assert descendants(str(proc)) == []


def test_without_proc_there_is_nobody_to_be_found(tmp_path: Path) -> None:
    assert descendants(str(tmp_path)) == []


def test_a_real_child_is_found() -> None:
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as child:
        assert (child.pid, "cat") in descendants()
