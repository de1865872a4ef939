"""What is told of ticks that are to come: `schedule` and `next`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from procman.cli import main, parser
from procman.core.schedule.instants import rfc3339
from procman.core.tasks.run import TickRow
from procman.store.open import in_folder, open_store

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_schedule_tells_the_tick_after_those_that_have_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One that is claimed a moment before its time is not the next one any more."""
    (tmp_path / "procman.yml").write_text(
        "timezone: UTC\ntasks: {mail: {command: run, schedule: every hour}}\n"
    )
    (tmp_path / ".procman").mkdir(mode=0o700)
    claimed = (int(time.time()) // 3600 + 2) * 3600
    store = open_store(in_folder(str(tmp_path / ".procman")))
    store.recall({"mail": "every hour"}, claimed - 3600)
    store.claim([TickRow("mail", claimed, due=claimed)], "me", claimed)
    store.close()
    assert main.run(parser.read(["-d", str(tmp_path), "schedule", "--json"]), None) == 0
    (row,) = json.loads(capfd.readouterr().out)
    assert (row["task"], row["next_tick"]) == ("mail", rfc3339(claimed + 3600))


def test_next_counts_what_comes_and_not_what_a_gap_drops(capfd: pytest.CaptureFixture[str]) -> None:
    words = [
        "next",
        "--json",
        "--expr",
        "*/30 2 * * *",
        "--tz",
        "Europe/Berlin",
        "--from",
        "2024-03-31 00:00",
    ]
    assert main.run(parser.read([*words, "-n", "2"]), None) == 0
    found = json.loads(capfd.readouterr().out)
    assert [each["dst"] for each in found] == ["dropped", None, None]
    assert [each["tick"] for each in found[1:]] == ["2024-04-01T00:00:00Z", "2024-04-01T00:30:00Z"]
