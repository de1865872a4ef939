"""The registration demo on two hosts: `store:` is the one line that changes."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.demo import APP, PROCMAN, STATE, Demo, copy_of_demo, environment
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Server

EVERY = 2
"""Seconds between two reminders."""


@pytest.fixture
def hosts(tmp_path: Path, server: Server) -> Iterator[list[Demo]]:
    """Two procmans, each with a copy of the app; the app's own data is where both find it."""
    started: list[Demo] = []
    (tmp_path / STATE).mkdir()
    try:
        for name in ("one", "two"):
            copy = tmp_path / name
            copy.mkdir()
            copy_of_demo(copy, follow_up=1, remind=0, when=f"every {EVERY} seconds")
            file = copy / APP[1] / "procman.yml"
            file.write_text(f'store: "{server.url}"\n{file.read_text()}')
            (copy / STATE).symlink_to(tmp_path / STATE)
            started.append(Demo(copy, *APP))
            started[-1].wait_for_web()
        yield started
    finally:
        for demo in started:
            demo.end()
            print(demo.log)


def history(demo: Demo, *words: str) -> list[dict[str, Any]]:
    """What the store has, the oldest first."""
    command = [*PROCMAN, "history", "--all", "--json", *APP, *words]
    asked = subprocess.run(
        command, cwd=demo.copy, env=environment(demo.copy), capture_output=True, check=True
    )
    found: list[dict[str, Any]] = json.loads(asked.stdout)
    return found[::-1]


def test_two_hosts_share_the_tasks_of_one_app(hosts: list[Demo]) -> None:
    one, two = hosts
    for demo in hosts:
        demo.wait_for_line("the app is 'registration' in postgresql (")
    one.register("Ann", "ann@example.com")
    two.register("Bob", "bob@example.com")
    wait_until(lambda: len(one.mails("going")) == 2)
    wait_until(lambda: len([run for run in history(two) if run["task"] == "remind_of_registration"]) > 3)

    code = one.stop()
    there = history(two)[-1]["id"]
    wait_until(lambda: history(two)[-1]["id"] > there + 1)
    assert code == two.stop() == 0

    jobs = [run for run in history(one, "how_is_it_going") if run["task"] == "how_is_it_going"]
    assert [run["outcome"] for run in jobs] == ["ok", "ok"]
    assert len(one.mails("going")) == 2
    ticks = [run["tick"] for run in history(one, "remind_of_registration") if run["attempt"] == 1]
    assert len(ticks) == len(set(ticks)) > 4
    for run in history(one):
        began = [f"{run['task']}.{run['id']} started (pid" in demo.log for demo in hosts]
        assert sum(began) == (1 if run["started_at"] else 0), run
