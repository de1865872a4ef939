"""The log's own file: moved when it is large, begun anew when it is gone, never anything else's."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.host.logger import Logger

if TYPE_CHECKING:
    from collections.abc import Iterator

STRANGER = 4711
MOST = 100
"""Bytes at which a file is moved."""


@pytest.fixture
def loggers() -> Iterator[list[Logger]]:
    made: list[Logger] = []
    yield made
    for each in made:
        each.process.kill()
        each.process.communicate()


@pytest.fixture
def logger(tmp_path: Path, loggers: list[Logger]) -> Logger:
    loggers.append(Logger(tmp_path / "procman.log", MOST))
    return loggers[0].begin()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def block(number: int) -> str:
    """Lines of just as much as a file has at most."""
    return f"{number:09}\n" * 10


def test_a_file_below_the_limit_stays_and_one_at_the_limit_is_moved(logger: Logger) -> None:
    logger.put("x" * 98 + "\n")
    assert [path.name for path in logger.files] == ["procman.log"]
    logger.put("\n")
    assert logger.texts == ["x" * 98 + "\n\n", ""]
    assert [path.name for path in logger.files] == ["procman.log.1", "procman.log"]


def test_no_more_than_five_old_ones_are_kept_the_newest_is_the_first(logger: Logger) -> None:
    for number in range(12):
        logger.put(block(number))
    assert logger.texts == [*map(block, range(7, 12)), ""]
    assert {mode(path) for path in logger.files} == {0o600}


def test_no_line_is_lost_doubled_or_cut_over_many_moves(tmp_path: Path, loggers: list[Logger]) -> None:
    loggers.append(logger := Logger(tmp_path / "log", most=5000, kept=2000).begin())
    logger.do(r'[writer.put([b"%d\n" % number]) for number in range(50_000)]')
    assert logger.end() == 0
    texts = logger.texts
    assert len(texts) > 10
    assert all(text.endswith("\n") for text in texts if text)
    assert "".join(texts) == "".join(f"{number}\n" for number in range(50_000))


def test_a_block_larger_than_the_limit_is_whole_in_one_file(logger: Logger) -> None:
    text = "y" * 999_999 + "\n"
    logger.put(text)
    logger.put("more\n")
    assert logger.texts == [text, "more\n"]


def test_what_was_there_is_kept_and_counts(tmp_path: Path, loggers: list[Logger]) -> None:
    path = tmp_path / "procman.log"
    path.write_text("old\n" * 24)
    loggers.append(logger := Logger(path).begin())
    logger.put("new\n")
    assert logger.texts == ["old\n" * 24 + "new\n", ""]


def test_stderr_follows_into_the_new_file(logger: Logger) -> None:
    logger.put(block(0))
    logger.do(r'os.write(2, b"traceback\n")')
    logger.put("more\n")
    assert logger.texts == [block(0), "traceback\nmore\n"]


def test_one_that_somebody_moved_or_deleted_is_begun_anew(logger: Logger) -> None:
    logger.put("one\n")
    away = logger.path.rename(logger.path.parent / "away")
    logger.put("two\n")
    logger.put("three\n")
    assert (away.read_text(), logger.path.read_text()) == ("one\ntwo\n", "three\n")
    logger.path.unlink()
    logger.put("four\n")
    logger.put("five\n")
    assert (logger.path.read_text(), mode(logger.path)) == ("five\n", 0o600)
    assert len(logger.files) == 1


def test_one_that_somebody_emptied_goes_on_without_a_hole(logger: Logger) -> None:
    logger.put("one\n")
    os.truncate(logger.path, 0)
    logger.put("two\n")
    assert logger.texts == ["two\n"]


@pytest.mark.parametrize("kind", ["symlink", "dangling", "folder", "fifo"])
def test_nothing_else_in_its_place_is_written_to_and_the_log_goes_on(logger: Logger, kind: str) -> None:
    away, victim = logger.path.parent / "away", logger.path.parent / "victim"
    victim.write_text("mine\n")
    logger.path.rename(away)
    if kind == "folder":
        logger.path.mkdir()
    elif kind == "fifo":
        os.mkfifo(logger.path)
    else:
        logger.path.symlink_to(victim if kind == "symlink" else "missing")
    for number in range(3):
        logger.put(block(number))
    assert away.read_text() == "".join(map(block, range(3)))
    assert victim.read_text() == "mine\n"
    assert not (logger.path.parent / "missing").exists()
    logger.path.rename(logger.path.parent / "aside")
    logger.put("last\n")
    logger.put("new\n")
    assert logger.path.read_text() in ("new\n", "last\nnew\n")  # it looks behind each write
    assert (away.read_text() + logger.path.read_text()).endswith(f"{block(2)}last\nnew\n")


def test_a_symlink_among_the_old_ones_is_moved_and_not_followed(logger: Logger) -> None:
    victim = logger.path.parent / "victim"
    victim.write_text("mine\n")
    (logger.path.parent / "procman.log.1").symlink_to(victim)
    for number in range(3):
        logger.put(block(number))
    assert victim.read_text() == "mine\n"
    assert (logger.path.parent / "procman.log.1").read_text() == block(2)


def test_a_folder_among_the_old_ones_ends_no_rotation(logger: Logger) -> None:
    folder = logger.path.parent / "procman.log.5"
    folder.mkdir()
    (folder / "something").write_text("mine\n")
    for number in range(8):
        logger.put(block(number))
    sizes = [path.stat().st_size for path in logger.files if path.is_file()]
    assert max(sizes) <= len(block(0)), "the log grows for ever"


def test_without_a_free_descriptor_it_goes_on_and_nothing_old_is_lost(logger: Logger) -> None:
    logger.put(block(0))
    logger.do("files(3)")
    for number in range(1, 9):
        logger.put(block(number))
    logger.do("files(most_files)")
    logger.put("one\n")
    logger.put("two\n")
    assert "".join(logger.texts) == "".join(map(block, range(9))) + "one\ntwo\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, whom modes stop")
def test_in_a_folder_that_cannot_be_written_it_goes_on_in_the_same_file(loggers: list[Logger]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        loggers.append(logger := Logger(folder / "procman.log").begin())
        for path in (folder, folder / "procman.log"):
            os.chown(path, STRANGER, STRANGER)
        folder.chmod(0o500)
        logger.do(f"os.setresuid(*[{STRANGER}] * 3)")
        for number in range(8):
            logger.put(block(number))
        assert logger.texts == ["".join(map(block, range(8)))]
        folder.chmod(0o700)
        logger.put("last\n")
        assert logger.texts == ["".join(map(block, range(8))) + "last\n", ""]
    finally:
        shutil.rmtree(folder)


# Another procman moves the file (`start --separate`) when this one has looked at it and is about to move it.
OTHER_IS_FASTER = f"""
import fcntl
def flock(folder, how, real=fcntl.flock):
    fcntl.flock = real
    Rotation(sys.argv[1], {MOST})()
    real(folder, how)
fcntl.flock = flock
"""


def test_two_who_move_it_at_the_same_time_lose_nothing(logger: Logger) -> None:
    logger.do(f"exec({OTHER_IS_FASTER!r}, globals())")
    logger.put(block(0))
    logger.put("more\n")
    assert "".join(logger.texts) == block(0) + "more\n"
