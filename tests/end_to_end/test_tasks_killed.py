"""procman killed, suspended, or there twice: every tick has one row, and none runs twice."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import psutil
import pytest

from procman.core.tasks.run import Outcome, State, Trigger
from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

RECORD = 'echo "$PROCMAN_TASK $PROCMAN_SCHEDULED_AT $PROCMAN_ATTEMPT" >> ran'


def scheduler(app: App) -> Running:
    return app.launch(*PROCMAN, "scheduler", "-t", "1")


def executions(app: App) -> Counter[str]:
    """How often each attempt at each tick has been begun, as told by the runs themselves."""
    path = app.root / "ran"
    return Counter(path.read_text().splitlines() if path.exists() else ())


def check_every_tick_has_one_row(app: App) -> None:
    """From the first of each task to its last, one a second; what ran, ran once."""
    for task in {run.task for run in app.runs}:
        ticks = [run.tick or 0 for run in app.runs if run.task == task and run.attempt == 1]
        assert sorted(ticks) == list(range(min(ticks), max(ticks) + 1))
    ran = executions(app)
    assert set(ran.values()) <= {1}, ran.most_common(3)
    ended_well = [run for run in app.runs if run.outcome is Outcome.OK]
    assert (
        len(ended_well)
        <= ran.total()
        <= len(ended_well) + sum(run.outcome in (Outcome.LOST, Outcome.STOPPED) for run in app.runs)
    )


def kill_supervisor(running: Running) -> None:
    running.supervisor().kill()
    assert running.end() == 137


def has_store_open(running: Running) -> bool:
    return any(file.path.endswith("/procman.db") for file in running.supervisor().open_files())


def has_new(app: App, than: int, state: State) -> bool:
    """Whether a run that came after so many is in a state."""
    return any(run.state is state for run in app.runs[than:])


@pytest.mark.parametrize("on_lost", ["leave", "rerun"])
def test_a_run_whose_procman_is_killed_is_stopped_and_closed_as_lost(app: App, on_lost: str) -> None:
    app.tasks(f"""
long:
  command: |
    {RECORD}; echo begun; test $PROCMAN_ATTEMPT = 2 || exec sleep 1000
  schedule: every second
  overlap: skip
  missed: skip
  on_lost: {on_lost}
""")
    running = scheduler(app)
    child = psutil.Process(running.pid_of("long.1"))
    running.wait_for("begun")
    wait_until(lambda: app.runs[0].state is State.RUNNING)
    kill_supervisor(running)
    assert not child.is_running()
    assert app.runs[0].state is State.RUNNING
    again = scheduler(app)
    again.wait_for(r"long\.1 lost: procman was killed while it ran")
    if on_lost == "rerun":
        wait_until(lambda: any(run.attempt == 2 and run.outcome for run in app.runs))
    assert again.stop() == 0
    lost = app.runs[0]
    assert (lost.outcome, lost.reason) == (Outcome.LOST, "procman was killed while it ran")
    retried = [(run.tick, run.trigger, run.outcome) for run in app.runs if run.attempt == 2]
    assert retried == [(lost.tick, Trigger.RETRY, Outcome.OK)] * (on_lost == "rerun")
    assert set(executions(app).values()) == {1}


SLOW = """
trap 'test "$told" && exit; told=yes' TERM  # once is not enough
echo up
: > up.$PROCMAN_TASK
while :; do sleep 0.05; done
"""


def test_a_procman_that_is_killed_while_runs_end_leaves_nobody_and_loses_them(app: App) -> None:
    """One was asked to stop, one has ended without its group, one has said more than is written yet."""
    app.write("slow", SLOW)
    app.tasks("""
        stubborn: {command: exec sh slow, timeout: 100ms}
        parent: "sh slow & until test -e up.parent; do sleep 0.01; done"
        flood: "yes $(seq 100) | head -n 100000; echo up; exec sleep 1000"
    """)
    names = ("stubborn", "parent", "flood")
    for name in names:
        app.do("run", "task", name, "--detach")
    running = app.launch(*PROCMAN, "scheduler", "-t", "1000")
    running.wait_for(r"took longer than 100 ms, stopping it")
    running.wait_for(r"parent\.2 exited with code 0")
    running.wait_for(r"flood\.3 +\| up")
    wait_until(lambda: [run.state for run in app.runs] == [State.RUNNING] * 3)
    kill_supervisor(running)
    assert app.processes() == []
    assert [run.state for run in app.runs] == [State.RUNNING] * 3
    again = scheduler(app)
    for number, name in enumerate(names, start=1):
        again.wait_for(rf"{name}\.{number} lost")
    assert again.stop() == 0
    assert [run.outcome for run in app.runs] == [Outcome.LOST] * 3


def test_a_run_that_waits_behind_another_when_procman_is_killed_runs_after_the_next_start(app: App) -> None:
    app.tasks(f"""
turns:
  command: '{RECORD}; echo begun; test -e free || exec sleep 1000'
  schedule: every second
  overlap: queue
  missed: all
