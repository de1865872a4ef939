from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.host.pollers import closed_afterwards

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def pollers_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from closed_afterwards(monkeypatch)
