"""An app whose store is full: rows are written as procman writes them, but all in one transaction."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from procman.core.tasks import transitions
from procman.core.tasks.past import Past
from procman.core.tasks.run import Ending, Outcome, Run, State, TaskState
from procman.store import statements as sql
from procman.store.open import open_store
from procman.store.rows import from_run

KEEP = 1000
OUTPUT = b"sent 12 reminders, none failed, 3 bounced at the mail server of example.com, which is away\n"


def build(folder: Path, names: list[str], runs: int, now: int, interval: int) -> Path:
    """An app whose tasks have so many finished runs together, one each `interval` seconds; its database."""
    tasks = "".join(f'  {name}: {{command: "true", schedule: "@yearly", keep: {KEEP}}}\n' for name in names)
    (folder / "procman.yml").write_text(f"timezone: UTC\ntasks:\n{tasks}")
    path = folder / ".procman" / "procman.db"
    path.parent.mkdir(mode=0o700, parents=True)
    open_store(str(path)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        pasts = {name: Past(name) for name in names}
        for run in _runs(names, runs, now, interval):
            number = connection.execute(sql.INSERT_RUN, from_run(run)).lastrowid or 0
            connection.execute(sql.INSERT_OUTPUT, (number, OUTPUT))
            pasts[run.task] = pasts[run.task].with_tick(run.tick or 0).with_end(run._replace(id=number))
        for past in pasts.values():
            connection.execute(sql.PUT_PAST, past)
            connection.execute(sql.PUT_STATE, TaskState(past.task, "@yearly", past.last_tick))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def add_task(folder: Path, name: str, command: str, schedule: str) -> None:
    """One more task at the end of procman.yml."""
    with (folder / "procman.yml").open("a") as file:
        file.write(f"  {name}: {{command: {json.dumps(command)}, schedule: {json.dumps(schedule)}}}\n")


def count(path: Path) -> int:
    """All runs in a store."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])


def _runs(names: list[str], runs: int, now: int, interval: int) -> Iterator[Run]:
    each = runs // len(names)
    for number in range(each):
        tick = now - (each - number) * interval
        for name in names:
            run = Run(0, name, "true", tick=tick, due=tick, created_at=tick, owner="1-1-1", pid=4711)
            ended = Ending(
                Outcome.OK, tick + 0.5, 0, output_bytes=len(OUTPUT), max_rss_bytes=10**7, cpu_s=0.1
            )
            begun = run._replace(state=State.RUNNING, identity="1-1-2", started_at=tick + 0.01)
            if finished := transitions.finished(begun, ended):
                yield finished
