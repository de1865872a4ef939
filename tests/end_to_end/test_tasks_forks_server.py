"""`enqueue` in apps that fork, with a store on a server: what it gave a number is there, and nobody hangs."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from procman.store.postgres.store import PostgresStore
from tests.end_to_end.test_tasks_forks import DAEMONS, POOLS, TASKS, THREADS, numbers, run

if TYPE_CHECKING:
    from tests.end_to_end.harness import App
    from tests.postgres import Server


@pytest.fixture
def shop(app: App, server: Server) -> App:
    """An app whose store is on the server."""
    app.tasks(TASKS, top=f'store: "{server.url}"\napp: {app.root.name}\n')
    return app


def kept(app: App, server: Server) -> list[int]:
    with closing(PostgresStore(server.url, app.root.name)) as store:
        return sorted(job.id for job in store.jobs())


@pytest.mark.parametrize("fork", ["os.fork", "ctypes.PyDLL(None).fork"], ids=["told", "untold"])
def test_daemons_that_fork_and_leave_lose_nothing(shop: App, server: Server, fork: str) -> None:
    asked = numbers(run(shop, f"fork = {fork}\n{DAEMONS}"))
    assert len(asked) == 9
    assert kept(shop, server) == sorted(asked)


def test_threads_that_ask_while_another_forks_neither_hang_nor_are_refused(shop: App, server: Server) -> None:
    """Python's own `logging` complains where a thread is the first to import it while another forks."""
    asked = numbers(run(shop, f"import logging\n{THREADS}"))
    assert kept(shop, server) == sorted(asked)


def test_processes_of_multiprocessing_are_heard_however_they_are_started(shop: App, server: Server) -> None:
    asked = numbers(run(shop, POOLS))
    assert len(asked) == 10
    assert kept(shop, server) == sorted(asked)
