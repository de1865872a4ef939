"""procrastinate with the tasks of a benchmark: procrastinating.py schema|worker|drain URL [FIFO].

It comes as an extra, and the type checker need not have it.
"""

import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

COMMAND, CALL, NOTHING = "command", "call", "nothing"
"""Tasks: run a command, note the time in the worker itself, do nothing."""
AT_ONCE = 16


def _module() -> Any:
    return importlib.import_module("procrastinate")


def deferring(url: str, task: str, **fixed: str) -> Callable[[int], object]:
    """What asks for a job of a task, in this process."""
    app = _module().App(connector=_module().SyncPsycopgConnector(conninfo=url))
    app.open()
    return lambda number: app.configure_task(task, allow_unknown=True).defer(number=number, **fixed)


def defer_many(url: str, task: str, jobs: int) -> None:
    """Ask for so many at once."""
    with _module().App(connector=_module().SyncPsycopgConnector(conninfo=url)).open() as app:
        asked = app.configure_task(task, allow_unknown=True)
        for begin in range(0, jobs, 1000):
            asked.batch_defer(*[{"number": number} for number in range(begin, min(begin + 1000, jobs))])


def _app(url: str, fifo: str) -> Any:
    app = _module().App(connector=_module().PsycopgConnector(conninfo=url))
    told = os.open(fifo, os.O_WRONLY) if fifo else -1

    @app.task(name=COMMAND)  # type: ignore[untyped-decorator]
    def command(number: int, words: str) -> None:
        subprocess.run(words, shell=True, check=True)

    @app.task(name=CALL)  # type: ignore[untyped-decorator]
    def call(number: int, words: str = "") -> None:
        os.write(told, f"call {time.time_ns()}\n".encode())

    @app.task(name=NOTHING)  # type: ignore[untyped-decorator]
    async def nothing(number: int) -> None:
        pass

    return app


def main() -> None:
    """Make the tables, or work until asked to stop, or until nothing is left to do."""
    act, url = sys.argv[1:3]
    app = _app(url, sys.argv[3] if act == "worker" else "")
    if act == "schema":
        with app.open():
            app.schema_manager.apply_schema()
        return
    drain = act == "drain"
    if drain:
        print("ready", flush=True)
        sys.stdin.read()
    begin = time.monotonic()
    app.run_worker(concurrency=AT_ONCE if drain else 1, wait=not drain, listen_notify=not drain)
    print(f'{{"begin": {begin}, "end": {time.monotonic()}}}')


if __name__ == "__main__":
    main()
