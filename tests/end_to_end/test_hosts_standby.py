"""Two hosts, two servers: the first dies, and its standby takes over."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.run import Outcome, Request, State, Trigger
from procman.engine.intake import SET_BACK
from procman.errors import StoreError
from procman.store.postgres.store import PostgresStore
from tests import postgres
from tests.end_to_end import hurried
from tests.end_to_end.hosts import Hosts
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.hosts import Host
    from tests.postgres import Server

TASKS = """
tick: {command: ./work 0.1, schedule: every second, grace: 1d, missed: all}
job: ./work 0.1
long: 'echo "begin long" >> ../trace; until test -e ../free; do sleep 0.05; done; echo "end long" >> ../trace'
brief: until test -e ../gone; do sleep 0.05; done
"""
BOTH = "&target_session_attrs=read-write"


@pytest.fixture
def pair() -> Iterator[tuple[Hosts, Server]]:
    """Hosts at a server, and the standby of that."""
    if postgres.programs() is None:
        pytest.skip(postgres.WHY_NOT)
    folder = Path(tempfile.mkdtemp(prefix="hosts"))  # short, as sockets want it
    with postgres.running() as server, postgres.running(standby_of=server) as standby:
        hosts = Hosts(server, folder, "shop")
        yield hosts, standby
        hosts.close()
    shutil.rmtree(folder, ignore_errors=True)


def up(hosts: Hosts, standby: Server, more: str = BOTH) -> list[Host]:
    """Two of them; they know both servers."""
    both = f"{hosts.server.folder},{standby.folder}"
    found = [hosts.add(TASKS) for _ in range(2)]
    for each in found:
        each.tasks(TASKS, top=f"store: postgresql://procman@/postgres?host={both}{more}\napp: {hosts.app}\n")
        each.up().wait_for("web.1 started")
    wait_until(lambda: hosts.count("outcome = 'ok'") > 2)
    return found


def take_over(hosts: Hosts, standby: Server) -> None:
    hosts.server.stop()
    with pytest.raises(
        StoreError, match=r"the server takes no changes: name the one that does \(session is read-only"
    ):
        PostgresStore(standby.url + BOTH, hosts.app)
    standby.promote()
    hosts.server = standby


def goes_on(hosts: Hosts) -> None:
    """Ticks and jobs run."""
    before = hosts.count("outcome = 'ok'")
    hosts.enqueue("job")
    hosts.wait_for_run(task="job", outcome=Outcome.OK)
    wait_until(lambda: hosts.count("outcome = 'ok'") > before + 4)


def finish(hosts: Hosts) -> None:
    """All that ran is closed."""
    for each in hosts.all:
        assert each.running
        assert each.running.stop() == 0, each.running.out.text
        assert "Traceback" not in each.running.out.text + each.running.err.text
    assert {run.state for run in hosts.runs} <= {State.FINISHED, State.PENDING}


@pytest.mark.parametrize("more", ["", BOTH])
def test_a_standby_that_has_everything_takes_over_and_each_tick_runs_once(
    pair: tuple[Hosts, Server], more: str
) -> None:
    hosts, standby = pair
    hosts.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
    hosts.ask("SELECT pg_reload_conf()")
    up(hosts, standby, more)
    take_over(hosts, standby)
    hosts.ask("ALTER SYSTEM RESET synchronous_standby_names")
    hosts.ask("SELECT pg_reload_conf()")
    goes_on(hosts)
    finish(hosts)
    ticks = sorted(run.tick or 0 for run in hosts.runs if run.task == "tick")
    assert ticks == list(range(ticks[0], ticks[-1] + 1))
    begun = Counter(step[2] for step in hosts.steps if step[:2] == ["begin", "tick"])
    assert set(begun.values()) == {1}


def test_what_a_standby_did_not_get_is_gone_and_all_goes_on(pair: tuple[Hosts, Server]) -> None:
    """Jobs that it confirms get numbers that others had: one of those ends here, and they still run. One more
    has ended without its knowing."""
    hosts, standby = pair
    up(hosts, standby)
    hosts.enqueue("brief")
    hosts.wait_for_run(task="brief", state=State.RUNNING)
    ((place,),) = hosts.ask("SELECT pg_current_wal_lsn()::text")
    wait_until(lambda: hosts.ask("SELECT 1 FROM pg_stat_replication WHERE replay_lsn >= %s::pg_lsn", place))
    standby.stop("fast")
    (hosts.folder / "gone").touch()
    hosts.wait_for_run(task="brief", outcome=Outcome.OK)
    for _ in range(40):  # a server that starts anew leaves some numbers out, but not so many
        hosts.enqueue("job", seconds=3600)
    hosts.enqueue("long")
    gone = hosts.wait_for_run(task="long", state=State.RUNNING).id
    for each in hosts.all:
        each.suspend()  # the app is faster
    hosts.server.stop()
    standby.start()
    take_over(hosts, standby)
    with closing(PostgresStore(standby.url, hosts.app)) as app:
        due = time.time() + 4
        asked = [app.request(Request("job", (), Trigger.MANUAL, due, time.time()))[0] for _ in range(80)]
    for each in hosts.all:
        each.wake()
    (hosts.folder / "free").touch()
    wait_until(lambda: ["end", "long"] in [step[:2] for step in hosts.steps])
    goes_on(hosts)
    assert hosts.wait_for_run(task="brief", outcome=Outcome.LOST).reason == SET_BACK
    wait_until(lambda: hosts.count("task = 'job' AND outcome = 'ok'") >= len(asked))
    finish(hosts)
    ran = Counter(int(step[4]) for step in hosts.steps if step[:2] == ["begin", "job"])
    assert {ran[number] for number in asked} == {1}
    assert gone in asked
    assert not hosts.count("task = 'long'")


def test_in_a_store_that_was_set_back_what_goes_on_elsewhere_is_not_lost(pair: tuple[Hosts, Server]) -> None:
    """All leases there have run out long ago, as it seems."""
    hosts, _ = pair
    for each in [hosts.add(TASKS) for _ in range(2)]:
        each.up().wait_for("web.1 started")
    hosts.enqueue("brief")
    for _ in range(4):
        hosts.enqueue("long")
    wait_until(lambda: hosts.count("state = 'running' AND task IN ('long', 'brief')") == 5)
    (hosts.folder / "gone").touch()
    brief = hosts.wait_for_run(task="brief", outcome=Outcome.OK).id
    open_again = "state = 'running', outcome = NULL, ended_at = NULL"
    hosts.ask(f"UPDATE procman.runs SET {open_again} WHERE id = %s", brief)
    hosts.ask("UPDATE procman.instances SET heartbeat = heartbeat - interval '1 hour'")
    assert hosts.wait_for_run(task="brief", outcome=Outcome.LOST).reason == SET_BACK
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() > begun + hurried.LEASE_SECONDS + 2 * hurried.LOOK_SECONDS)
    assert hosts.count("task = 'long' AND state = 'running'") == 4
    (hosts.folder / "free").touch()
    wait_until(lambda: hosts.count("task = 'long' AND outcome = 'ok'") == 4)
    finish(hosts)
