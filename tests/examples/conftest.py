"""The modules of the registration app, which no package index has."""

from __future__ import annotations

from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "examples" / "registration"


@pytest.fixture(autouse=True)
def registration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `import registration` find it."""
    monkeypatch.syspath_prepend(APP)
