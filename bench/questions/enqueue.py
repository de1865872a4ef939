"""What does it cost an app to ask for a run?

ms a call of `procman.enqueue`, which is on disk (fsync) when it is back, over 1,000 calls in one process;
then eight processes at once, 500 calls each: calls a second in all, and how many of them are not in the
store. 'rq' is Queue.enqueue through a real Redis that keeps everything in memory, 'rq (fsync)' the same with
Redis told to write each command to disk before it answers, which is what procman promises. Import: ms of
`python -c 'from ... import ...'` over those of `python -c pass`, medians of turns.
"""

import contextlib
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import redisserver
from bench.cli import alone
from bench.context import Bench
from bench.figures import percentile
from bench.goals import procman
from bench.load import RunError
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.schedulers import RQ, RQ_FSYNC
from bench.subjects import Subject, clean_environment

CALLS, QUICK_CALLS = 1000, 20
PROCESSES, QUICK_PROCESSES = 8, 2
IMPORTS, QUICK_IMPORTS = 11, 1
PATIENCE = 600.0
PROGRAM = [sys.executable, "-m", "bench.enqueuer"]


def prepare(bench: Bench, _subject: Subject) -> int:
    """Calls of one process; when there are several, each makes half as many."""
    return QUICK_CALLS if bench.quick else CALLS


def sample(bench: Bench, subject: Subject, calls: int) -> Sample:
    """One process, then several at once, each with a store of its own; and the import."""
    processes = QUICK_PROCESSES if bench.quick else PROCESSES
    who = "procman" if subject.name == PROCMAN else "rq"
    with _place(bench, subject) as where:
        (alone_,) = ask([who, where, str(calls)], 1)
    times = [seconds * 1000 for seconds in alone_["times"]]
    with _place(bench, subject) as where:
        all_ = ask([who, where, str(calls // 2), "wait"], processes)
        kept = _count(where)
    made = sum(len(each["times"]) for each in all_)
    return {
        "median": statistics.median(times),
        "p99": percentile(times, 0.99),
        "rate": made / together(all_),
        "lost": processes * (calls // 2) - kept,
        "import": _import_milliseconds(bench, who),
    }


@contextlib.contextmanager
def _place(bench: Bench, subject: Subject) -> Iterator[str]:
    """An app's folder, or the URL of a Redis."""
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    if subject.name == PROCMAN:
        (folder / "procman.yml").write_text("tasks:\n  welcome_email: true\n")
        yield str(folder)
        return
    persistence = redisserver.EACH_WRITE if subject.name == RQ_FSYNC else redisserver.IN_MEMORY
    with redisserver.running(folder, persistence) as url:
        yield url


def together(found: Sequence[Any]) -> float:
    """Seconds from the first that began to the last that ended."""
    return float(max(each["end"] for each in found) - min(each["begin"] for each in found))


def ask(arguments: Sequence[str], processes: int, program: Sequence[str] = PROGRAM) -> list[Any]:
    """Let so many processes go at the same moment; what they found."""
    asking = [_start([*program, *arguments]) for _ in range(processes)]
    try:
        for process in asking if "wait" in arguments else ():
            assert process.stdout
            process.stdout.readline()
        for process in asking:
            assert process.stdin
            process.stdin.close()
            process.stdin = None
        return [_answer(*process.communicate(timeout=PATIENCE)) for process in asking]
    finally:
        for process in asking:
            process.kill()


def _start(argv: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _answer(said: str, complained: str) -> Any:
    if not said.startswith("{"):
        raise RunError(complained.strip().rpartition("\n")[2])
    return json.loads(said)


def _count(where: str) -> int:
    """Runs in procman's store, or in Redis."""
    if where.startswith("unix:"):
        from redis import Redis
        from rq import Queue

        return Queue(connection=Redis.from_url(where)).count
    with contextlib.closing(sqlite3.connect(Path(where, ".procman", "procman.db"))) as store:
        return int(store.execute("SELECT count(*) FROM runs WHERE state = 'pending'").fetchone()[0])


def _import_milliseconds(bench: Bench, who: str) -> float:
    code = {"procman": "from procman import enqueue", "rq": "from redis import Redis; from rq import Queue"}
    turns = QUICK_IMPORTS if bench.quick else IMPORTS
    pairs = [(_milliseconds(bench, "pass"), _milliseconds(bench, code[who])) for _ in range(turns)]
    return statistics.median(full for _, full in pairs) - statistics.median(bare for bare, _ in pairs)


def _milliseconds(bench: Bench, code: str) -> float:
    begin = time.monotonic()
    subprocess.run([sys.executable, "-c", code], env=clean_environment(bench.folder), check=True)
    return (time.monotonic() - begin) * 1000


QUESTION = Question(
    name="enqueue",
    title="Asking for a run from Python",
    text=__doc__,
    columns=(
        Column("median", "median, ms", 2),
        Column("p99", "p99, ms", 2),
        Column("rate", "8 processes, calls/s", 0),
        Column("lost", "lost", 0, sum),
        Column("import", "import, ms"),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN, RQ, RQ_FSYNC}),
    goals=(
        Goal("calls lost", procman("lost"), at_most=0),
        Goal("ms a call, median", procman("median"), at_most=2),
        Goal("calls a second, 8 processes", procman("rate"), at_least=1000),
        Goal("ms to import", procman("import"), at_most=15),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
