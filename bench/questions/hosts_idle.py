"""What do hosts ask of their database while nothing is due?

Five procmans with one task that is due in half an hour: statements a second of each, counted in the
server's log (`log_statement = all`) over 60 s; those that begin and end a transaction count, too. Then
200 hosts, played by one program that renews their leases and looks for what is due as they would: CPU
time of the server, in % of one core over 30 s.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import pgserver, proc
from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.hosts import APP, Hosts
from bench.load import RunError
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.schedulers import Job, When
from bench.subjects import Subject
from tests.postgres import Server

HOSTS, CROWD, QUICK_CROWD = 5, 200, 10
SECONDS, QUICK_SECONDS, SETTLE = 60.0, 6.0, 5.0
LEARNT = 35.0
"""By then a host has looked once at how long the rows of other tasks are kept."""


def prepare(bench: Bench, _subject: Subject) -> int:
    """How many hosts are played."""
    return QUICK_CROWD if bench.quick else CROWD


def sample(bench: Bench, _subject: Subject, crowd: int) -> Sample:
    """Real ones, then those that are played."""
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    with pgserver.running("log_statement=all") as server, Hosts(bench, HOSTS, server.url) as hosts:
        hosts.start(_later)
        hosts.wait_ready()
        hosts.listen(SETTLE if bench.quick else LEARNT)
        before = pgserver.statements(server)
        hosts.listen(seconds)
        asked = pgserver.statements(server) - before
    with pgserver.running() as server:
        used = _used(server, crowd, seconds / 2)
    return {"statements": asked / seconds / HOSTS, "cpu": used / (seconds / 2) * 100}


def _later(_fifo: Path) -> Sequence[Job]:
    return [Job("later", "true", When.HOURLY, (int(time.time()) // 60 + 30) % 60)]


def _used(server: Server, crowd: int, seconds: float) -> float:
    """CPU seconds of the server."""
    argv = [sys.executable, "-m", "bench.crowd", server.url, APP, str(crowd)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as hosts:
        assert hosts.stdout
        try:
            if hosts.stdout.readline() != b"ready\n":
                raise RunError("the played hosts did not come up")
            time.sleep(SETTLE)
            processes = [server.pid, *proc.descendants(server.pid)]
            before = sum(map(proc.cpu_seconds, processes))
            time.sleep(seconds)
            return sum(map(proc.cpu_seconds, processes)) - before
        finally:
            hosts.kill()


QUESTION = Question(
    name="hosts_idle",
    title="Hosts that have nothing to do",
    text=__doc__,
    columns=(
        Column("statements", "statements/s a host", 2),
        Column("cpu", "the database with 200 hosts, % CPU", 1),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN}),
    rounds=1,
    goals=(
        Goal("statements a second a host", procman("statements"), at_most=0.3),
        Goal("% CPU of the database with 200 hosts", procman("cpu"), at_most=10),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
