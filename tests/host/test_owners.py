"""Who has runs is known to live by a lock, which the system takes from the dead."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from procman.host.owners import OWNERS, Owners

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLDING = """
import sys
from procman.host.owners import Owners
owners = Owners(sys.argv[1])
owners.hold()
print(owners.owner, flush=True)
input()
"""


class Other:
    """Another process that holds its lock, until it is killed."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", HOLDING, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout
        self.name = self._process.stdout.readline().decode().strip()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Other]:
    other = Other(tmp_path)
    yield other
    other.kill()


def elsewhere(name: str, folder: Path) -> str:
    """The same owner as one in another PID namespace would be known."""
    os.rename(folder / OWNERS / name, folder / OWNERS / f"{name}1")
    return f"{name}1"


def test_an_owner_lives_until_it_is_killed(tmp_path: Path, other: Other) -> None:
    owners = Owners(tmp_path.as_posix())
    assert owners.owner_lives(other.name)
    other.kill()
    assert not owners.owner_lives(other.name)
    assert os.listdir(tmp_path / OWNERS) == []
    assert not owners.owner_lives(other.name)


def test_that_is_seen_from_another_container_too(tmp_path: Path, other: Other) -> None:
    owners, name = Owners(tmp_path.as_posix()), elsewhere(other.name, tmp_path)
    assert owners.owner_lives(name)
    other.kill()
    assert not owners.owner_lives(name)
    assert not owners.owner_lives(name)


def test_without_its_file_the_pid_counts(tmp_path: Path, other: Other) -> None:
    (tmp_path / OWNERS / other.name).unlink()
    assert Owners(tmp_path.as_posix()).owner_lives(other.name)


def test_what_killed_owners_left_is_tidied_away(tmp_path: Path, other: Other) -> None:
    other.kill()
    owners = Owners(tmp_path.as_posix())
    owners.hold()
    assert os.listdir(tmp_path / OWNERS) == [owners.owner]
    owners.release()
    assert os.listdir(tmp_path / OWNERS) == []


def test_only_the_user_may_look_and_no_child_keeps_the_lock(tmp_path: Path) -> None:
    owners = Owners(tmp_path.as_posix())
    owners.hold()
    path = tmp_path / OWNERS / owners.owner
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path.parent, path)] == [0o700, 0o600]
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False) as child:
        assert child.stdout
        child.stdout.readline()
        os.close(owners._fd)
        fd = os.open(path, os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.close(fd)
        child.communicate(b"\n")
    owners._fd = -1


def test_a_folder_that_was_made_anew_gets_a_new_file(tmp_path: Path) -> None:
    owners = Owners(tmp_path.as_posix())
    owners.hold()
    (tmp_path / OWNERS / owners.owner).unlink()
    (tmp_path / OWNERS).rmdir()
    owners.hold()
    assert Owners(tmp_path.as_posix())._is_locked(owners.owner) is True
    owners.release()


def test_a_file_that_somebody_took_for_that_of_a_dead_one_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our open and our lock somebody asks, finds nobody, and removes it."""
    owners = Owners(tmp_path.as_posix())
    asked: list[bool | None] = []
    flock = fcntl.flock

    def asked_first(fd: int, operation: int) -> None:
        if operation == fcntl.LOCK_EX and not asked:
            asked.append(Owners(tmp_path.as_posix())._is_locked(owners.owner))
        flock(fd, operation)

    monkeypatch.setattr(fcntl, "flock", asked_first)
    owners.hold()
    assert asked == [False]
    assert os.listdir(tmp_path / OWNERS) == [owners.owner]
    owners.release()


def test_where_there_are_no_locks_the_pid_counts(
    tmp_path: Path, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(fd: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    owners = Owners(tmp_path.as_posix())
    owners.hold()
    assert os.listdir(tmp_path / OWNERS) == [other.name]
    assert owners.owner_lives(other.name)
    other.kill()
    assert not owners.owner_lives(other.name)


def test_who_cannot_be_asked_about_is_not_dead(tmp_path: Path, other: Other) -> None:
    path = tmp_path / OWNERS / other.name
    path.unlink()
    path.symlink_to("nowhere")
    assert Owners(tmp_path.as_posix()).owner_lives(other.name)


def test_a_child_that_nobody_could_name_may_live_until_the_next_boot(tmp_path: Path) -> None:
    owners = Owners(tmp_path.as_posix())
    assert owners.child_lives(None, owners.owner) is None
    pid, start, boot, namespace = owners.owner.split(":")
    assert owners.child_lives(None, f"{pid}:{start}:{boot}x:{namespace}") is False
    assert owners.child_lives(owners.owner, owners.owner) is True
