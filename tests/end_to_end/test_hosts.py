"""Several hosts that share an app, each a real procman: who dies, is cut off, suspended, or has a wrong
clock; and what becomes of all of them when the server is away."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.run import Outcome, State
from tests import pgbouncer, postgres
from tests.end_to_end import hurried
from tests.end_to_end.hosts import Hosts
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.hosts import Host
    from tests.postgres import Server

EVERY = "tick: {command: ./work 0.1, schedule: every second, grace: 1d, missed: all}"
LONG = """
again: {command: ./work 40, on_lost: rerun}
once: {command: ./work 12}
"""
CUT = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'procman'"
SILENT = r"the store was not reached for .*: nothing starts until it is"
WELL = r"the store can be written again"
SILENT_WHILE_IT_RAN = f"procman on {socket.gethostname()} was silent for 30 s while it ran"
BACK = r"the store is back: this host takes part again"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for this file: it is stopped now and then."""
    if postgres.programs() is None:
        pytest.skip(postgres.WHY_NOT)
    with postgres.running() as server:
        yield server


@pytest.fixture
def hosts(server: Server, request: pytest.FixtureRequest) -> Iterator[Hosts]:
    folder = Path(tempfile.mkdtemp(prefix="hosts"))  # short, as sockets want it
    made = Hosts(server, folder, request.node.name)
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def at_work(hosts: Hosts, task: str) -> bool:
    """Whether a run of the task is in the middle of it."""
    steps = Counter(step[0] for step in hosts.steps if step[1] == task)
    return steps["begin"] > steps["end"]


def pair(hosts: Hosts, tasks: str, **options: str) -> tuple[Host, Host]:
    """Two; the first is up, and has begun what runs for long."""
    one = hosts.add(tasks, **options)
    one.up().wait_for("web.1 started")
    if "again" in tasks:
        hosts.enqueue("again")
        hosts.enqueue("once")
        wait_until(lambda: at_work(hosts, "again") and at_work(hosts, "once"))
    return one, hosts.add(tasks)


def finish(*hosts: Host) -> None:
    for host in hosts:
        assert host.running
        assert host.running.stop() == 0, host.running.out.text


def each_second_once(hosts: Hosts, task: str = "tick") -> None:
    """Every tick has a row, and began once."""
    ticks = [run.tick or 0 for run in hosts.runs if run.task == task]
    assert sorted(ticks) == list(range(min(ticks), max(ticks) + 1))
    begun = Counter(step[2] for step in hosts.steps if step[:2] == ["begin", task])
    assert not [tick for tick, times in begun.items() if times > 1]
    ran = [run for run in hosts.runs if run.task == task and run.started_at]
    cut_short = [run for run in ran if run.outcome is Outcome.STOPPED]  # maybe before its first word
    assert len(begun) >= len(ran) - len(cut_short)


# Who dies


def test_what_a_host_left_that_is_gone_is_lost_and_runs_elsewhere_where_it_may(hosts: Hosts) -> None:
    one, other = pair(hosts, LONG)
    other.up().wait_for("web.1 started")
    one.power_cut()
    lost = hosts.wait_for_run(task="once", outcome=Outcome.LOST)
    assert lost.reason == SILENT_WHILE_IT_RAN
    again = hosts.wait_for_run(task="again", attempt=2, state=State.RUNNING)
    assert other.running
    assert again.owner != lost.owner
    assert len([run for run in hosts.runs if run.task == "once"]) == 1
    finish(other)


# Who is cut off


@pytest.mark.parametrize("how", ["cut", "hold"])
def test_a_host_that_is_cut_off_stops_what_another_may_run_and_nothing_else(hosts: Hosts, how: str) -> None:
    one, other = pair(hosts, LONG)
    other.up().wait_for("web.1 started")
    one.way.cut() if how == "cut" else one.way.hold()
    assert one.running
    one.running.wait_for(SILENT + "; 1 run is stopped, as another host may run it again")
    one.running.wait_for(r"again\.\d+ terminated by SIGTERM")
    hosts.wait_for_run(task="again", attempt=2, state=State.RUNNING)
    lost = hosts.wait_for_run(task="once", outcome=Outcome.LOST)
    assert at_work(hosts, "once")
    one.running.wait_for(r"once\.\d+ exited with code 0")
    one.way.mend()
    one.running.wait_for(BACK)
    told = f"{SILENT_WHILE_IT_RAN}, or so it seemed: it told later that this had ended: ok"
    assert hosts.wait_for_run(id=lost.id, reason=told).outcome is Outcome.LOST
    never_beside(hosts, "again")
    finish(one, other)


def never_beside(hosts: Hosts, task: str) -> None:
    """No attempt at a job goes on when the next has begun: fencing."""
    latest = 0
    for what, name, _, attempt, *_ in hosts.steps:
        if name == task:
            assert int(attempt) >= latest, f"two of {task} were there at once"
            latest = int(attempt) if what == "begin" else latest
    assert latest > 1


