"""procman killed again and again while it is busy, and what must be true afterwards.

`python -m tests.end_to_end.kill_nine --rounds 100 --seed 1` does it as often as you like.
"""

from __future__ import annotations

import argparse
import random
import signal
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING, Any

import psutil

from tests.end_to_end.harness import PROCMAN, PYTHON, App
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import Running

TASKS = """
x-all: &all {schedule: every second, keep: 1000000, grace: 1d, command: ./work}
tasks:
  brief: {<<: *all}
  slow: {<<: *all, command: ./work 0.7, overlap: allow}
  queued: {<<: *all, command: ./work 0.4, overlap: queue, missed: all}
  replaced: {<<: *all, command: ./work 1.5, overlap: replace}
  failing: {<<: *all, command: ./work 0.1 1, retries: 2, retry_delay: 1s}
  rerun: {<<: *all, command: ./work 0.5, on_lost: rerun}
  asked: ./work 0.05
"""
# One append of one line is whole (write(2), O_APPEND), so the file tells which runs really began.
WORK = """#!/bin/sh
echo "$PROCMAN_TASK $PROCMAN_SCHEDULED_AT $PROCMAN_ATTEMPT $PROCMAN_RUN_ID" >> began
sleep "${1:-0}"
exit "${2:-0}"
"""
ASKING = "from procman import enqueue\nfor number in range({}): enqueue('asked', number)\n"


def kill_again_and_again(app: App, rounds: int, seed: int) -> None:
    """Start, let it work for a random while, kill guardian or supervisor; then look at what is left."""
    chance = random.Random(seed)
    app.write("procman.yml", TASKS)
    app.write("work", WORK, mode=0o755)
    app.procfile(web="exec sleep 1000")
    asked = 0
    for number in range(rounds):
        running = app.start()
        running.wait_for("web.1 started")
        some = chance.randrange(5)
        asking = app.launch(PYTHON, "-c", ASKING.format(some))
        _work_for(running, chance.uniform(0.0, 2.2))
        _kill(running, chance)
        assert asking.end() == 0, asking.err.text
        asked += some
        wait_until(lambda: not app.processes())
        _opens_cleanly(app.root)
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    _run_to_the_end(app, asked)
    _look_at_rows(app.root, asked)


def _work_for(running: Running, seconds: float) -> None:
    """A random moment is what this is about, so here it is time that is waited for."""
    with suppress(TimeoutExpired):
        running.process.wait(seconds)


def _kill(running: Running, chance: random.Random) -> None:
    guardian = psutil.Process(running.process.pid)
    victim = chance.choice([guardian, running.supervisor()])
    victim.send_signal(signal.SIGKILL)
    running.process.wait(20)


def _opens_cleanly(root: Path) -> None:
    assert _ask(root, "PRAGMA integrity_check") == [("ok",)]


def _run_to_the_end(app: App, asked: int) -> None:
    """One start that is left alone: all that was asked for runs, and what was lost is closed."""
    running = app.launch(*PROCMAN, "scheduler")
    running.wait_for(r"brief\.\d+ started")
    done = "SELECT count(*) FROM runs WHERE task = 'asked' AND state = 'finished' AND attempt = 1"
    wait_until(lambda: _ask(app.root, done) == [(asked,)])
    assert running.stop() == 0, running.out.text


def _look_at_rows(root: Path, asked: int) -> None:
    open_rows = "SELECT id FROM runs WHERE state NOT IN ('finished', 'pending')"
    assert _ask(root, open_rows) == [], "a run is left open"
    began = Counter(line.rsplit(" ", 1)[0] for line in (root / "began").read_text().splitlines())
    ticks = {key: times for key, times in began.items() if not key.startswith("asked")}
    assert max(ticks.values()) == 1, f"ran twice: {[key for key in ticks if ticks[key] > 1]}"
    ids = [int(line.split()[-1]) for line in (root / "began").read_text().splitlines()]
    assert len(ids) == len(set(ids)), "a run began twice"
    rows = {number for (number,) in _ask(root, "SELECT id FROM runs")}
    assert set(ids) <= rows, "a run without a row"
    ticks_of = (
        "SELECT task, min(tick), max(tick), count(*) FROM runs WHERE tick NOT NULL AND attempt = 1 GROUP BY 1"
    )
    for task, first, last, number in _ask(root, ticks_of):
        assert number == last - first + 1, f"{task}: {last - first + 1 - number} ticks without a row"
    assert len(_ask(root, "SELECT id FROM runs WHERE task = 'asked'")) == asked, "lost what was asked for"


def _ask(root: Path, select: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(root / ".procman" / "procman.db", timeout=20)) as database:
        return database.execute(select).fetchall()


def main() -> None:
    """As many rounds as are asked for, in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = App(Path(folder))
        try:
            kill_again_and_again(app, options.rounds, options.seed)
        finally:
            app.close()
    print(f"{options.rounds} times killed, nothing lost, nothing twice, nothing left")


if __name__ == "__main__":
    main()
