"""Do those who follow the log slow the app?

MB/s of one child into a pipe, alone and with 200 clients of `procman logs -f`, of which one reads nothing.
The clients run on another processor than all else, where there is one: what their reading costs them is not
procman's. Then the resident peak of procman (VmHWM), and how many pieces the one was told that it has missed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench import proc
from bench.cli import alone
from bench.context import Bench
from bench.flood import enough_lines
from bench.goals import procman
from bench.load import Load
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.session import Session
from bench.subjects import Subject

CLIENTS, QUICK_CLIENTS = 200, 5
LOAD = Path(__file__).parent.parent / "followerload.py"


def prepare(bench: Bench, subject: Subject) -> int:
    """Lines for a run of about a second."""
    return enough_lines(bench, subject)


def sample(bench: Bench, subject: Subject, lines: int) -> Sample:
    """One run without followers, and one with them."""
    free, _, _ = _run(bench, subject, lines, 0)
    followed, peak, lost = _run(bench, subject, lines, QUICK_CLIENTS if bench.quick else CLIENTS)
    return {"free": free, "followed": followed, "share": followed / free, "peak": peak, "lost": lost}


def _run(bench: Bench, subject: Subject, lines: int, clients: int) -> tuple[float, float, int]:
    with Session(bench, subject, Load(lines=lines, gated=True)) as session:
        session.wait_up()
        session.wait_for(session.folder / ".procman" / "control.sock")
        command = [sys.executable, str(LOAD), str(session.folder / ".procman" / "control.sock"), str(clients)]
        own = session.own()
        _on_processors(proc.descendants(os.getpid()), first=True)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
            _on_processors({load.pid}, first=False)
            assert load.stdin
            assert load.stdout
            load.stdout.readline()
            begin = session.open_gate()
            session.wait_written()
            session.wait_seen()
            peak = max(proc.memory(pid).peak for pid in own) / 1e6
            load.stdin.close()
            told = json.loads(load.stdout.readline())
        session.stop()
        tally = session.tally()
    return tally.came * 100 / 1e6 / (max(tally.last_ns - begin, 1) / 1e9), peak, told["lost"]


def _on_processors(pids: set[int], first: bool) -> None:
    """The last processor is for the clients, all others for procman and its child."""
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) > 1:
        for pid in pids:
            os.sched_setaffinity(pid, processors[:-1] if first else processors[-1:])


QUESTION = Question(
    name="followers",
    title="200 followers of the log",
    text=__doc__,
    columns=(
        Column("free", "alone, MB/s"),
        Column("followed", "followed, MB/s"),
        Column("share", "followed to alone", 2),
        Column("peak", "peak, MB"),
        Column("lost", "pieces missed", 0),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN}),
    rounds=7,
    goals=(
        Goal("of the speed is left with 200 followers", procman("share"), at_least=0.7),
        Goal("MB at the peak", procman("peak"), at_most=100),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
