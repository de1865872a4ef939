"""What the system is short of, in words."""

from __future__ import annotations

import _thread
import errno
import os
import sqlite3
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from procman import shortages
from procman.errors import ShortageError
from procman.host import identity
from procman.host.poller import Poller
from procman.host.worker import Worker
from procman.logs.writer import Writer
from procman.store import failures

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EMFILE, "ulimit -n"),
        (errno.EAGAIN, "ulimit -u"),
        (errno.ENOMEM, "ulimit -v"),
        (errno.EFBIG, "ulimit -f"),
        (errno.ENOSPC, "make room"),
        (errno.EACCES, None),
    ],
)
def test_a_reason_is_what_the_system_says_and_what_to_do(number: int, advice: str | None) -> None:
    said = shortages.reason(OSError(number, "ignored"))
    assert said.partition(": ")[0] == os.strerror(number)
    assert (advice in said) if advice else said == os.strerror(number)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(errno.EACCES, "?", "a/b"), "a/b: Permission denied"),
        (OSError(errno.EACCES, "?", b"a/\xff"), "a/\udcff: Permission denied"),
        (OSError("of Python's own"), "of Python's own"),
        (MemoryError(), "out of memory: free some memory, or raise the limit with 'ulimit -v'"),
        (ImportError("no room", name="_ctypes"), "Python cannot load its module _ctypes (no room): see"),
        (ImportError("a bug", name="procman.cli.strat"), None),
        (ValueError("a bug"), None),
    ],
)
def test_what_is_told_and_what_is_a_bug(error: Exception, text: str | None) -> None:
    said = shortages.in_words(error)
    assert said is None if text is None else (said or "").startswith(text)


@pytest.mark.parametrize(
    "start",
    [lambda poller: Writer(1, poller.wake), lambda poller: Worker(lambda _: (), poller)],
    ids=["writer", "worker"],
)
def test_no_thread_to_be_had_is_told(
    start: Callable[[Poller], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    with pytest.raises(ShortageError, match="ulimit -u"):
        start(Poller())


def test_a_store_that_cannot_be_opened_for_want_of_descriptors_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    assert "see that you own it" in str(failures.failure(error, "a.db"))

    def refuse(*_: object) -> int:
        raise OSError(errno.EMFILE, "?")

    monkeypatch.setattr(os, "open", refuse)
    assert str(failures.failure(error, "a.db")).startswith("a.db: Too many open files: raise the limit")


def test_who_may_not_look_at_itself_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", partial(int, 2**30))
    assert identity.identity(2**30) is None
    with pytest.raises(FileNotFoundError):
        identity.own()
