"""APScheduler with the jobs of a benchmark: apjobs.py process|call JOBS.json FIFO

`process` runs each job's command by subprocess.run, `call` only notes the time in APScheduler's own process.
"""

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any


def _of(module: str, name: str) -> Any:
    """It comes without types, and the type checker need not have it."""
    return getattr(importlib.import_module(f"apscheduler.{module}"), name)


BlockingScheduler = _of("schedulers.blocking", "BlockingScheduler")
CronTrigger = _of("triggers.cron", "CronTrigger")
DateTrigger = _of("triggers.date", "DateTrigger")
IntervalTrigger = _of("triggers.interval", "IntervalTrigger")


def _trigger(when: str, value: int) -> Any:
    match when:
        case "each second":
            return IntervalTrigger(seconds=1, start_date=datetime.fromtimestamp(int(time.time()) + 1, UTC))
        case "each minute":
            return CronTrigger(second=0, timezone=UTC)
        case "at":
            return DateTrigger(datetime.fromtimestamp(value, UTC))
        case "hourly":
            return CronTrigger(minute=value, timezone=UTC)
        case _:
            return DateTrigger(datetime.now(UTC))


def _run(command: str) -> None:
    subprocess.run(command, shell=True, check=False)


def _note(fifo: int) -> Callable[[str], None]:
    def note(name: str) -> None:
        os.write(fifo, f"{name} {time.time_ns()}\n".encode())

    return note


def main() -> None:
    """Adds the jobs, as a user would, and runs."""
    how, path, fifo = sys.argv[1:]
    note = _note(os.open(fifo, os.O_WRONLY))
    scheduler = BlockingScheduler(timezone=UTC)
    with open(path) as file:
        jobs = json.load(file)
    for name, command, when, value in jobs:
        function, argument = (_run, command) if how == "process" else (note, name)
        # Without a grace, jobs that find no free thread within a second would be dropped.
        scheduler.add_job(function, _trigger(when, value), args=[argument], misfire_grace_time=None)
    scheduler.start()


if __name__ == "__main__":
    main()
