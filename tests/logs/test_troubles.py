from __future__ import annotations

import errno
import os

import pytest

from procman.errors import UnsafeError
from procman.logs.troubles import RETRY_SECONDS, STEADY_SECONDS, Troubles

WEB, MAIL = "/app/log/web.1.log", "/app/log/mail.1.log"
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
FULL_DISK = (
    "log files cannot be written: No space left on device: make room on the disk;"
    " lines go to the terminal only"
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def troubles(said: list[str]) -> Troubles:
    return Troubles(said.append)


def test_a_full_disk_is_said_once_for_all_files(troubles: Troubles, said: list[str]) -> None:
    for second in range(10):
        troubles.failed(WEB, FULL, float(second))
        troubles.failed(MAIL, FULL, second + 0.5)
    assert said == [FULL_DISK]


def test_a_file_is_tried_again_at_most_once_a_second(troubles: Troubles) -> None:
    assert not troubles.holds(WEB, 5.0)
    troubles.failed(WEB, FULL, 5.0)
    assert troubles.holds(WEB, 5.0 + RETRY_SECONDS - 0.01)
    assert not troubles.holds(WEB, 5.0 + RETRY_SECONDS)
    assert not troubles.holds(MAIL, 5.0)


def test_when_it_works_for_a_while_what_is_missing_is_said(troubles: Troubles, said: list[str]) -> None:
    troubles.missed(7)
    troubles.failed(WEB, FULL, 0.0)
    troubles.missed(5)
    troubles.worked(WEB, 10.0)
    troubles.worked(WEB, 10.0 + STEADY_SECONDS)
    assert said[1:] == ["log files are written again, 12 lines are missing in them"]
    troubles.failed(WEB, FULL, 20.0)
    assert said[2:] == [FULL_DISK]


def test_a_short_line_that_finds_room_is_not_the_end_of_it(troubles: Troubles, said: list[str]) -> None:
    for second in range(10):
        troubles.failed(WEB, FULL, second + 0.0)
        troubles.worked(WEB, second + 0.5)
    assert said == [FULL_DISK]


def test_others_that_are_written_are_not_the_end_of_it(troubles: Troubles, said: list[str]) -> None:
    troubles.failed(WEB, OSError(errno.EISDIR, os.strerror(errno.EISDIR)), 0.0)
    for second in range(10):
        troubles.worked(MAIL, float(second))
    reason = f"{WEB}: Is a directory"
    assert said == [f"log files cannot be written: {reason}; lines go to the terminal only"]


def test_each_reason_is_said(troubles: Troubles, said: list[str]) -> None:
    troubles.failed(WEB, UnsafeError("web.1.log is a symlink"), 0.0)
    troubles.failed(MAIL, FULL, 0.0)
    assert said == [
        "log files cannot be written: web.1.log is a symlink; lines go to the terminal only",
        FULL_DISK,
    ]
