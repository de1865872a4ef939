"""How late is a crashed process started again?

A child is killed twenty times, and starts again after a backoff of 0.1 s. Lateness is from the moment at
which it should have been started, as the event `RestartPlanned` has it, to `ProcessStarted`, in
milliseconds: both are told by the control socket, to the millisecond. The latest of twenty, and the median
of all rounds of these.
"""

import json
import os
import signal
import socket
import statistics
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.load import Load
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.session import Session
from bench.subjects import Subject, with_file

KILLS, QUICK_KILLS = 20, 2
POLICIES = (
    "processes: {c00: {restart: always, backoff: {initial: 100ms, max: 100ms, give_up_after: never}}}\n"
)
EVENTS, INFO = b'{"procman":1,"command":"events"}\n', b'{"procman":1,"command":"info"}\n'


def prepare(bench: Bench, _subject: Subject) -> int:
    """How often it is killed."""
    return QUICK_KILLS if bench.quick else KILLS


def sample(bench: Bench, subject: Subject, kills: int) -> Sample:
    """One start, and all the kills."""
    policed = replace(subject, start=with_file(subject, "procman.yml", POLICIES))
    with Session(bench, policed, Load()) as session:
        session.wait_up()
        path = session.folder / ".procman" / "control.sock"
        session.wait_for(path)
        late = [*_lateness(path, session.children["c00"], kills)]
        session.stop()
    return {"worst": max(late), "usual": statistics.median(late)}


def _lateness(path: Path, pid: int, kills: int) -> Iterator[float]:
    with _asked(path, EVENTS) as client:
        with _asked(path, INFO) as later:
            later.recv(4096)  # by now the first is heard too
        facts = map(json.loads, client.makefile("rb"))
        for _ in range(kills):
            os.kill(pid, signal.SIGKILL)
            planned = _next(facts, "RestartPlanned")
            started = _next(facts, "ProcessStarted")
            pid = started["pid"]
            yield (started["at"] - planned["at"] - planned["seconds"]) * 1000


def _asked(path: Path, request: bytes) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))
    client.sendall(request)
    return client


def _next(facts: Iterator[dict[str, Any]], type_: str) -> dict[str, Any]:
    return next(fact["fact"] for fact in facts if fact["fact"]["type"] == type_)


QUESTION = Question(
    name="restart",
    title="Restart of a crashed process",
    text=__doc__,
    columns=(Column("worst", "latest of 20, ms", 1), Column("usual", "usual, ms", 1)),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN}),
    rounds=7,
    goals=(Goal("ms behind the end of the backoff", procman("worst"), at_most=20),),
)

if __name__ == "__main__":
    alone(QUESTION)
