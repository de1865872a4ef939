"""Hosts and their server killed at random moments under load: no tick is lost, none runs twice."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests import postgres
from tests.end_to_end.hosts import Hosts
from tests.end_to_end.kill_hosts import kill_again_and_again


@pytest.mark.skipif(not postgres.programs(), reason=postgres.WHY_NOT)
def test_hosts_that_are_killed_again_and_again_lose_nothing_and_run_nothing_twice() -> None:
    folder = Path(tempfile.mkdtemp(prefix="hosts"))
    with postgres.running() as server:
        hosts = Hosts(server, folder, "shop")
        try:
            kill_again_and_again(hosts, rounds=3, seed=20261129)
        finally:
            hosts.close()
            shutil.rmtree(folder, ignore_errors=True)
