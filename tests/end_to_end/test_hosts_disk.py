"""The disk of the server is full, while two hosts are at work; and then there is room again."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from procman.core.tasks.run import Outcome
from procman.errors import StoreError
from tests import postgres
from tests.end_to_end.hosts import Hosts
from tests.end_to_end.output import wait_until
from tests.end_to_end.small_disk import SmallDisk
from tests.end_to_end.test_hosts import EVERY, closed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Server

FULL = "the disk of the server is full: make room"
ROOM = "32m"
"""For a database of 8 MB, which is in two places while it moves."""


def move_database(server: Server, path: Path) -> None:
    """To another disk; what is about to be written goes to the one of the server."""
    with closing(psycopg.connect(server.url_of("template1"), autocommit=True)) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{path}'")
        connection.execute("ALTER DATABASE postgres SET TABLESPACE small")


def ask(hosts: Hosts) -> tuple[int, str]:
    """As often as it is kept: how often that was, and why the next was not."""
    for asked in itertools.count():
        try:
            hosts.enqueue("asked")
        except StoreError as error:
            return asked, str(error)
    raise AssertionError


@pytest.fixture
def disk() -> Iterator[tuple[Hosts, SmallDisk]]:
    if postgres.programs() is None:
        pytest.skip(postgres.WHY_NOT)
    folder = Path(tempfile.mkdtemp(prefix="hosts"))  # short, as sockets want it
    with postgres.running() as server:
        disk = SmallDisk(server.folder / "small", ROOM, postgres.account().get("user", 0))
        hosts = Hosts(server, folder, "full")
        try:
            move_database(server, disk.path)
            yield hosts, disk
        finally:
            hosts.close()
            server.stop()
            disk.close()
            shutil.rmtree(folder, ignore_errors=True)


def test_what_the_disk_takes_is_kept_and_what_it_does_not_is_told(disk: tuple[Hosts, SmallDisk]) -> None:
    hosts, small = disk
    hosts.enqueue("asked")  # which makes the tables
    for _ in range(2):
        hosts.add(EVERY + "\nasked: {command: ./work, overlap: allow}").up()
    hosts.wait_for_run(task="tick", outcome=Outcome.OK)
    small.fill()
    more, told = ask(hosts)
    asked = 1 + more
    assert FULL in told
    for each in hosts.all:
        assert each.running
        each.running.wait_for(FULL)
    small.clear()
    for each in hosts.all:
        assert each.running
        each.running.wait_for("the store can be written again")
    before = hosts.count("task = 'tick'")
    wait_until(lambda: hosts.count("task = 'tick'") > before + 3)
    wait_until(lambda: hosts.count("task = 'asked' AND outcome = 'ok'") == asked)
    assert hosts.count("task = 'asked'") == asked
    closed(hosts, *hosts.all)
