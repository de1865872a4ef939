"""An app for each test, of which nothing may be left when the test ends."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import App

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session", autouse=True)
def _usual_signals() -> None:
    """Background jobs and nohup(1) ignore signals, which children inherit; handlers they do not."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An app without a Procfile yet."""
    made = App(tmp_path)
    yield made
    made.close()