def test_without_fencing_a_run_would_be_there_twice(hosts: Hosts) -> None:
    """That `never_beside` sees what it is there for."""
    tasks = LONG.replace("40", "14")
    one, other = pair(hosts, tasks, sabotage="fence")
    other.up().wait_for("web.1 started")
    one.way.cut()
    hosts.wait_for_run(task="again", attempt=2, state=State.RUNNING)
    wait_until(lambda: "end" in [step[0] for step in hosts.steps if step[1] == "again"])
    with pytest.raises(AssertionError, match="two of again"):
        never_beside(hosts, "again")


def test_a_host_that_is_suspended_beyond_its_lease_and_woken_stops_what_others_run_by_now(
    hosts: Hosts,
) -> None:
    one, other = pair(hosts, LONG)
    other.up().wait_for("web.1 started")
    one.suspend()
    hosts.wait_for_run(task="again", attempt=2, state=State.RUNNING)
    one.wake()
    assert one.running
    one.running.wait_for(SILENT)
    one.running.wait_for(r"again\.\d+ terminated by SIGTERM")
    one.running.wait_for(BACK)
    hosts.wait_for_run(
        task="once",
        reason=f"{SILENT_WHILE_IT_RAN}, or so it seemed: it told later that this had ended: ok",
    )
    never_beside(hosts, "again")
    assert hosts.wait_for_run(task="again", attempt=1).outcome is Outcome.LOST
    finish(one, other)


def test_ticks_go_on_at_the_others_while_one_is_suspended(hosts: Hosts) -> None:
    one, other = pair(hosts, EVERY)
    other.up().wait_for("web.1 started")
    wait_until(lambda: hosts.count("true") > 2)
    one.suspend()
    before = hosts.count("true")
    wait_until(lambda: hosts.count("true") > before + hurried.LEASE_SECONDS + 3)
    one.wake()
    assert one.running
    one.running.wait_for(BACK)
    before = hosts.count("true")
    wait_until(lambda: hosts.count("true") > before + 3)
    closed(hosts, one, other)


# The clock


@pytest.mark.parametrize("ahead", [45.0, -45.0])
def test_a_clock_that_is_wrong_takes_no_ticks_but_jobs(hosts: Hosts, ahead: float) -> None:
    wrong = hosts.add(f"{EVERY}\nasked: ./work", clock=ahead)
    right = hosts.add(EVERY)
    wrong.up().wait_for(r"the clock of this host is 45 s .* the store's: no tick of a schedule is taken")
    right.up().wait_for(r"tick\.\d+ exited")
    hosts.enqueue("asked", seconds=-60.0)
    asked = hosts.wait_for_run(task="asked", outcome=Outcome.OK)
    before = hosts.count("true")
    wait_until(lambda: hosts.count("true") > before + 4)
    finish(wrong, right)
    each_second_once(hosts)
    (owner,) = {run.owner for run in hosts.runs if run.task == "tick" and run.owner}  # not given back
    assert owner != asked.owner


# Many


def test_of_five_that_race_one_gets_each_tick_and_each_runs_once(hosts: Hosts) -> None:
    seconds = ",".join(map(str, range(0, 60, 10)))
    tasks = "\n".join(
        f't{number}: {{command: ./work, schedule: "{seconds} * * * * *"}}' for number in range(100)
    )
    five = [hosts.add(tasks) for _ in range(5)]
    for each in five:
        each.up()
    for each in five:
        assert each.running
        each.running.wait_for("web.1 started")
    wait_until(lambda: len([step for step in hosts.steps if step[0] == "end"]) >= 100)
    finish(*five)
    begun = Counter((step[1], step[2]) for step in hosts.steps if step[0] == "begin")
    assert len(begun) >= 100
    assert set(begun.values()) == {1}
    rows = Counter((run.task, run.tick) for run in hosts.runs)
    assert set(rows.values()) == {1}
    assert {run.state for run in hosts.runs} <= {State.FINISHED, State.PENDING}


# The server


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_is_started_anew_costs_no_tick(hosts: Hosts, how: str) -> None:
    one, other = pair(hosts, EVERY)
    other.up().wait_for("web.1 started")
    wait_until(lambda: hosts.count("true") > 2)
    for _ in range(2):
        hosts.server.stop(how)
        hosts.server.start()
        before = hosts.count("true")
        wait_until(lambda before=before: hosts.count("true") > before + 3)  # type: ignore[misc]
    closed(hosts, one, other)


def closed(hosts: Hosts, *up: Host) -> None:
    """At the end every tick has its row, ran once, and nothing is open."""
    finish(*up)
    each_second_once(hosts)
    assert not [run for run in hosts.runs if run.owner and run.state is not State.FINISHED]


