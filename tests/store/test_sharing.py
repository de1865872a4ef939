"""The one connection of a process: shared by threads, closed before a fork, never used as a copy."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from procman.errors import StoreBusyError, StoreError
from procman.store.open import open_store
from procman.store.sharing import Sharing

from .rows import asked

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sharing() -> Iterator[Sharing]:
    sharing = Sharing(patience=0.01)
    yield sharing
    sharing.close()


def ask(sharing: Sharing, path: str) -> int:
    with sharing.store(path) as store:
        return store.request(asked())[0]


def in_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this were the child."""
    monkeypatch.setattr("os.getpid", lambda: 1)


def test_it_is_opened_once_and_used_by_all_threads(sharing: Sharing, path: str) -> None:
    with sharing.store(path) as first:
        pass
    numbers: list[int] = []
    thread = threading.Thread(target=lambda: numbers.append(ask(sharing, path)))
    thread.start()
    thread.join()
    assert numbers == [1]
    with sharing.store(path) as again:
        assert again is first


def test_before_a_fork_it_is_closed_and_each_side_opens_it_anew(sharing: Sharing, path: str) -> None:
    ask(sharing, path)
    assert os.path.exists(f"{path}-wal")
    sharing.before_fork()
    assert not os.path.exists(f"{path}-wal")
    sharing.in_parent()
    assert ask(sharing, path) == 2
    sharing.before_fork()
    sharing.in_child()
    assert ask(sharing, path) == 3


def test_until_the_fork_is_over_no_thread_opens_it(sharing: Sharing, path: str) -> None:
    refused: list[StoreBusyError] = []

    def try_it() -> None:
        try:
            ask(sharing, path)
        except StoreBusyError as error:
            refused.append(error)

    sharing.before_fork()
    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()
    assert "other threads have had it" in str(refused[0])
    sharing.in_parent()
    assert ask(sharing, path) == 1


def test_a_fork_waits_for_another_thread_but_not_for_ever(sharing: Sharing, path: str) -> None:
    """The disk does not answer, say: then the child has a copy, and lets it be."""

    def fork() -> None:
        sharing.before_fork()
        sharing.in_parent()

    with sharing.store(path) as store:
        thread = threading.Thread(target=fork)
        thread.start()
        thread.join()
        assert store.request(asked()) == (1, True)
    assert ask(sharing, path) == 2


def test_a_fork_in_the_middle_of_a_call_of_the_same_thread_leaves_it_at_work(
    sharing: Sharing, path: str
) -> None:
    """By the handler of a signal."""
    with sharing.store(path) as store:
        sharing.before_fork()
        sharing.in_parent()
        assert store.request(asked()) == (1, True)
    assert ask(sharing, path) == 2


@pytest.mark.parametrize("told", [True, False])
def test_the_child_of_such_a_fork_keeps_nothing_and_says_so(
    sharing: Sharing, path: str, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """With a copy that cannot be closed SQLite would have no locks in this process."""
    with sharing.store(path) as copy:
        in_a_fork(monkeypatch)
        if told:
            sharing.in_child()
        with pytest.raises(StoreError, match="forked in the middle of a call: start it anew"):
            ask(sharing, path)
        with pytest.raises(StoreError, match="opened before a fork"):
            copy.request(asked())
    with pytest.raises(StoreError, match="forked in the middle of a call: start it anew"):
        ask(sharing, path)


def test_a_fork_that_python_is_not_told_of_is_noticed(
    sharing: Sharing, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a server in C that embeds Python."""
    with sharing.store(path) as of_parent:
        of_parent.request(asked())
    in_a_fork(monkeypatch)
    with sharing.store(path) as of_child:
        assert of_child is not of_parent
        assert of_child.request(asked()) == (2, True)


def test_a_call_in_the_middle_of_a_call_is_an_error_and_no_deadlock(sharing: Sharing, path: str) -> None:
    with sharing.store(path) as store:
        with pytest.raises(StoreError, match="by the handler of a signal"):
            ask(sharing, path)
        assert store.request(asked()) == (1, True)


def test_what_others_have_locked_is_told_at_once(
    sharing: Sharing, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(sharing, path)
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("it waits"))
    other = open_store(path)
    with other.together(), pytest.raises(StoreBusyError, match="another program has locked it"):
        ask(sharing, path)
    assert ask(sharing, path) == 2
    other.close()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long SQLite itself is told to wait, by connection."""
    connect = sqlite3.connect
    told: list[float] = []

    def noted(name: str, timeout: float, **rest: Any) -> sqlite3.Connection:
        told.append(timeout)
        connection: sqlite3.Connection = connect(name, timeout=timeout, **rest)
        return connection

    monkeypatch.setattr("procman.store.opening.sqlite3.connect", noted)
    return told


@pytest.mark.parametrize("made", [True, False])
def test_a_store_that_is_locked_while_it_is_opened_or_made_is_told_at_once(
    sharing: Sharing, path: str, patience: list[float], made: bool
) -> None:
    if made:
        open_store(path).close()
        patience.clear()
    locked = path if made else f"{path}.lock"
    with closing(sqlite3.Connection(locked, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusyError, match="another program has locked it"):
            ask(sharing, path)
    assert patience == [0]
    assert ask(sharing, path) == 1


def test_the_end_of_a_copy_does_not_undo_what_its_parent_is_about_to_write(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(path)) as store:
        with store.together():
            store.request(asked())
            with monkeypatch.context() as child:
                in_a_fork(child)
                store.close()
        assert len(store.jobs()) == 1


@pytest.mark.parametrize("how", ["store.request(asked)", "store.run(1)", "store.together().__enter__()"])
def test_a_copy_refuses_to_work_and_its_end_harms_nobody(path: str, how: str) -> None:
    code = f"""
import os, sys
from procman.core.tasks.run import Request, Trigger
from procman.store.open import open_store
asked = Request("mail", (), Trigger.MANUAL, 0.0, 0.0)
store = open_store(sys.argv[1], durable=True)
store.request(asked)
if not os.fork():
    try:
        {how}
    except Exception as error:
        print(error, flush=True)
    store.close()
    del store
    os._exit(0)
os.wait()
print(store.request(asked))
"""
    said = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert said.stdout == f"{path}: opened before a fork: each process opens its own\n(2, True)\n"
    with closing(open_store(path)) as store:
        assert len(store.jobs()) == 2
