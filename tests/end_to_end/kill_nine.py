"""procman killed again and again while it is busy, and what must be true afterwards.

Its supervisor, its guardian, or both; in the middle of reruns; and beside a second procman in a PID
namespace of its own, as in another container. The tasks write down themselves when they begin and end: the
history may say nothing else.

`python -m tests.end_to_end.kill_nine --rounds 100 --seed 1` does it as often as you like.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from procman.core.tasks.run import Outcome
from tests.end_to_end.harness import PROCMAN, PYTHON, App, command_line
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

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
# One append of one line is whole (write(2), O_APPEND), so the file tells what really began, in order.
WORK = """#!/bin/sh
echo "begin $PROCMAN_TASK $PROCMAN_SCHEDULED_AT $PROCMAN_ATTEMPT $PROCMAN_RUN_ID" >> trace
sleep "${1:-0}"
echo "end $PROCMAN_TASK $PROCMAN_SCHEDULED_AT $PROCMAN_ATTEMPT $PROCMAN_RUN_ID" >> trace
exit "${2:-0}"
"""
ASKING = "from procman import enqueue\nfor number in range({}): enqueue('asked', number)\n"
ELSEWHERE = ("unshare", "--pid", "--fork", "--mount-proc")
ONE_AT_A_TIME = ("brief", "failing", "rerun")
RERUNS = "SELECT 1 FROM runs WHERE task = 'rerun' AND attempt > 1 AND state = 'running'"


class Step(NamedTuple):
    """A line of the trace."""

    what: str
    task: str
    tick: str
    attempt: int
    run: int


def no_namespaces() -> str | None:
    """Why there can be no second PID namespace here."""
    if not shutil.which(ELSEWHERE[0]):
        return "there is no unshare(1) here"
    tried = subprocess.run([*ELSEWHERE, "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip() or None


def kill_again_and_again(app: App, rounds: int, seed: int) -> None:
    """Start, let it work for a random while, kill some of it; then look at what is left."""
    chance = random.Random(seed)
    app.write("procman.yml", TASKS)
    app.write("work", WORK, mode=0o755)
    app.procfile(web="exec sleep 1000")
    if why := no_namespaces():
        print(f"without a second PID namespace: {why}", file=sys.stderr, flush=True)
    asked = 0
    for number in range(rounds):
        victims = [app.start("--separate")]
        if not why and chance.random() < 0.5:
            victims.append(app.launch(*ELSEWHERE, *PROCMAN, "start", "--separate"))
        for running in victims:
            running.wait_for("web.1 started")
        some = chance.randrange(5)
        asking = app.launch(PYTHON, "-c", ASKING.format(some))
        _work_for(app, victims[0], chance)
        chance.shuffle(victims)
        for running in victims:
            _kill(running, chance)
        assert asking.end() == 0, asking.err.text
        asked += some
        assert _ask(app.root, "PRAGMA integrity_check") == [("ok",)]
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    _run_to_the_end(app)
    _compare(app, asked)


def _work_for(app: App, running: Running, chance: random.Random) -> None:
    """A random moment is what this is about, so here it is time that is waited for; or for a rerun."""
    with suppress(TimeoutExpired):
        running.process.wait(chance.uniform(0.0, 2.2))
    if chance.random() < 0.2:
        for _ in range(20):
            if _ask(app.root, RERUNS):
                break
            with suppress(TimeoutExpired):
                running.process.wait(0.1)


def _kill(running: Running, chance: random.Random) -> None:
    """One of the two, or both: then runs go on, and nobody is there who would stop them."""
    guardian = psutil.Process(running.process.pid)
    if command_line(guardian).startswith(ELSEWHERE[0]):
        guardian = guardian.children()[0]
    pair = [guardian, guardian.children()[0]]
    chance.shuffle(pair)
    both = chance.random() < 1 / 3
    web = [each for each in pair[0].children(recursive=True) if command_line(each) == "sleep 1000"]
    web += [each for each in pair[1].children(recursive=True) if command_line(each) == "sleep 1000"]
    for victim in pair[: 1 + both]:
        with suppress(psutil.NoSuchProcess):
            victim.send_signal(signal.SIGKILL)
    running.process.wait(20)
    for each in web if both else ():
        with suppress(psutil.NoSuchProcess):
            each.kill()


def _run_to_the_end(app: App) -> None:
    """One start that is left alone: all that was asked for runs, and what was lost is closed."""
    running = app.launch(*PROCMAN, "scheduler")
    running.wait_for(r"brief\.\d+ started")
    waiting = "SELECT count(*) FROM runs WHERE task = 'asked' AND state <> 'finished'"
    wait_until(lambda: _ask(app.root, waiting) == [(0,)])
    wait_until(lambda: all(run.outcome or not run.owner or _is_of(run.owner, running) for run in app.runs))
    assert running.stop() == 0, running.out.text


def _is_of(owner: str, running: Running) -> bool:
    return owner.startswith(f"{running.supervisor().pid}:")


def _compare(app: App, asked: int) -> None:
    steps = [_step(line) for line in (app.root / "trace").read_text().splitlines()]
    begun = Counter(step[1:] for step in steps if step.what == "begin")
    twice = [step for step, times in begun.items() if times > 1 and step[0] != "asked"]
    assert not twice, f"a tick began twice: {twice}"
    ticks = Counter(step[:3] for step in begun if step[0] != "asked")
    assert set(ticks.values()) == {1}, "a tick has two runs"
    _nobody_beside_another(steps)
    _look_at_rows(app, {step[-1] for step in begun}, {step.run for step in steps if step.what == "end"})
    assert sum(run.task == "asked" for run in app.runs) == asked, "lost what was asked for"


def _step(line: str) -> Step:
    what, task, tick, attempt, run = line.split()
    return Step(what, task, tick, int(attempt), int(run))


def _nobody_beside_another(steps: Sequence[Step]) -> None:
    """Who has not ended when the next begins was killed, and ends no more."""
    for task in ONE_AT_A_TIME:
        last = 0
        for step in steps:
            if step.task == task and step.what == "begin":
                last = step.run
            elif step.task == task:
                assert step.run == last, f"{task}.{last} began while {task}.{step.run} was there"


def _look_at_rows(app: App, began: set[int], ended: set[int]) -> None:
    rows = {run.id: run for run in app.runs}
    assert began <= rows.keys(), "a run without a row"
    for number, run in rows.items():
        if run.outcome in (Outcome.OK, Outcome.FAILED):
            assert number in ended, f"{run} has not ended by itself"
            assert run.started_at, f"{run} has no start"
        elif run.outcome in (Outcome.SKIPPED, Outcome.MISSED):
            assert number not in began, f"{run} did begin"
        elif run.outcome:
            assert run.outcome in (Outcome.LOST, Outcome.STOPPED), run
            cut_short = run.outcome in (Outcome.LOST, Outcome.STOPPED)  # maybe before its first line
            assert run.started_at is None or number in began or cut_short, run
        else:
            assert not run.owner, f"{run} is left open"
    for task in {run.task for run in rows.values()} - {"asked"}:
        seconds = [run.tick or 0 for run in rows.values() if run.task == task and run.attempt == 1]
        assert sorted(seconds) == list(range(min(seconds), max(seconds) + 1)), f"{task}: a tick without a row"


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
