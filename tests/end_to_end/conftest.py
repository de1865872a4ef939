"""An app for each test, of which nothing may be left when the test ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import App

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An app without a Procfile yet."""
    made = App(tmp_path)
    yield made
    made.close()
