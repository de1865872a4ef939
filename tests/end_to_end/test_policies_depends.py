"""Processes that depend on others: what happens to them when those are stopped, scaled, killed, or fail."""

from __future__ import annotations

import os
import signal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.policed import SERVE, STAY, phases, pids, police, row_when, rows, serving, started

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

READY = "ready: {tcp: port, every: 50ms}"
REDIS = f"redis: {{{READY}, restart: always, backoff: {{initial: 50ms}}}}"
GIVES_UP = f"redis: {{{READY}, restart: always, backoff: {{initial: 50ms, give_up_after: 2}}}}"
WEB = "web: {depends_on: [redis], restart: always, backoff: {initial: 50ms}}"
MIGRATES = """
migrate: {oneshot: true}
web: {depends_on: {migrate: completed}, restart: always}
worker: {depends_on: [web], restart: always}
"""


def with_redis(app: App, more: str = "", **others: str) -> Running:
    """`web` depends on `redis`, and both run."""
    serving(app)
    app.procfile(web=STAY, redis=SERVE, **others)
    police(app, f"{WEB}\n{REDIS}\n{more}")
    running = started(app)
    row_when(app, "web.1", phase="running")
    return running


def test_a_dependency_that_is_killed_comes_back_and_nothing_else_is_restarted(app: App) -> None:
    running = with_redis(app, clock=STAY)
    before = pids(app)
    for number in range(1, 4):
        os.kill(pids(app)["redis.1"], signal.SIGKILL)
        row_when(app, "redis.1", phase="running", restarts=number)
    after = pids(app)
    assert after.pop("redis.1") != before.pop("redis.1")
    assert after == before
    assert [row["restarts"] for row in rows(app).values()] == [0, 3, 0]
    assert running.stop() == 0


def test_a_dependency_that_is_stopped_by_hand_stops_nobody_and_is_waited_for(app: App) -> None:
    running = with_redis(app)
    web = pids(app)["web.1"]
    assert app.do("stop", "redis").code == 0
    assert pids(app)["web.1"] == web
    os.kill(web, signal.SIGKILL)
    assert row_when(app, "web.1", phase="waiting")["note"] == "redis.1 is down"
    running.wait_for("web.1 waits: redis.1 is down")
    listed = app.do("ps").out
    assert "waiting" in listed
    assert app.do("restart", "web", "--timeout", "10").code == 0  # it says so, and does not hang
    assert app.do("start", "redis").code == 0
    row_when(app, "web.1", phase="running")
    assert running.stop() == 0


def test_a_dependency_that_is_restarted_touches_nobody(app: App) -> None:
    running = with_redis(app)
    web = pids(app)["web.1"]
    (row,) = app.listed("restart", "redis")
    assert (row["phase"], row["ready"]) == ("running", True)  # it was waited for until it is ready
    assert pids(app)["web.1"] == web
    assert running.stop() == 0


def test_a_dependency_that_is_scaled_to_none_and_to_two(app: App) -> None:
    running = with_redis(app)
    web = pids(app)["web.1"]
    assert app.do("scale", "redis=0").code == 0
    assert pids(app) == {"web.1": web}
    assert app.do("restart", "web").code == 0  # nobody is waited for who is not wanted
    again = row_when(app, "web.1", phase="running")["pid"]
    assert again != web
    assert app.do("scale", "redis=2").code == 0
    assert [row["ready"] for row in rows(app).values()] == [True, True, True]
    assert pids(app)["web.1"] == again
    assert running.stop() == 0


def test_both_instances_have_to_be_ready(app: App) -> None:
    late = "[ $PROCMAN_PROCESS = redis.1 ] || while ! [ -e go ]; do sleep 0.02; done"
    app.procfile(web=STAY, redis=f"{late}; echo up; {STAY}")
    police(app, "web: {depends_on: redis}\nredis: {instances: 2, ready: {log: up}}")
    running = started(app)
    row_when(app, "redis.1", phase="running")
    assert (rows(app)["web.1"]["phase"], rows(app)["web.1"]["note"]) == ("waiting", "redis.2 is not ready")
    app.write("go", "")
    row_when(app, "web.1", phase="running")
    assert running.stop() == 0


def test_a_migration_that_fails_skips_those_behind_it_and_is_mended_by_a_restart(app: App) -> None:
    app.procfile(
        migrate="[ -e mended ] || { echo no such table; exit 2; }", web=STAY, worker=STAY, clock=STAY
    )
    police(app, MIGRATES)
    running = started(app)
    row_when(app, "worker.1", phase="skipped", note="web.1 was skipped")
    assert phases(app) == {
        "migrate.1": "failed",
        "web.1": "skipped",
        "worker.1": "skipped",
        "clock.1": "running",
    }
    for said in ("migrate.1 failed: exit code 2", r"migrate\.1 \| no such table"):
        running.wait_for(said)
    running.wait_for("web.1 skipped: migrate.1 has failed\n.*worker.1 skipped: web.1 was skipped\n")
    app.do("restart", "migrate")
    row_when(app, "migrate.1", phase="failed", restarts=1)
    assert phases(app)["web.1"] == "skipped"
    app.write("mended", "")
    assert app.do("restart", "migrate").out.startswith("migrate.1 ")
    row_when(app, "worker.1", phase="running")
    assert phases(app)["migrate.1"] == "completed"
    assert running.stop() == 0


