"""Asks for runs: enqueuer.py procman|rq|procrastinate URL-OR-FOLDER CALLS [wait], prints JSON.

With `wait` it says when it is ready, and begins once its standard input is closed. Gives the seconds of each
call, and when on CLOCK_MONOTONIC the first began and the last was back.
"""

import json
import os
import sys
import time
from collections.abc import Callable

TASK = "welcome_email"


def _procman(folder: str) -> Callable[[int], object]:
    os.environ["PROCMAN_ROOT"] = folder
    from procman import enqueue

    return lambda number: enqueue(TASK, number)


def _rq(url: str) -> Callable[[int], object]:
    from redis import Redis
    from rq import Queue

    queue = Queue(connection=Redis.from_url(url))
    return lambda number: queue.enqueue(f"app.{TASK}", number)


def _procrastinate(url: str) -> Callable[[int], object]:
    from bench import procrastinating

    return procrastinating.deferring(url, procrastinating.NOTHING)


def main() -> None:
    """One call to warm up, which counts as a run but not in time; then the others."""
    who, where, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
    enqueue = {"procman": _procman, "rq": _rq, "procrastinate": _procrastinate}[who](where)
    enqueue(0)
    if sys.argv[4:] == ["wait"]:
        print("ready", flush=True)
        sys.stdin.read()
    begin, times = time.monotonic(), []
    for number in range(1, calls):
        before = time.perf_counter()
        enqueue(number)
        times.append(time.perf_counter() - before)
    print(json.dumps({"begin": begin, "end": time.monotonic(), "times": times}))


if __name__ == "__main__":
    main()
