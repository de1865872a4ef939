"""Fills a store with as many runs as a busy app has after months."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from procman.store.open import open_store

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
RUNS = """
    INSERT INTO runs (task, command, args, trigger, tick, due, attempt, created_at, state, outcome, ended_at,
                      code, owner, pid, identity, started_at, output_bytes, truncated, cpu_s, at)
    SELECT 'task' || (i % :tasks), 'python -m registration.remind', '[]', 'schedule', :start + i, :start + i,
           1, :start + i, 'finished', CASE WHEN i % 10 THEN 'ok' ELSE 'failed' END, :start + i + 1.5,
           CASE WHEN i % 10 THEN 0 ELSE 1 END, '101:1:abc', 1000 + i % 5000, '102:1:abc', :start + i + 0.1,
           60, 0, 0.5, :start + i + 1.5
    FROM n
"""
OUTPUTS = "INSERT INTO outputs SELECT id, CAST(printf('%.60c', 'x') AS BLOB) FROM runs"
PASTS = """
    INSERT INTO pasts (task, last_tick, last_outcome, last_run, last_at, last_ran, last_success)
    SELECT task, max(tick), 'ok', max(id), max(at), 1, max(at) FROM runs GROUP BY task
"""
TASKS = "INSERT INTO tasks (name, schedule, accounted) SELECT task, '* * * * *', last_tick FROM pasts"


def fill(path: Path | str, runs: int, tasks: int = 20, start: int = 1_700_000_000) -> None:
    """Make a store of `task0`, `task1`, ... with a finished run each second from `start` on, in turn."""
    open_store(str(path)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute(NUMBERS.format(runs) + RUNS, {"tasks": tasks, "start": start})
        for statement in (OUTPUTS, PASTS, TASKS):
            connection.execute(statement)
        connection.execute("COMMIT")
