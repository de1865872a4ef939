"""A call of `enqueue` while others have the store: it asks again, and gives up in the end."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from procman import enqueue
from procman.errors import StoreBusyError
from procman.store.sharing import SHARING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """Somebody who has the store of the app locked."""
    (tmp_path / "procman.yml").write_text("tasks: {show: 'true'}\n")
    monkeypatch.setenv("PROCMAN_ROOT", str(tmp_path))
    assert enqueue("show") == 1
    others = sqlite3.connect(tmp_path / ".procman" / "procman.db", isolation_level=None)
    others.execute("BEGIN IMMEDIATE")
    yield others
    others.close()
    SHARING.close()


def test_it_asks_again_until_the_store_is_unlocked(
    others: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: Iterator[Callable[[], object]] = iter(
        [lambda: None, lambda: None, lambda: others.execute("ROLLBACK")]
    )
    monkeypatch.setattr("time.sleep", lambda _: next(turns)())
    assert enqueue("show") == 2
    assert not list(turns)


def test_it_gives_up_in_the_end_and_nothing_is_kept(
    others: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 10 s, which pass quickly here."""
    passing = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(passing)))
    with pytest.raises(StoreBusyError, match="another program has locked it for 10 s: end that program"):
        enqueue("show")
    others.execute("ROLLBACK")
    assert next(passing) in range(9, 20)
    assert enqueue("show") == 2


def test_a_store_that_cannot_be_meant_is_the_error_that_is_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "procman.yml").write_text("tasks: {show: 'true'}\n")
    monkeypatch.setenv("PROCMAN_ROOT", str(tmp_path))
    monkeypatch.setenv("PROCMAN_STORE", "mysql://me:secret@db/shop")
    with pytest.raises(
        ValueError, match="it is not known where the app keeps its state:\nPROCMAN_STORE: "
    ) as caught:
        enqueue("show")
    assert "secret" not in str(caught.value)
