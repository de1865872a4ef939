"""Limits of real children: who grows too large, itself or below it, or has run for too long, is restarted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.end_to_end.policed import STAY, SWIFT, following, pids, police, row_when, rows, started, told

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

# Large at first; when it has been started again it is small.
GROWS = """
import os, sys, time
name = os.environ["PROCMAN_PROCESS"] + ".was"
if not os.path.exists(name):
    open(name, "w").close()
    if "below" in sys.argv and os.fork():
        os.wait()
    large = bytearray(os.urandom(1 << 20)) * 100
    print("large", flush=True)
time.sleep(1000)
"""


def test_who_grows_too_large_is_restarted_with_the_reason_and_so_is_one_with_a_large_child(app: App) -> None:
    app.write("grows.py", GROWS)
    app.procfile(web=f"{SWIFT} grows.py", below=f"{SWIFT} grows.py below", free=f"{SWIFT} grows.py")
    limits = "max_memory: 50M, backoff: {initial: 20ms}"
    police(app, f"web: {{{limits}}}\nbelow: {{{limits}, restart: on-failure}}\nfree: {{max_memory: 500M}}")
    running = started(app)
    events = following(app)
    before = pids(app)
    for name in ("web.1", "below.1"):
        row_when(app, name, restarts=1, phase="running")
        running.wait_for(rf"{name} uses 1\d\d(\.\d)? MB of memory, more than 50 MB, stopping it")
    assert [fact["name"] for fact in told(events, "ProcessSick")] in (
        ["web.1", "below.1"],
        ["below.1", "web.1"],
    )
    assert (pids(app)["free.1"], rows(app)["free.1"]["restarts"]) == (before["free.1"], 0)
    assert running.stop() == 0
    assert events.end() == 0
    assert app.processes() == []


def test_who_has_run_for_as_long_as_it_may_is_restarted_each_time_and_has_not_failed(app: App) -> None:
    app.procfile(web=STAY, worker=STAY)
    police(app, "web: {max_runtime: 300ms, backoff: {initial: 1h, max: 1h, give_up_after: 1}}")
    running = started(app)
    worker = pids(app)["worker.1"]
    running.wait_for(r"web\.1 has run for 300 ms, as long as it may, restarting it(.|\n)*" * 3)
    assert rows(app)["web.1"]["failures"] == 0
    assert pids(app)["worker.1"] == worker
    assert running.stop() == 0
    assert "failed" not in running.out.text


def test_one_shot_that_runs_for_too_long_is_tried_again_and_fails(app: App) -> None:
    app.procfile(migrate=STAY, web=STAY)
    backoff = "backoff: {initial: 20ms, give_up_after: 2}"
    police(
        app,
        f"migrate: {{oneshot: true, max_runtime: 200ms, {backoff}}}\n"
        "web: {depends_on: migrate, restart: always}",
    )
    ended = app.do("start")
    assert ended.out.count("migrate.1 has run for 200 ms, as long as it may, stopping it") == 2
    assert "web.1 skipped: migrate.1 has failed" in ended.out
    assert ended.code not in (0, 1, 2)


def test_the_time_of_one_that_is_restarted_by_hand_begins_anew(app: App) -> None:
    app.procfile(web=f"date +%s.%N; {STAY}", worker=STAY)
    police(app, "web: {max_runtime: 800ms}\nworker: {restart: always}")
    running = started(app)
    assert app.do("restart", "web").code == 0
    running.wait_for("restarting it(.|\n)*web.1 +. [0-9]")
    assert running.stop() == 0
    began = [float(each) for each in running.said_by("web.1") if re.fullmatch(r"[0-9.]+", each)]
    assert began[2] - began[1] > 0.75
