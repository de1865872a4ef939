"""Children on pipes and on terminals, for tests that want both."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from procman.host.spawn import WindowSize
from tests.host.test_children import Family, end

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOW = WindowSize(60, 20)
KINDS = pytest.mark.parametrize("kind", ["pipe", "terminal"])


@contextmanager
def family(kind: str) -> Iterator[Family]:
    """One whose children are on pipes, or on terminals."""
    made = Family(WINDOW if kind == "terminal" else None)
    try:
        yield made
    finally:
        end(made)
