"""The row of a task in the foreground, where the store is in trouble for a while."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from procman.cli import stores
from procman.cli.recorded import Recorded
from procman.core.messages import ChildExited
from procman.core.plan.commands import Resolution
from procman.core.tasks.run import Outcome
from procman.errors import StoreBusyError
from procman.store.open import in_folder, open_store

if TYPE_CHECKING:
    from pathlib import Path


class Away:
    """Whether the store is."""

    now = False


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """A run whose store takes nothing as long as `Away.now`."""
    opened = stores.open_for_writing

    def open_for_writing(root: str) -> Any:
        store: Any = opened(root)
        started, finish = store.started, store.finish

        def refused(act: Any) -> Any:
            def do(*values: Any) -> Any:
                if Away.now:
                    raise StoreBusyError("the store: another program has locked it")
                return act(*values)

            return do

        store.started, store.finish = refused(started), refused(finish)
        return store

    monkeypatch.setattr(stores, "open_for_writing", open_for_writing)
    app: Any = SimpleNamespace(root=str(tmp_path))
    kind: Any = None
    return Recorded(app, Resolution(kind, "mail", "run mail"))


def outcomes(folder: Path) -> list[Outcome | None]:
    with closing(open_store(in_folder(str(folder / ".procman")))) as store:
        return [run.outcome for run in store.history()]


def test_a_store_that_was_busy_as_it_began_is_told_of_its_end(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Away, "now", True)
    recorded.started(1)
    monkeypatch.setattr(Away, "now", False)
    recorded.finished(ChildExited(1, 0))
    assert outcomes(tmp_path) == [Outcome.OK]
    assert "when this run began will not be in the history: the store: another" in capfd.readouterr().err


def test_a_store_that_is_busy_as_it_ends_has_no_end_of_it(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    recorded.started(1)
    monkeypatch.setattr(Away, "now", True)
    recorded.finished(ChildExited(1, 0))
    assert outcomes(tmp_path) == [None]
    assert "how this run ended will not be in the history: the store: another" in capfd.readouterr().err


@pytest.mark.parametrize("copied", [True, False])
def test_a_store_that_was_replaced_is_told_of_the_end_if_it_knows_the_run(
    recorded: Recorded, tmp_path: Path, capfd: pytest.CaptureFixture[str], copied: bool
) -> None:
    recorded.started(1)
    there = tmp_path / ".procman"
    there.rename(tmp_path / "aside")
    there.mkdir(mode=0o700)
    if copied:
        with (
            closing(sqlite3.connect(tmp_path / "aside" / "procman.db")) as before,
            closing(sqlite3.connect(there / "procman.db")) as copy,
        ):
            before.backup(copy)
    recorded.finished(ChildExited(1, 0))
    assert outcomes(tmp_path) == [Outcome.OK] * copied
    told = "how this run ended will not be in the history: the store was moved or deleted\n"
    assert capfd.readouterr().err == ("" if copied else f"procman: {told}")
