"""The state folder: whose it is, who may write there, and what is opened in it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from procman import statefolder
from procman.errors import StoreError, UnsafeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOMEBODY = 4711


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".procman"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_it_is_made_for_its_owner_alone_and_kept_out_of_git(folder: Path) -> None:
    before = os.umask(0)
    try:
        statefolder.prepare(str(folder))
    finally:
        os.umask(before)
    assert mode(folder) == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"


def test_one_that_is_there_stays_as_it_is(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "procman.db").write_text("kept")
    statefolder.prepare(str(folder))
    assert [path.name for path in folder.iterdir()] == ["procman.db"]


def test_it_is_made_with_its_parents(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "lib" / "state"
    statefolder.prepare(str(folder))
    assert mode(folder) == 0o700


@pytest.mark.parametrize("others", [0o755, 0o711, 0o2750])
def test_one_that_others_may_look_into_is_closed(folder: Path, others: int) -> None:
    folder.mkdir()
    folder.chmod(others)
    statefolder.prepare(str(folder))
    assert mode(folder) == others & ~0o077


@pytest.mark.parametrize("others", [0o775, 0o777, 0o1777, 0o702])
def test_one_that_others_may_write_is_refused_with_what_to_do(folder: Path, others: int) -> None:
    folder.mkdir()
    folder.chmod(others)
    with pytest.raises(
        UnsafeError, match=r"can be written by other users: see .* 'chmod 700 .*/\.procman', or"
    ):
        statefolder.prepare(str(folder))
    assert mode(folder) == others


def as_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: SOMEBODY)


def test_one_of_another_user_is_refused_with_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(mode=0o700)
    as_somebody(monkeypatch)
    text = rf"\.procman belongs to another user \(number {os.getuid()}\): run procman as that user, or keep"
    with pytest.raises(UnsafeError, match=text):
        statefolder.prepare(str(folder))


def test_a_symlink_of_one_s_own_is_followed(folder: Path, tmp_path: Path) -> None:
    """Capistrano's shared folders."""
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    folder.symlink_to(shared)
    statefolder.prepare(str(folder))
    assert mode(shared) == 0o700


def link_of(folder: Path, target: Path, user: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A symlink of another user to a folder of ours."""
    target.mkdir(mode=0o700)
    folder.symlink_to(target)
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        found = real(path)
        if path != str(folder):
            return found
        return os.stat_result([*found[:4], user, *found[5:10]])

    monkeypatch.setattr("os.lstat", lstat)


def test_a_symlink_of_another_user_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_of(folder, tmp_path / "target", SOMEBODY, monkeypatch)
    with pytest.raises(
        UnsafeError, match=r"is a symlink of another user \(number 4711\): remove it, or keep"
    ):
        statefolder.prepare(str(folder))


def test_a_symlink_of_root_is_followed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link_of(folder, tmp_path / "target", 0, monkeypatch)
    statefolder.prepare(str(folder))


def test_a_symlink_to_nothing_says_so(folder: Path, tmp_path: Path) -> None:
    folder.symlink_to(tmp_path / "nothing")
    with pytest.raises(StoreError, match=r"\.procman leads to a folder that is not there: make it, or keep"):
        statefolder.prepare(str(folder))


def test_something_else_in_its_place_says_so(folder: Path) -> None:
    folder.write_text("")
    with pytest.raises(StoreError, match=r"\.procman is not a folder: move it away"):
        statefolder.prepare(str(folder))


def test_what_the_system_does_not_allow_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mkdir(path: str, mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.mkdir", mkdir)
    with pytest.raises(StoreError, match=r"\.procman cannot be made: No space left on device: make room"):
        statefolder.prepare(str(folder))


# Files


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "procman.pid"


def test_a_new_file_is_its_owner_s_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        os.close(statefolder.open_file(str(path)))
    finally:
        os.umask(before)
    assert mode(path) == 0o600


def test_a_file_that_is_there_is_opened_as_it_is(path: Path) -> None:
    path.write_text("kept")
    fd = statefolder.open_file(str(path))
    assert os.read(fd, 10) == b"kept"
    os.close(fd)


def test_a_file_that_comes_and_goes_meanwhile_is_opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.open, 0

    def race(name: str, flags: int, mode: int = 0o777) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:  # between our look and our making
            path.write_text("theirs")
        return real(name, flags, mode)

    monkeypatch.setattr("os.open", race)
    fd = statefolder.open_file(str(path))
    assert os.read(fd, 10) == b"theirs"
    os.close(fd)


OPEN: list[Callable[[str], object]] = [
    statefolder.open_file,
    lambda path: statefolder.open_found(path, os.O_RDONLY),
    statefolder.check,
]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("open_it", OPEN)
def test_a_symlink_is_not_followed(path: Path, open_it: Callable[[str], object], there: bool) -> None:
    other = path.parent / "other"
    if there:
        other.write_text("kept")
    path.symlink_to(other)
    with pytest.raises(
        UnsafeError, match=r"procman\.pid is a symlink, which procman does not follow: remove it"
    ):
        open_it(str(path))
    assert other.exists() is there


@pytest.mark.parametrize("open_it", OPEN)
def test_a_file_of_another_user_is_not_opened(
    path: Path, open_it: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("theirs")
    as_somebody(monkeypatch)
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(UnsafeError, match="belongs to another user"):
        open_it(str(path))
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_a_pipe_is_no_file_and_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(UnsafeError, match=r"procman\.pid is not what procman makes there: remove it"):
        statefolder.open_file(str(path))


def test_what_is_not_there_is_safe(path: Path) -> None:
    statefolder.check(str(path))
