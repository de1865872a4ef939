"""`.procman/` and its pid file."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
from typing import TYPE_CHECKING

import pytest

from procman.errors import StoreError
from procman.host.lock import PidFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_state_folder_is_private_and_ignored_by_git(tmp_path: Path) -> None:
    PidFile(str(tmp_path / ".procman")).acquire(42)
    folder = tmp_path / ".procman"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "procman.pid").stat().st_mode) == 0o600
    assert (folder / ".gitignore").read_text() == "*\n"
    assert (folder / "procman.pid").read_text() == "42\n"


def test_who_has_it_is_told_to_the_second(tmp_path: Path) -> None:
    first, second = PidFile(str(tmp_path / ".procman")), PidFile(str(tmp_path / ".procman"))
    assert first.acquire(42) is None
    assert second.acquire(43) == 42
    second.release()
    assert (tmp_path / ".procman" / "procman.pid").read_text() == "42\n"


def test_it_is_gone_after_its_release(tmp_path: Path) -> None:
    pid_file = PidFile(str(tmp_path / ".procman"))
    pid_file.acquire(42)
    pid_file.release()
    pid_file.release()
    assert not (tmp_path / ".procman" / "procman.pid").exists()


def test_a_removal_that_fails_is_told_once_and_leaves_a_stale_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid_file = PidFile(str(tmp_path / ".procman"))
    pid_file.acquire(42)
    descriptors = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr("procman.host.lock.os.unlink", refusing(errno.EROFS))
    with pytest.raises(OSError, match="Read-only file system"):
        pid_file.release()
    pid_file.release()
    assert len(os.listdir("/proc/self/fd")) == descriptors - 1
    assert PidFile(str(tmp_path / ".procman")).acquire(43) is None


def test_a_file_that_takes_no_pid_is_removed_all_the_same(tmp_path: Path) -> None:
    pid_file = PidFile(str(tmp_path / ".procman"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("procman.host.lock.os.write", refusing(errno.ENOSPC))
        with pytest.raises(OSError, match="No space left"):
            pid_file.acquire(42)
    pid_file.release()
    assert not (tmp_path / ".procman" / "procman.pid").exists()


def refusing(number: int) -> Callable[..., None]:
    """A call of the system that always fails."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_folder_that_has_become_a_file_is_no_matter(tmp_path: Path) -> None:
    pid_file = PidFile(str(tmp_path / ".procman"))
    pid_file.acquire(42)
    shutil.rmtree(tmp_path / ".procman")
    (tmp_path / ".procman").touch()
    pid_file.release()


@pytest.mark.parametrize("left", ["4711\n", "", "garbage", "9" * 100])
def test_what_a_killed_procman_left_is_replaced(tmp_path: Path, left: str) -> None:
    (tmp_path / ".procman").mkdir(mode=0o700)
    (tmp_path / ".procman" / "procman.pid").write_text(left)
    assert PidFile(str(tmp_path / ".procman")).acquire(42) is None
    assert (tmp_path / ".procman" / "procman.pid").read_text() == "42\n"


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".procman").write_text("in the way")
    with pytest.raises(StoreError, match=r"\.procman is not a folder: move it away"):
        PidFile(str(tmp_path / ".procman")).acquire(os.getpid())


def test_a_folder_cleaned_while_procman_runs_is_no_matter(tmp_path: Path) -> None:
    pid_file = PidFile(str(tmp_path / ".procman"))
    pid_file.acquire(42)
    shutil.rmtree(tmp_path / ".procman")
    second = PidFile(str(tmp_path / ".procman"))
    assert second.acquire(43) is None
    pid_file.release()
    assert (tmp_path / ".procman" / "procman.pid").read_text() == "43\n", "it is the other's now"


def test_a_file_that_was_removed_is_written_again_and_one_that_is_there_stays(tmp_path: Path) -> None:
    pid_file = PidFile(str(tmp_path / ".procman"))
    pid_file.acquire(42)
    descriptors = len(os.listdir("/proc/self/fd"))
    shutil.rmtree(tmp_path / ".procman")
    assert pid_file.acquire(43) is None
    assert pid_file.acquire(44) is None
    assert (tmp_path / ".procman" / "procman.pid").read_text() == "43\n"
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert PidFile(str(tmp_path / ".procman")).acquire(45) == 43


@pytest.mark.parametrize("anew", [False, True])
def test_a_file_that_its_holder_removes_before_we_have_the_lock_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anew: bool
) -> None:
    path = tmp_path / ".procman" / "procman.pid"
    real, calls = fcntl.flock, 0

    def flock(fd: int, how: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            path.unlink()
            path.write_text("") if anew else None
        real(fd, how)

    monkeypatch.setattr("procman.host.lock.fcntl.flock", flock)
    assert PidFile(str(tmp_path / ".procman")).acquire(42) is None
    assert path.read_text() == "42\n"