""")
    running = scheduler(app)
    running.wait_for("begun")
    wait_until(lambda: has_new(app, 0, State.QUEUED))
    kill_supervisor(running)
    app.write("free", "")
    again = scheduler(app)
    again.wait_for(r"turns\.2 exited with code 0")
    assert again.stop() == 0
    check_every_tick_has_one_row(app)
    assert [run.outcome for run in app.runs[:2]] == [Outcome.LOST, Outcome.OK]


def test_whenever_procman_is_killed_no_tick_runs_twice_and_each_has_a_row(app: App) -> None:
    """Many tasks that are due at once, and a kill just then: some are claimed, some spawned, some done."""
    task = "{{command: '{}; sleep 0.1', schedule: every second, missed: all, on_lost: rerun}}".format
    app.tasks("\n".join(f"t{n}: {task(RECORD)}" for n in range(20)))
    for state in (State.CLAIMED, State.RUNNING, State.CLAIMED):
        running = scheduler(app)
        before = len(app.runs)
        wait_until(partial(has_new, app, before, state))
        kill_supervisor(running)
    last = scheduler(app)
    began = time.time()
    last.wait_for(r"t\d+\.\d+ lost: procman was killed (as it began|while it ran)")
    wait_until(lambda: not any(run.outcome is None and (run.due or 0) < began for run in app.runs))
    assert last.stop() == 0
    check_every_tick_has_one_row(app)
    assert {run.state for run in app.runs if run.outcome is None} <= {State.PENDING}
    cut_short = [run for run in app.runs if run.outcome in (Outcome.LOST, Outcome.STOPPED)]
    assert {(run.task, run.tick, run.attempt + 1) for run in cut_short} == {
        (run.task, run.tick, run.attempt) for run in app.runs if run.attempt > 1
    }


def test_three_procmans_on_one_app_run_each_tick_once(app: App) -> None:
    app.procfile(web="exec sleep 1000")
    app.tasks(
        "\n".join(f"t{n}: {{command: '{RECORD}', schedule: every second, missed: all}}" for n in range(10))
    )
    first, second, third = app.start(), app.start("--separate"), scheduler(app)
    for running in (first, second, third):
        wait_until(partial(has_store_open, running))
    before = len(app.runs)
    wait_until(lambda: len(app.runs) >= before + 20)
    assert second.stop() == 0
    assert third.stop() == 0
    between = len(app.runs)
    wait_until(lambda: len(app.runs) >= between + 10)
    assert first.stop() == 0
    check_every_tick_has_one_row(app)


def test_a_run_of_a_procman_that_lives_is_not_lost_for_the_other(app: App) -> None:
    app.tasks("long: echo begun; exec sleep 1000")
    first = scheduler(app)
    wait_until((app.root / ".procman" / "wake").exists)
    app.do("run", "task", "long", "--detach")
    first.wait_for("begun")
    second = scheduler(app)
    app.do("run", "task", "long", "--detach")
    wait_until(lambda: [run.state for run in app.runs] == [State.RUNNING] * 2)
    assert (first.stop(), second.stop()) == (0, 0)
    assert [run.outcome for run in app.runs] == [Outcome.STOPPED] * 2


def test_the_guardian_killed_stops_the_runs_too(app: App) -> None:
    app.tasks("long: {command: 'echo begun; exec sleep 1000', schedule: '@reboot', on_lost: rerun}")
    running = scheduler(app)
    running.wait_for("begun")
    os.kill(running.process.pid, signal.SIGKILL)
    running.end()
    wait_until(lambda: not app.processes())
    lost = app.runs[0]
    assert (lost.outcome, lost.reason) == (Outcome.LOST, "procman was killed while it ran")
    again = scheduler(app)
    again.wait_for(r"long\.2 started")
    assert again.stop() == 0


def test_a_run_that_was_stopped_with_procman_runs_again_when_its_task_says_so(app: App) -> None:
    app.tasks("""
        again: {command: 'echo "$PROCMAN_ATTEMPT." >> ran; exec sleep 1000', on_lost: rerun}
        once: 'echo 1. >> ran; exec sleep 1000'
    """)
    for name in ("again", "once"):
        app.do("run", "task", name, "--detach")
    running = scheduler(app)
    running.wait_for(r"again\.1 started")
    running.wait_for(r"once\.2 started")
    wait_until(lambda: sorted((app.root / "ran").read_text().split()) == ["1.", "1."])
    assert running.stop() == 0
    following = scheduler(app)
    following.wait_for(r"again\.3 started")
    wait_until(lambda: "2." in (app.root / "ran").read_text())
    assert following.stop() == 0
    assert [run.outcome for run in app.runs[:3]] == [Outcome.STOPPED] * 3


def test_the_start_of_a_run_is_soon_on_the_disk(app: App) -> None:
    app.tasks("long: {command: 'exec sleep 1000', schedule: '@reboot'}")
    running = scheduler(app)
    running.wait_for("long.1 started")
    wait_until(lambda: app.runs[0].state is State.RUNNING)  # and not at the next wake-up
    assert running.stop() == 0


def test_nothing_is_rerun_beside_what_a_killed_procman_has_left(app: App) -> None:
    """The guardian gives it some seconds: the next start waits for that."""
    app.write("slow", "trap '' TERM\necho \"$PROCMAN_ATTEMPT.\" >> began\nwhile :; do sleep 0.05; done\n")
    app.tasks("slow: {command: exec sh slow, schedule: '@reboot', on_lost: rerun}")
    running = app.launch(*PROCMAN, "scheduler")
    child = psutil.Process(running.pid_of("slow.1"))
    wait_until(lambda: app.runs[0].state is State.RUNNING)
    running.supervisor().kill()
    app.write("procman.yml", "tasks: {slow: {command: exec sh slow, on_lost: rerun}}")
    again = app.launch(*PROCMAN, "scheduler", "-t", "0.1")
    again.wait_for(r"slow\.2 started")
    assert not child.is_running()
    again.stop()
