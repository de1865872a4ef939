from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.store.open import open_store
from procman.store.postgres.store import PostgresStore
from procman.testing.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from procman.engine.store import Store


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where a store may be."""
    return str(tmp_path / "procman.db")


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, path: str) -> Iterator[Store]:
    """Each kind of store, empty."""
    store = opened(request.param, path, request)
    yield store
    store.close()


def opened(kind: str, path: str, request: pytest.FixtureRequest) -> Store:
    if kind == "memory":
        return MemoryStore()
    if kind == "sqlite":
        return open_store(path)
    server = request.getfixturevalue("server")
    return PostgresStore(server.url, request.node.name)
