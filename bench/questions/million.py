"""Does a store with a million runs make procman slow?

20 tasks with 50,000 finished runs each, one every ten minutes, each with 90 bytes of output. ms of the
commands `procman history` and `procman history TASK`, and of `procman history` in an app with a single run
(11 times each); ms of claiming one tick, by the store's own method, 200 times. Then `procman scheduler` runs
for 80 s on this app, whose tasks keep 1,000 runs, beside a task that is due each second: how many of the
980,000 runs too many it has deleted at the end, and how late those ticks were meanwhile.
"""

import shutil
import statistics
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench import millionstore
from bench.cli import alone
from bench.context import Bench
from bench.figures import percentile
from bench.goals import procman
from bench.load import RunError
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.schedulers import When, stamped
from bench.subjects import Subject, clean_environment, find
from bench.watch import Watch
from procman.core.tasks.run import TickRow
from procman.engine.store import Store
from procman.store.open import open_store

RUNS, QUICK_RUNS, INTERVAL = 1_000_000, 20_000, 600
NAMES = [f"task_{number:02d}" for number in range(20)]
COMMANDS, CLAIMS = 11, 200
PRUNING, QUICK_PRUNING = 80.0, 3.0
STORE = Path(".procman", "procman.db")


def prepare(bench: Bench, _subject: Subject) -> int:
    """Makes the store once, and answers how many runs are in it."""
    runs = QUICK_RUNS if bench.quick else RUNS
    (bench.folder / "million").mkdir()
    millionstore.build(bench.folder / "million", NAMES, runs, int(time.time()), INTERVAL)
    return runs


def sample(bench: Bench, _subject: Subject, runs: int) -> Sample:
    """All of it, on a copy of the store."""
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    shutil.copytree(bench.folder / "million", folder, dirs_exist_ok=True)
    try:
        figures = {
            "history": command(bench, folder, []),
            "of_task": command(bench, folder, [NAMES[7]]),
            "bare": command(bench, folder, ["none"], root=_empty(bench)),
            "size": (folder / STORE).stat().st_size / 1e6,
        }
        return {**figures, **_claimed(folder), **_pruning(bench, folder, runs)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _empty(bench: Bench) -> Path:
    """An app with a store of one run, for what the command costs anyway."""
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    millionstore.build(folder, ["none"], 1, int(time.time()), INTERVAL)
    return folder


def command(bench: Bench, folder: Path, words: list[str], root: Path | None = None) -> float:
    """Milliseconds of `procman history`, the median."""
    argv = [find(PROCMAN) or PROCMAN, "history", *words]
    times = []
    for _ in range(COMMANDS):
        begin = time.monotonic()
        ended = subprocess.run(
            argv,
            cwd=root or folder,
            env=clean_environment(bench.folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        times.append((time.monotonic() - begin) * 1000)
        if ended.returncode or not ended.stdout:
            raise RunError(f"procman history: {ended.stderr.decode().strip()}")
    return statistics.median(times)


def _claimed(folder: Path) -> dict[str, float]:
    with closing(open_store(str(folder / STORE))) as store:
        return claims(store)


def claims(store: Store) -> dict[str, float]:
    """ms that it takes to claim a tick."""
    now, times = int(time.time()), []
    for number in range(CLAIMS):
        row = TickRow(NAMES[number % len(NAMES)], now + number, due=now, command="true")
        begin = time.perf_counter()
        claimed = store.claim([row], "1-1-1", now)
        times.append((time.perf_counter() - begin) * 1000)
        assert claimed
    return {"claim": statistics.median(times), "claim_p99": percentile(times, 0.99)}


def _pruning(bench: Bench, folder: Path, runs: int) -> dict[str, float]:
    seconds = QUICK_PRUNING if bench.quick else PRUNING

    def start(watched: Path) -> list[str]:
        tick = stamped(bench.tools.stamp, watched / "stamps", "tick", When.EACH_SECOND)
        millionstore.add_task(folder, tick.name, tick.command, "every second")
        return [find(PROCMAN) or PROCMAN, "scheduler", "-d", str(folder), "--color", "never"]

    with Watch(bench, start) as watch:
        watch.wait(lambda: len(watch.stamps) > 1, "second tick")
        watch.listen(seconds)
        late = [at % 10**9 / 1e6 for _, at in watch.stamps[1:]]
        watch.stop()
    left = millionstore.count(folder / STORE) - len(late) - 1
    return {
        "pruned": max(runs + CLAIMS - left, 0),
        "late": statistics.median(late),
        "late_max": max(late),
    }


QUESTION = Question(
    name="million",
    title="A store with a million runs",
    text=__doc__,
    columns=(
        Column("history", "history, ms"),
        Column("of_task", "history TASK, ms"),
        Column("bare", "one run only, ms"),
        Column("claim", "claim, ms", 3),
        Column("claim_p99", "p99, ms", 3),
        Column("pruned", "runs deleted", 0),
        Column("late", "lateness, ms", 2),
        Column("late_max", "worst, ms", 2, max),
        Column("size", "store, MB"),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN}),
    rounds=1,
    goals=(
        Goal("ms of history", procman("history"), at_most=150),
        Goal("ms of history TASK", procman("of_task"), at_most=150),
        Goal("ms to claim a tick", procman("claim"), at_most=2),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
