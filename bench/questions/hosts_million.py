"""Does a database with a million runs make procman slow?

The store of `million` (20 tasks with 50,000 finished runs each), once in its SQLite file ('procman on
SQLite') and once copied to PostgreSQL ('procman') by what `procman store migrate` does; s that the copy
took. ms of `procman history`, `procman history TASK` (11 times each), and of claiming one tick, by the
store's own method, 200 times.
"""

import time
from pathlib import Path

from bench import millionstore, pgserver
from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.hosts import APP
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.questions.million import INTERVAL, NAMES, QUICK_RUNS, RUNS, STORE, claims, command
from bench.schedulers import ON_SQLITE
from bench.subjects import Subject
from procman.store.copying import copy
from procman.store.open import on_server, open_store
from procman.store.postgres.store import PostgresStore
from procman.store.sqlite import SqliteStore

FOLDER = "hosts_million"


def prepare(bench: Bench, _subject: Subject) -> int:
    """Makes the file once, and answers how many runs are in it."""
    runs = QUICK_RUNS if bench.quick else RUNS
    if not (folder := bench.folder / FOLDER).exists():
        folder.mkdir()
        millionstore.build(folder, NAMES, runs, int(time.time()), INTERVAL)
    return runs


def sample(bench: Bench, subject: Subject, _runs: int) -> Sample:
    """The file as it is, or its copy on a server."""
    folder = bench.folder / FOLDER
    source = open_store(str(folder / STORE))
    try:
        if subject.name == ON_SQLITE:
            return _figures(bench, folder, source)
        with pgserver.running() as server:
            target = on_server(server.url, APP)
            begin = time.monotonic()
            copy(source, target, source.states())
            copied = time.monotonic() - begin
            there = bench.folder / f"{FOLDER}_there"
            there.mkdir()
            (there / "procman.yml").write_text(f'store: "{server.url}"\napp: {APP}\n')
            figures = _figures(bench, there, target)
            target.close()
            return {**figures, "copied": copied}
    finally:
        source.close()


def _figures(bench: Bench, folder: Path, store: PostgresStore | SqliteStore) -> dict[str, float]:
    history = {"history": command(bench, folder, []), "of_task": command(bench, folder, [NAMES[7]])}
    return {**claims(store), **history}


QUESTION = Question(
    name="hosts_million",
    title="A database with a million runs",
    text=__doc__,
    columns=(
        Column("claim", "claim, ms", 3),
        Column("claim_p99", "p99, ms", 3),
        Column("history", "history, ms"),
        Column("of_task", "history TASK, ms"),
        Column("copied", "copied, s"),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN, ON_SQLITE}),
    rounds=1,
    goals=(
        Goal("ms to claim a tick", procman("claim"), at_most=5),
        Goal("ms of history", procman("history"), at_most=150),
        Goal("ms of history TASK", procman("of_task"), at_most=150),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
