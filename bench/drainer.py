"""A host of procman that takes jobs and does nothing with them: drainer.py URL APP, prints JSON.

It says when it is ready, begins once its standard input is closed, and ends when nothing is left to take.
What it writes is what procman's scheduler writes: a claim, the start and the end of each run, many in a
transaction.
"""

import json
import os
import sys
import time

from procman.core.tasks.run import Ending, Finish, Outcome, Start
from procman.store.open import on_server

AT_ONCE = 16


def main() -> None:
    """Take all there is."""
    url, app = sys.argv[1:3]
    store = on_server(url, app)
    owner, taken = f"{os.getpid()}@bench", 0
    print("ready", flush=True)
    sys.stdin.read()
    begin = time.monotonic()
    while True:
        now = time.time()
        runs = store.take_due(now, owner, now, (AT_ONCE, 0))
        if not runs:
            break
        taken += len(runs)
        store.tell([Start(run, "true", os.getpid(), None, now) for run in runs])
        store.tell([Finish(run, Ending(Outcome.OK, time.time(), 0)) for run in runs])
    print(json.dumps({"begin": begin, "end": time.monotonic(), "taken": taken}))
    store.close()


if __name__ == "__main__":
    main()
