from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.store.open import open_store
from procman.testing.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from procman.engine.store import Store


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where a store may be."""
    return str(tmp_path / "procman.db")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, path: str) -> Iterator[Store]:
    """Each kind of store, empty."""
    store: Store = MemoryStore() if request.param == "memory" else open_store(path)
    yield store
    store.close()
