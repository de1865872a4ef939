"""What tests of several rooms need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server for all tests."""
    if postgres.programs() is None:
        pytest.skip(postgres.WHY_NOT)
    with postgres.running() as server:
        yield server
