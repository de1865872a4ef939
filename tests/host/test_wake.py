"""The doorbell: who rings is heard, and knows when nobody is there."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from procman.core.messages import Message, Poked
from procman.errors import UnsafeError
from procman.host import wake
from procman.host.poller import Poller

if TYPE_CHECKING:
    from pathlib import Path


def wait(poller: Poller) -> list[Message]:
    return list(poller.wait(5))


def test_a_ring_is_a_message(tmp_path: Path) -> None:
    poller = Poller()
    wake.Ear(str(tmp_path), poller).listen()
    assert wake.ring(str(tmp_path))
    assert wait(poller) == [Poked()]
    assert list(poller.wait(0)) == []


def test_many_rings_are_one_message(tmp_path: Path) -> None:
    poller = Poller()
    wake.Ear(str(tmp_path), poller).listen()
    for _ in range(100_000):  # more than the pipe holds
        wake.ring(str(tmp_path))
    assert wait(poller) == [Poked()]


def test_without_a_scheduler_nobody_hears(tmp_path: Path) -> None:
    assert not wake.ring(str(tmp_path))
    assert not wake.heard(str(tmp_path))
    (tmp_path / "file").write_text("")
    assert not wake.ring(str(tmp_path / "missing"))


def test_a_bell_that_a_killed_scheduler_left_is_no_scheduler(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / wake.NAME)
    assert not wake.ring(str(tmp_path))
    poller = Poller()
    wake.Ear(str(tmp_path), poller).listen()
    assert wake.heard(str(tmp_path))
    assert wake.ring(str(tmp_path))


def test_the_bell_is_the_owner_s_alone(tmp_path: Path) -> None:
    wake.Ear(str(tmp_path), Poller()).listen()
    assert stat.S_IMODE((tmp_path / wake.NAME).stat().st_mode) == 0o600


def test_of_two_listeners_one_hears(tmp_path: Path) -> None:
    pollers = [Poller(), Poller()]
    for poller in pollers:
        wake.Ear(str(tmp_path), poller).listen()
    wake.ring(str(tmp_path))
    assert sorted(len(list(poller.wait(0.1))) for poller in pollers) == [0, 1]


def test_a_bell_that_was_removed_is_hung_up_again(tmp_path: Path) -> None:
    poller = Poller()
    ear = wake.Ear(str(tmp_path), poller)
    ear.listen()
    ear.listen()
    descriptors = len(os.listdir("/proc/self/fd"))
    (tmp_path / wake.NAME).unlink()
    assert not wake.ring(str(tmp_path))
    ear.listen()
    assert wake.ring(str(tmp_path))
    assert wait(poller) == [Poked()]
    assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.parametrize("kind", ["file", "symlink"])
def test_what_is_no_bell_is_neither_rung_nor_listened_to(tmp_path: Path, kind: str) -> None:
    other = tmp_path / "other"
    other.write_text("kept")
    if kind == "file":
        (tmp_path / wake.NAME).write_text("kept")
    else:
        (tmp_path / wake.NAME).symlink_to(other)
    for ask in (wake.ring, wake.heard, lambda folder: wake.Ear(folder, Poller()).listen()):
        with pytest.raises(UnsafeError, match=r"wake is (not what procman makes there|a symlink)"):
            ask(str(tmp_path))
    assert other.read_text() == "kept"
    assert kind == "symlink" or (tmp_path / wake.NAME).read_text() == "kept"
