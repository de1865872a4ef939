"""The thirty lines of `examples/control`, written from docs/protocol.md alone, do what they say."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.end_to_end.harness import PYTHON
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

EXAMPLE = Path(__file__).parents[2] / "examples" / "control"


def test_the_example_lists_processes_and_follows_them(app: App) -> None:
    for name in ("client.py", "Procfile"):
        shutil.copy(EXAMPLE / name, app.root)
    running = app.start("-p", "7000")
    wait_until(lambda: os.path.exists(app.root / ".procman" / "control.sock"))
    client = app.launch(PYTHON, "client.py", "web")
    client.wait_for(r"web\.1 running \d+\n(.*\n)*worker\.1 running \d+\n(.*\n)*web\.1: tick 7000\n")
    again = app.launch(PYTHON, "client.py", "wbe")
    assert again.end() == 1
    assert "did you mean 'web'" in again.err.text
    assert running.stop() == 0
    assert client.end() == 0
    assert len((EXAMPLE / "client.py").read_text().splitlines()) <= 35
