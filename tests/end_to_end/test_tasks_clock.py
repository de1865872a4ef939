"""The clock on the wall is set back and forward while procman runs.

Only procman's own: libfaketime would do it from outside, but breaks clock_nanosleep(2), which time.sleep is.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

from procman.core.tasks.run import Outcome, State, Trigger
from procman.host import wake
from tests.end_to_end.harness import PYTHON
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

WITH_CLOCK = """
import sys, time
def now(true=time.time):
    with open("offset") as file:
        return true() + float(file.read())
time.time = now
from procman.cli.main import main
sys.argv[0] = "procman"
main()
"""
HOUR = 3600


class Clock:
    """The clock of one app, by a file that tells how far it is off."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.set(0)

    def set(self, seconds: int) -> None:
        """Set it, and have procman look at it now rather than in 30 s."""
        self._app.write("new", str(seconds)).rename(self._app.root / "offset")
        wake.ring(str(self._app.root / ".procman"))

    def launch(self, *words: str) -> Running:
        """A procman that goes by it."""
        return self._app.launch(PYTHON, "-c", WITH_CLOCK, *words)

    def ask(self, running: Running, task: str) -> None:
        """Have a task run as soon as possible, and wait for its end."""
        asking = self.launch("run", "task", task, "--detach")
        assert asking.end() == 0
        name = asking.out.text.split()[0]
        running.wait_for(rf"{re.escape(name)} exited with code 0")


def test_a_clock_that_is_set_back_and_forward_runs_no_tick_twice_and_every_tick_has_a_row(app: App) -> None:
    app.tasks("""
        beat: {command: 'echo "$PROCMAN_SCHEDULED_AT" >> ran', schedule: every second, keep: 100000}
        show: 'true'
    """)  # with the usual 1000 the oldest may be pruned before we look
    clock = Clock(app)
    running = clock.launch("scheduler")
    running.wait_for(r"beat\.2 exited with code 0")
    begun = min(run.tick or 0 for run in app.runs)
    clock.set(-HOUR)
    clock.ask(running, "show")
    running.wait_for(r"the clock was set back by 1 h: what ran already does not run again")
    wait_until(lambda: any((run.tick or begun) < begun for run in app.runs))  # what has no row yet
    clock.set(-HOUR // 2)
    clock.ask(running, "show")
    newest = max(run.tick or 0 for run in app.runs)

    clock.set(+HOUR)
    running.wait_for(r"beat: \d+ ticks missed")
    wait_until(lambda: sum((run.tick or 0) > newest and run.outcome is Outcome.OK for run in app.runs) >= 2)
    assert running.stop() == 0
    ran = Counter((app.root / "ran").read_text().splitlines())
    assert set(ran.values()) == {1}
    beats = [run for run in app.runs if run.task == "beat"]
    ticks = sorted(run.tick or 0 for run in beats)
    assert len(set(ticks)) == len(ticks)
    recent = [tick for tick in ticks if tick > ticks[-1] - 900]
    assert recent == list(range(recent[0], recent[-1] + 1))
    missed = [run for run in beats if run.outcome is Outcome.MISSED]
    assert len(missed) >= 990  # of more than a thousand, the oldest share one row
    assert sum("too many to list" in (run.reason or "") for run in missed) == 2  # it was set forward twice


def test_while_procman_is_suspended_ticks_are_missed_and_none_is_doubled(app: App) -> None:
    """For a second, in which the clock goes on by ten more: as when the machine sleeps."""
    app.procfile(web="exec sleep 1000")
    app.tasks("beat: {command: 'echo \"$PROCMAN_SCHEDULED_AT\" >> ran', schedule: every second}")
    clock = Clock(app)
    running = clock.launch("start")
    running.wait_for(r"beat\.1 exited")
    pids = running.process.pid, running.supervisor().pid
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    begun = time.time()
    wait_until(lambda: time.time() > begun + 1)
    clock.set(10)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    running.wait_for(r"beat: ([6-9]|1\d) ticks missed")
    before = len(app.runs)
    wait_until(lambda: len(app.runs) > before)
    assert running.stop() == 0
    assert set(Counter((app.root / "ran").read_text().splitlines()).values()) == {1}
    ticks = [run.tick or 0 for run in app.runs]
    assert sorted(ticks) == list(range(ticks[0], ticks[-1] + 1))
    assert all(run.reason for run in app.runs if run.outcome is Outcome.MISSED)


def test_a_delayed_run_survives_a_kill_and_runs_late(app: App) -> None:
    app.tasks("show: printf '<%s>'")
    clock = Clock(app)
    first = clock.launch("scheduler")
    wait_until((app.root / ".procman" / "wake").exists)
    app.do("run", "task", "show", "--in", "1h", "--", "it's me")
    first.supervisor().kill()
    first.end()
    assert app.runs[0].state is State.PENDING
    clock.set(2 * HOUR)
    second = clock.launch("scheduler")
    second.wait_for(r"show\.1 exited with code 0")
    assert second.said_by("show.1") == ["<it's me>"]
    assert second.stop() == 0
    (run,) = app.runs
    assert (run.outcome, run.attempt, run.trigger) == (Outcome.OK, 1, Trigger.DELAYED)
    assert HOUR - 60 < (run.lateness or 0) < HOUR + 60


def test_what_was_asked_for_is_run_late_when_the_clock_has_jumped_over_its_time(app: App) -> None:
    app.tasks("show: 'true'")
    clock = Clock(app)
    running = clock.launch("scheduler")
    wait_until((app.root / ".procman" / "wake").exists)
    app.do("run", "task", "show", "--in", "1h")
    clock.set(2 * HOUR)
    running.wait_for(r"show\.1 exited with code 0")
    assert running.stop() == 0
    assert HOUR - 60 < (app.runs[0].lateness or 0) < HOUR + 60