def test_when_a_migration_fails_and_nothing_else_can_run_procman_ends_with_its_code(app: App) -> None:
    app.procfile(migrate="exit 2", web=STAY, worker=STAY)
    police(app, MIGRATES)
    ended = app.do("start")
    assert ended.code == 2
    assert "all processes have ended, stopping" in ended.out
    assert "web.1 started" not in ended.out


def test_a_migration_that_is_killed_or_cannot_begin_has_failed(app: App) -> None:
    app.procfile(migrate="kill -TERM $$", other="exec nosuchcommand", web=STAY, worker=STAY, clock=STAY)
    police(app, f"{MIGRATES}\nother: {{oneshot: true}}\nclock: {{depends_on: other}}")
    ended = app.do("start")
    assert ended.code in (143, 127)
    assert "web.1 skipped: migrate.1 has failed" in ended.out
    assert "clock.1 skipped: other.1 has failed" in ended.out


def test_a_migration_that_is_tried_again_is_waited_for(app: App) -> None:
    app.procfile(migrate="echo x >> tries; [ $(wc -l < tries) = 3 ]", web=STAY)
    police(
        app,
        "migrate: {oneshot: true, restart: on-failure, backoff: {initial: 20ms}}\n"
        "web: {depends_on: [migrate]}",
    )
    running = started(app)
    row_when(app, "web.1", phase="running")
    assert running.stop() == 0
    assert running.out.text.count("migrate.1 exited with code 1") == 2


def test_started_is_enough_where_that_is_said(app: App) -> None:
    app.procfile(web=STAY, redis=STAY)
    police(app, "web: {depends_on: {redis: started}}\nredis: {ready: {log: never}}")
    running = started(app)
    row_when(app, "web.1", phase="running")
    assert phases(app)["redis.1"] == "starting"
    assert running.stop() == 0


def test_a_dependency_that_is_given_up_skips_only_who_has_not_begun(app: App) -> None:
    running = with_redis(app, clock=STAY)
    app.write("server.py", "raise SystemExit(5)")
    police(app, f"{WEB}\n{GIVES_UP}")
    assert app.do("reload").code == 0
    os.kill(pids(app)["redis.1"], signal.SIGKILL)
    row_when(app, "redis.1", phase="failed")
    assert phases(app)["web.1"] == "running"
    os.kill(pids(app)["web.1"], signal.SIGKILL)
    assert row_when(app, "web.1", phase="skipped")["note"] == "redis.1 has failed"
    serving(app)
    assert app.do("start", "redis").code == 0
    row_when(app, "web.1", phase="running")
    assert running.stop() == 0


def test_a_circle_and_an_unknown_name_are_mistakes_and_nothing_runs(app: App) -> None:
    app.procfile(web=STAY, worker=STAY, redis=STAY)
    police(app, "web: {depends_on: worker}\nworker: {depends_on: redis}\nredis: {depends_on: [web, reddis]}")
    for words in (("start",), ("check",)):
        told = app.do(*words)
        assert told.code == 2
        assert "web" in told.err
        assert "did you mean 'redis'" in told.err
        assert len(told.err.splitlines()) == 2


@pytest.mark.parametrize("named", [("web",), ("worker",)])
def test_who_is_started_alone_does_not_wait_for_those_that_are_not_wanted(
    app: App, named: tuple[str]
) -> None:
    app.procfile(migrate="exit 2", web=STAY, worker=STAY)
    police(app, MIGRATES)
    running = started(app, *named)
    row_when(app, f"{named[0]}.1", phase="running")
    assert running.stop() == 0


def test_start_waits_for_all_that_stands_before_it(app: App) -> None:
    serving(app)
    app.procfile(web=STAY, redis=SERVE)
    police(app, f"{WEB}\nredis: {{{READY}, autostart: false}}")
    running = started(app)
    assert row_when(app, "web.1", phase="waiting")["note"] == "redis.1 is down"
    asked = app.launch(*PROCMAN, "start", "redis")
    assert asked.end() == 0
    row_when(app, "web.1", phase="running")
    assert running.stop() == 0


def test_a_chain_of_twenty_starts_in_order_and_stops_the_other_way_round(app: App) -> None:
    names = [f"p{number}" for number in range(20)]
    app.procfile(**dict.fromkeys(reversed(names), f"echo up; {STAY}"))
    chain = [f"{name}: {{depends_on: [{before}], ready: {{log: up}}}}" for before, name in pairwise(names)]
    police(app, "\n".join([*reversed(chain), "p0: {ready: {log: up}}"]))
    running = started(app)
    row_when(app, "p19.1", phase="running")
    assert running.stop() == 0
    said = running.out.text
    starts, ends = ([said.index(f"{name}.1 {word} ") for name in names] for word in ("started", "terminated"))
    assert starts == sorted(starts)
    assert ends == sorted(ends, reverse=True)


def test_all_instances_of_a_migration_have_to_complete_and_one_alone_can_be_mended(app: App) -> None:
    app.procfile(migrate="[ $PROCMAN_PROCESS = migrate.1 ] || [ -e mended ]", web=STAY, clock=STAY)
    police(app, "migrate: {oneshot: true, instances: 2}\nweb: {depends_on: [migrate]}")
    running = started(app)
    assert row_when(app, "web.1", phase="skipped")["note"] == "migrate.2 has failed"
    app.write("mended", "")
    assert app.do("restart", "migrate.2").code == 0
    row_when(app, "web.1", phase="running")
    assert running.out.text.count("migrate.1 started") == 1
    assert running.stop() == 0
