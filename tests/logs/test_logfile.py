"""One log file: whole lines, rotation, and what somebody else does to it."""

from __future__ import annotations

import errno
import os
import resource
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.errors import UnsafeError
from procman.logs.logfile import LOOK_SECONDS, LogFile, Sizes
from tests.logs.kept import kept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from procman.core.text.prefix import Buffer


class File:
    """A log file, and a clock that shows later at each `add`."""

    def __init__(self, folder: Path, most: int = 100, old: int = 5) -> None:
        self.path = folder / "web.1.log"
        self.file = LogFile(str(self.path), Sizes(most, old))
        self.now = 0.0

    def add(self, *buffers: Buffer, later: float = 1.0) -> None:
        self.now += later
        self.file.add(list(buffers), self.now)

    @property
    def texts(self) -> list[bytes]:
        """What is in all of them, the oldest first."""
        return [path.read_bytes() for path in kept(self.path)]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[File]:
    made = File(tmp_path)
    yield made
    made.file.close()


LINE = b"123456789\n"


def test_nothing_is_there_before_the_first_line(file: File) -> None:
    assert not file.path.exists()
    file.add(b"one\n", memoryview(b"two\n"))
    assert file.texts == [b"one\ntwo\n"]


def test_the_file_and_a_folder_that_is_made_are_for_their_owner_alone(tmp_path: Path) -> None:
    file = File(tmp_path / "log")
    file.add(LINE * 11)
    file.file.close()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file.path.parent, *kept(file.path))]
    assert modes == [0o700, 0o600, 0o600]


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    file = File(tmp_path)
    file.add(LINE)
    file.file.close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_file_is_as_full_as_it_may_be_and_cut_between_lines(file: File) -> None:
    file.add(LINE * 9 + b"1234\n")
    file.add(LINE * 12)
    assert file.texts == [LINE * 9 + b"1234\n", LINE * 10, LINE * 2]


def test_a_full_file_is_left_alone_until_there_is_another_line(file: File) -> None:
    file.add(LINE * 10)
    assert file.texts == [LINE * 10]


def test_a_line_larger_than_a_file_is_whole_and_alone_in_one(file: File) -> None:
    long = b"x" * 250 + b"\n"
    file.add(b"before\n" + long + b"after\n")
    assert file.texts == [b"before\n", long, b"after\n"]


def test_no_more_old_ones_are_kept_than_asked_for_the_newest_is_the_first(file: File) -> None:
    for number in range(10):
        file.add(b"%09d\n" % number * 10)
    assert file.texts == [b"%09d\n" % number * 10 for number in range(4, 10)]
    assert {path.name for path in file.path.parent.iterdir()} == {
        "web.1.log",
        *(f"web.1.log.{number}" for number in range(1, 6)),
    }


def test_without_old_ones_a_full_file_is_begun_anew(tmp_path: Path) -> None:
    file = File(tmp_path, old=0)
    file.add(LINE * 10)
    file.add(b"next\n")
    file.file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["web.1.log"]
    assert file.texts == [b"next\n"]


def test_a_file_of_any_size_is_never_moved(tmp_path: Path) -> None:
    file = File(tmp_path, most=0)
    file.add(LINE * 10_000)
    file.add(LINE)
    file.file.close()
    assert file.texts == [LINE * 10_001]


@given(st.lists(st.lists(st.binary(max_size=60), min_size=1, max_size=30), max_size=15), st.integers(1, 200))
def test_no_line_is_lost_doubled_or_cut(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[bytes]], most: int
) -> None:
    file = File(tmp_path_factory.mktemp("log"), most, old=1000)
    lines = [[line.replace(b"\n", b"") + b"\n" for line in batch] for batch in batches]
    for batch in lines:
        file.add(b"".join(batch), later=LOOK_SECONDS / 3)
    file.file.close()
    texts = file.texts
    assert b"".join(texts) == b"".join(line for batch in lines for line in batch)
    assert all(text.endswith(b"\n") for text in texts)
    assert all(len(text) <= most or text.count(b"\n") == 1 for text in texts)


