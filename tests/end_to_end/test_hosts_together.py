"""Two procmans with real children on one server: labels, `concurrency`, `overlap`, `procman hosts`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.harness import PROCMAN, App
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.harness import Running
    from tests.postgres import Server

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Hosts:
    """Folders of one app; `up` starts a procman in one of them."""

    def __init__(self, server: Server, name: str, folder: Path) -> None:
        self.apps = [App(folder / each) for each in ("one", "two")]
        for app in self.apps:
            app.root.mkdir()
            app.procfile(web="exec sleep 1000")
        self.running: list[Running] = []
        self.top = f"store: {server.url}\napp: {name}\n"

    def says(self, tasks: str) -> None:
        for app in self.apps:
            app.tasks(tasks, top=self.top)

    def up(self, number: int, *words: str) -> Running:
        running = self.apps[number].start(*words)
        self.running.append(running)
        running.wait_for("next:|nothing scheduled")
        return running

    def runs(self, *words: str) -> list[dict[str, Any]]:
        return self.apps[0].listed("history", "--all", *words)[::-1]

    def ended(self, task: str, number: int) -> list[dict[str, Any]]:
        """The first runs of a task, once so many have begun and ended."""
        wait_until(lambda: len(self._done(task)) >= number)
        return self._done(task)[:number]

    def _done(self, task: str) -> list[dict[str, Any]]:
        return [run for run in self.runs(task) if run["started_at"] and run["ended_at"]]


def most_at_once(runs: list[dict[str, Any]]) -> int:
    changes = [(run["started_at"], 1) for run in runs] + [(run["ended_at"], -1) for run in runs]
    there = most = 0
    for _, change in sorted(changes):
        there += change
        most = max(most, there)
    return most


@pytest.fixture
def hosts(server: Server, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hosts]:
    made = Hosts(server, request.node.name, tmp_path)
    yield made
    for running in made.running:
        running.stop()
    for app in made.apps:
        app.close()


def test_a_task_with_a_label_runs_where_that_is(hosts: Hosts) -> None:
    hosts.says("train: {command: 'true', runs_on: gpu, schedule: every second}\nmail: 'true'")
    one = hosts.up(0)
    one.wait_for("left to hosts that are started with --label gpu: train")
    hosts.up(1, "--label", "gpu,big")
    hosts.ended("train", 3)
    names = {tuple(each["labels"]): each["instance"] for each in hosts.apps[0].listed("hosts")}
    assert names.keys() == {(), ("gpu", "big")}
    assert "train." not in one.out.text
    (app, _) = hosts.apps
    assert {run["host"] for run in hosts.runs()} == {names[()].partition("@")[2]}
    shown = app.do("hosts").out.splitlines()
    assert shown[0].split() == "instance host pid labels since heartbeat running version clock".split()
    assert "gpu, big" in "".join(shown[1:])
    for columns, headings in (
        (40, "host heartbeat running"),
        (80, "host pid labels heartbeat running clock"),
    ):
        screen = app.launch_on_terminal(*PROCMAN, "hosts", columns=columns)
        screen.wait_for(r"\d s ago")
        assert screen.end() == 0
        assert COLOUR.sub("", screen.out.text).split("\n")[0].split() == headings.split()


def test_no_more_runs_of_a_task_are_there_than_it_says(hosts: Hosts) -> None:
    hosts.says("mail: {command: sleep 0.3, concurrency: 2}")
    for number in (0, 1):
        hosts.up(number)
    for _ in range(8):
        assert hosts.apps[0].do("run", "task", "mail", "--detach").code == 0
    runs = hosts.ended("mail", 8)
    assert [run["outcome"] for run in runs] == ["ok"] * 8
    assert most_at_once(runs) <= 2


def test_a_queue_is_one_over_all_hosts(hosts: Hosts) -> None:
    hosts.says("mail: {command: sleep 1.2, schedule: every second, overlap: queue}")
    for number in (0, 1):
        hosts.up(number)
    runs = hosts.ended("mail", 5)
    assert most_at_once(runs) == 1
    assert [run["tick"] for run in sorted(runs, key=lambda run: run["started_at"])] == [
        run["tick"] for run in runs
    ]


def test_a_run_is_replaced_from_another_host(hosts: Hosts) -> None:
    hosts.says("mail: {command: sleep 1000, schedule: every 2 seconds, overlap: replace}")
    hosts.up(0)
    wait_until(lambda: [run["state"] for run in hosts.runs()][:1] == ["running"])
    hosts.apps[0].tasks("other: 'true'", top=hosts.top)
    assert hosts.apps[0].do("reload").code == 0  # it goes on with what it runs, and claims no more ticks
    number = len(hosts.runs())
    hosts.up(1)
    (last,) = hosts.ended("mail", number)[-1:]
    assert last["outcome"] == "stopped"
    assert last["reason"] == f"replaced by mail.{last['id'] + 1}"


def test_a_run_in_the_foreground_lives_for_the_others(hosts: Hosts) -> None:
    hosts.says("mail: {command: sleep 2, concurrency: 1}")
    hosts.up(0)
    by_hand = hosts.apps[1].launch(*PROCMAN, "run", "task", "mail")
    wait_until(lambda: [run["state"] for run in hosts.runs("mail")] == ["running"])
    assert hosts.apps[0].do("run", "task", "mail", "--detach").code == 0
    assert by_hand.end() == 0
    first, second = hosts.ended("mail", 2)
    assert (first["outcome"], second["outcome"]) == ("ok", "ok")
    assert most_at_once([first, second]) == 1
    assert len(hosts.apps[0].listed("hosts")) == 1


def test_of_a_store_in_a_file_there_is_one_host(app: App) -> None:
    app.procfile(web="true")
    app.tasks("mail: 'true'")
    ended = app.do("hosts")
    assert (ended.code, ended.out.count("\n")) == (0, 1)
    assert "store: postgresql://" in ended.out
    assert app.listed("hosts") == []


def test_a_label_that_is_none_is_refused(app: App) -> None:
    app.procfile(web="true")
    ended = app.do("start", "--label", "gpu,,x")
    assert ended.code == 2
    assert "labels of letters, digits, '_', '-' and '.'" in ended.err
