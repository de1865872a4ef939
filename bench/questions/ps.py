"""How long does `procman ps` take with 200 processes?

Wall time of the whole command, and of one request over the control socket, which is what the supervisor takes
for it: it does nothing else then.
"""

import json
import socket
import subprocess
import time
from pathlib import Path

from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.load import Load
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.session import Session
from bench.subjects import Subject, clean_environment

PROCESSES, QUICK_PROCESSES = 200, 10
REQUEST = b'{"procman":1,"command":"ps"}\n'


def prepare(bench: Bench, _subject: Subject) -> int:
    """How many processes."""
    return QUICK_PROCESSES if bench.quick else PROCESSES


def sample(bench: Bench, subject: Subject, processes: int) -> Sample:
    """One start, in which each is asked once to warm up, and then once."""
    with Session(bench, subject, Load(processes)) as session:
        session.wait_up()
        path = session.folder / ".procman" / "control.sock"
        session.wait_for(path)
        found = {"request": _request(path, processes), "whole": _whole(bench, subject, session.folder)}
        found = {"request": _request(path, processes), "whole": _whole(bench, subject, session.folder)}
        session.stop()
    return found


def _request(path: Path, processes: int) -> float:
    begin = time.monotonic()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(REQUEST)
        data = b"".join(iter(lambda: client.recv(1 << 20), b""))
    took = time.monotonic() - begin
    assert len(json.loads(data)["result"]) == processes
    return took * 1000


def _whole(bench: Bench, subject: Subject, folder: Path) -> float:
    begin = time.monotonic()
    subprocess.run(
        [subject.path() or subject.program, "ps"],
        cwd=folder,
        env=clean_environment(bench.folder),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return (time.monotonic() - begin) * 1000


QUESTION = Question(
    name="ps",
    title="ps of 200 processes",
    text=__doc__,
    columns=(Column("whole", "procman ps, ms"), Column("request", "one request, ms", 2)),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN}),
    rounds=7,
    goals=(
        Goal("ms for procman ps as a whole", procman("whole"), at_most=120),
        Goal("ms in the supervisor", procman("request"), at_most=5),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
