"""What does a job cost that one host asks for and another one runs?

ms from just before `enqueue` to the first instruction of the command, which notes the time, on an idle
host: 100 jobs, one after the other. Then eight processes that ask at once, 500 calls each: calls a second
in all, and how many of them are not in the database. Then eight workers drain 20,000 jobs that do
nothing: jobs a second. They take 16 at once; 'procman' writes claim, start and end as its scheduler does,
and starts no process. All have the same PostgreSQL, which writes each commit to disk. procrastinate runs
the command by `subprocess.run`; 'procrastinate (call)' starts no process: its worker notes the time
itself.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from bench import pgserver, procrastinating
from bench.cli import alone
from bench.context import Bench
from bench.enqueuer import TASK
from bench.figures import percentile
from bench.goals import procman, procman_to
from bench.hosts import APP, Hosts
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.questions.enqueue import ask, together
from bench.schedulers import PROCRASTINATE, PROCRASTINATE_CALL, When, stamped
from bench.subjects import Subject
from procman.core.tasks.run import Request, Trigger
from procman.store.open import on_server

JOBS, QUICK_JOBS, WARM_UP = 100, 5, 5
CALLS, QUICK_CALLS = 500, 10
PROCESSES, QUICK_PROCESSES = 8, 2
DRAINED, QUICK_DRAINED = 20_000, 200
PENDING = {
    PROCMAN: "SELECT count(*) FROM procman.runs WHERE state = 'pending'",
    PROCRASTINATE: "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'",
}
PROCRASTINATING = [sys.executable, "-m", "bench.procrastinating"]


def prepare(bench: Bench, _subject: Subject) -> int:
    """How many jobs are waited for, one after the other."""
    return QUICK_JOBS if bench.quick else JOBS


def sample(bench: Bench, subject: Subject, jobs: int) -> Sample:
    """All three, each with a new database."""
    with pgserver.running() as server:
        times = _times(bench, subject, server.url, jobs)
    figures = {"median": statistics.median(times), "p99": percentile(times, 0.99)}
    if subject.name == PROCRASTINATE_CALL:
        return figures
    with pgserver.running() as server:
        figures |= _throughput(bench, subject, server.url)
    with pgserver.running() as server:
        return {**figures, "drained": _drained(bench, subject, server.url)}


def _times(bench: Bench, subject: Subject, url: str, jobs: int) -> list[float]:
    with Hosts(bench, 1, url) as hosts:
        enqueue = (_procman if subject.name == PROCMAN else _procrastinate)(bench, subject, url, hosts)
        times = []
        for number in range(jobs + WARM_UP):
            before, seen = time.time_ns(), len(hosts.stamps)
            enqueue(number)
            hosts.wait_more(seen, "a job")
            times.append((hosts.stamps[-1][1] - before) / 1e6)
            hosts.listen(random.uniform(0.02, 0.06))
    return times[WARM_UP:]


def _procman(bench: Bench, _subject: Subject, _url: str, hosts: Hosts) -> Callable[[int], object]:
    """The app asks on a host where no procman runs."""
    from procman import enqueue

    jobs = [stamped(bench.tools.stamp, hosts.fifo, TASK, When.ASKED)]
    hosts.start(lambda _fifo: jobs)
    hosts.wait_ready()
    hosts.write(hosts.folder / "client", jobs)
    os.environ["PROCMAN_ROOT"] = str(hosts.folder / "client")
    return lambda _number: enqueue(TASK)


def _procrastinate(bench: Bench, subject: Subject, url: str, hosts: Hosts) -> Callable[[int], object]:
    _make_tables(url)
    hosts.launch(hosts.folder, [*PROCRASTINATING, "worker", url, str(hosts.fifo)])
    task = procrastinating.CALL if subject.name == PROCRASTINATE_CALL else procrastinating.COMMAND
    words = stamped(bench.tools.stamp, hosts.fifo, TASK, When.ASKED).command
    return procrastinating.deferring(url, task, words=words)


def _make_tables(url: str) -> None:
    subprocess.run([*PROCRASTINATING, "schema", url], check=True, capture_output=True)


def _throughput(bench: Bench, subject: Subject, url: str) -> dict[str, float]:
    calls = QUICK_CALLS if bench.quick else CALLS
    processes = QUICK_PROCESSES if bench.quick else PROCESSES
    where = _place(bench, url) if subject.name == PROCMAN else url
    if subject.name != PROCMAN:
        _make_tables(url)
    all_ = ask([subject.name, where, str(calls), "wait"], processes)
    made = sum(len(each["times"]) for each in all_)
    with psycopg.connect(url) as connection:
        row = connection.execute(PENDING[subject.name]).fetchone()
    kept = int(row[0]) if row else 0
    return {"rate": made / together(all_), "lost": processes * calls - kept}


def _place(bench: Bench, url: str) -> str:
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    (folder / "procman.yml").write_text(f'store: "{url}"\napp: {APP}\ntasks:\n  {TASK}: true\n')
    return str(folder)


def _drained(bench: Bench, subject: Subject, url: str) -> float:
    """Jobs a second."""
    jobs = QUICK_DRAINED if bench.quick else DRAINED
    if subject.name == PROCMAN:
        _fill(url, jobs)
        program = [sys.executable, "-m", "bench.drainer", url, APP]
    else:
        _make_tables(url)
        procrastinating.defer_many(url, procrastinating.NOTHING, jobs)
        program = [*PROCRASTINATING, "drain", url]
    all_ = ask(["wait"], QUICK_PROCESSES if bench.quick else PROCESSES, program)
    return jobs / together(all_)


def _fill(url: str, jobs: int) -> None:
    store, now = on_server(url, APP), time.time()
    with store.together():
        for _ in range(jobs):
            store.request(Request(TASK, (), Trigger.MANUAL, now, now))
    store.close()


QUESTION = Question(
    name="hosts_jobs",
    title="Jobs from one host to another",
    text=__doc__,
    columns=(
        Column("median", "to its start, ms", 2),
        Column("p99", "p99, ms", 2),
        Column("rate", "8 processes, calls/s", 0),
        Column("lost", "lost", 0, sum),
        Column("drained", "8 workers, jobs/s", 0),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN, PROCRASTINATE, PROCRASTINATE_CALL}),
    rounds=3,
    goals=(
        Goal("calls lost", procman("lost"), at_most=0),
        Goal("ms from enqueue to the start", procman("median"), at_most=20),
        Goal("times the ms of procrastinate", procman_to(PROCRASTINATE, "median"), at_most=1),
        Goal("times the calls a second of procrastinate", procman_to(PROCRASTINATE, "rate"), at_least=1),
        Goal("times the jobs a second of procrastinate", procman_to(PROCRASTINATE, "drained"), at_least=2),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