def test_a_server_that_is_away_for_long_is_told_of_once_and_all_goes_on_when_it_is_back(hosts: Hosts) -> None:
    one, other = pair(hosts, EVERY)
    other.up().wait_for("web.1 started")
    wait_until(lambda: hosts.count("true") > 2)
    hosts.server.stop("fast")
    for each in (one, other):
        assert each.running
        each.running.wait_for("the server cannot be reached: see that it runs, and that this is where")
        each.running.wait_for(SILENT)
    hosts.server.start()
    for each in (one, other):
        assert each.running
        each.running.wait_for(BACK)
        each.running.wait_for(WELL)
    before = hosts.count("true")
    wait_until(lambda: hosts.count("true") > before + 3)
    closed(hosts, one, other)
    for each in (one, other):
        assert each.running
        assert each.running.out.text.count("nothing starts until it is") == 1


def test_a_server_that_is_not_there_at_the_start_is_waited_for(hosts: Hosts) -> None:
    hosts.server.stop("fast")
    one = hosts.add(EVERY)
    one.up().wait_for("the server cannot be reached")
    assert one.running
    one.running.wait_for("web.1 started")
    hosts.server.start()
    one.running.wait_for(r"tick\.\d+ exited with code 0")
    closed(hosts, one)


def test_connections_that_are_cut_again_and_again_cost_no_tick(hosts: Hosts) -> None:
    one, other = pair(hosts, EVERY)
    other.up().wait_for("web.1 started")
    for _ in range(10):
        hosts.ask(CUT)
        before = hosts.count("true")
        wait_until(lambda before=before: hosts.count("true") > before)  # type: ignore[misc]
    closed(hosts, one, other)


def test_a_server_that_takes_no_changes_for_a_while_is_told_of(hosts: Hosts) -> None:
    one = hosts.add(EVERY)
    one.up().wait_for(r"tick\.\d+ exited")
    assert one.running
    for setting, told in (("on", "the server takes no changes: name the one that does"), ("off", WELL)):
        hosts.ask(f"ALTER SYSTEM SET default_transaction_read_only = {setting}")
        hosts.ask("SELECT pg_reload_conf()")
        one.running.wait_for(told)
    before = hosts.count("true")
    wait_until(lambda: hosts.count("true") > before + 2)
    closed(hosts, one)


def test_a_bell_that_was_lost_is_heard_again(hosts: Hosts) -> None:
    """What was asked for in between is found as well; nobody looks by itself before that."""
    one = hosts.add("asked: ./work", patient=True)
    one.up().wait_for("web.1 started")
    hosts.enqueue("asked")
    hosts.wait_for_run(task="asked", outcome=Outcome.OK)
    for number in range(2, 6):
        hosts.ask(CUT)
        hosts.enqueue("asked")
        hosts.wait_for_run(task="asked", id=number, outcome=Outcome.OK)
    finish(one)


@pytest.mark.skipif(not pgbouncer.PROGRAM, reason=pgbouncer.WHY_NOT)
def test_through_a_pool_procman_works_and_says_once_what_it_lacks(hosts: Hosts) -> None:
    with pgbouncer.before(hosts.server) as url:
        one = hosts.add(EVERY)
        one.tasks(EVERY, top=f"store: {url}\napp: {hosts.app}\n")
        one.up().wait_for(r"tick\.\d+ exited with code 0")
        wait_until(lambda: hosts.count("true") > 3)
        closed(hosts, one)
        assert one.running
        assert one.running.out.text.count("nobody can be woken through it") == 1


# Deployments


def test_hosts_that_are_updated_one_after_the_other_lose_no_tick(hosts: Hosts) -> None:
    one, other = pair(hosts, EVERY)
    other.up().wait_for("web.1 started")
    wait_until(lambda: hosts.count("true") > 2)
    for each in (one, other):
        finish(each)
        before = hosts.count("true")
        each.up().wait_for("web.1 started")
        wait_until(lambda before=before: hosts.count("true") > before + 2)  # type: ignore[misc]
    finish(other)
    closed(hosts, one)


def test_a_schedule_that_changes_on_one_host_after_the_other_costs_no_tick_of_the_new_one(
    hosts: Hosts,
) -> None:
    """As long as one host has the old schedule, its ticks are there as well."""
    one, other = pair(hosts, EVERY.replace("every second", "'*/2 * * * * *'"))
    other.up().wait_for("web.1 started")
    wait_until(lambda: hosts.count("true") > 2)
    for each in (other, one):
        each.says(EVERY)
        assert "task tick: schedule changed" in each.do("reload").out
        before = hosts.count("true")
        wait_until(lambda before=before: hosts.count("true") > before + 4)  # type: ignore[misc]
    finish(one, other)
    ticks = [run.tick or 0 for run in hosts.runs if run.task == "tick"]
    every_second = next(tick for tick in ticks if tick + 1 in ticks)
    assert [tick for tick in sorted(ticks) if tick >= every_second] == [*range(every_second, max(ticks) + 1)]
    assert max(Counter(ticks).values()) == 1
