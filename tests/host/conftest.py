"""A child that a test leaves would be another test's to reap: the test that leaves it fails."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.host.pollers import closed_afterwards

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def pollers_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from closed_afterwards(monkeypatch)


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    yield
    with pytest.raises(ChildProcessError):
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