def test_one_that_somebody_has_moved_is_begun_anew(file: File) -> None:
    file.add(b"one\n")
    away = file.path.rename(file.path.parent / "away")
    file.add(b"two\n")
    assert (away.read_bytes(), file.texts) == (b"one\n", [b"two\n"])
    file.path.unlink()
    file.add(b"three\n")
    assert file.texts == [b"three\n"]


def test_one_that_was_closed_is_begun_anew_at_once(file: File) -> None:
    file.add(b"one\n")
    file.path.rename(file.path.parent / "away")
    file.file.close()
    file.add(b"two\n", later=0.0)
    assert file.texts == [b"two\n"]


def test_it_is_not_looked_at_again_and_again_in_a_flood(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []
    real = os.stat

    def counted(path: str) -> os.stat_result:
        looks.append(path)
        return real(path)

    file.add(b"one\n")
    monkeypatch.setattr("procman.statefolder.os.stat", counted)
    for _ in range(100):
        file.add(b"x\n", later=LOOK_SECONDS / 100)
    assert len(looks) <= 1


def test_one_that_somebody_has_emptied_goes_on_without_a_hole(file: File) -> None:
    file.add(LINE * 9)
    os.truncate(file.path, 0)
    file.add(LINE * 3)
    assert file.texts == [LINE * 3]


def test_a_folder_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    file = File(tmp_path / "log")
    file.add(b"one\n")
    file.path.unlink()
    file.path.parent.rmdir()
    file.add(b"two\n")
    file.file.close()
    assert file.texts == [b"two\n"]


def test_what_was_there_is_kept_and_counts(file: File) -> None:
    file.path.write_bytes(LINE * 8)
    file.add(LINE * 4)
    assert file.texts == [LINE * 10, LINE * 2]


def test_a_line_that_was_not_ended_does_not_grow_by_the_next(file: File) -> None:
    file.path.write_bytes(b"whole\nkilled in the mi")
    file.add(b"next\n")
    assert file.texts == [b"whole\nkilled in the mi\nnext\n"]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """RLIMIT_FSIZE: what is beyond is EFBIG, as ENOSPC would be; some of a write may have been written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_of_what_could_not_be_written_whole_lines_stay(file: File) -> None:
    file.add(b"before\n")
    with files_of_at_most(30), pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
        file.add(b"head ", memoryview(LINE * 4))
    assert file.texts == [b"before\nhead " + LINE]
    assert file.file.stored == len(b"head " + LINE)
    file.add(b"next\n")
    assert file.texts == [b"before\nhead " + LINE + b"next\n"]


def test_where_somebody_else_writes_too_nothing_is_taken_back(file: File) -> None:
    file.add(b"before\n")
    with file.path.open("ab") as other:
        other.write(b"theirs\n")
    with files_of_at_most(30), pytest.raises(OSError, match="large"):
        file.add(LINE * 4, later=0.0)
    assert file.texts == [b"before\ntheirs\n" + LINE + b"123456"]
    file.add(b"next\n")
    assert file.texts == [b"before\ntheirs\n" + LINE + b"123456\nnext\n"]


def test_a_symlink_is_not_followed_and_said_to_be_one(file: File) -> None:
    victim = file.path.parent / "victim"
    victim.write_bytes(b"mine\n")
    file.path.symlink_to(victim)
    with pytest.raises(UnsafeError, match="is a symlink"):
        file.add(b"one\n")
    assert victim.read_bytes() == b"mine\n"


def test_a_folder_in_the_way_of_an_old_one_ends_no_rotation(file: File) -> None:
    (file.path.parent / "web.1.log.3").mkdir()
    for number in range(9):
        file.add(b"%09d\n" % number * 10)
    names = [path for path in kept(file.path) if path.is_file()]
    assert max(path.stat().st_size for path in names) == 100
    assert names[-1].read_bytes() == b"%09d\n" % 8 * 10


def test_a_file_that_cannot_be_moved_goes_on_as_it_is(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*paths: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    file.add(LINE * 10)
    monkeypatch.setattr("procman.logs.logfile.os.replace", refused)
    file.add(LINE * 20)
    assert file.texts == [LINE * 30]
    monkeypatch.undo()
    file.add(LINE)
    assert file.texts == [LINE * 30, LINE]
