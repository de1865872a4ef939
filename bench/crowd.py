"""Many hosts of procman that have nothing to do, as a database sees them: crowd.py URL APP HOSTS.

Each renews its lease every 5 s. When that says that something may be due it looks at it every 30 s, on
a connection of its own, as a host does. It says when all are there, and goes on until it is killed.
"""

import heapq
import random
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from procman.core.tasks.instance import Instance, Renewal
from procman.core.tasks.run import Survey
from procman.store.open import on_server
from procman.store.postgres.line import Line
from procman.store.postgres.store import PostgresStore

if TYPE_CHECKING:
    from collections.abc import Callable

RENEWED, LOOKED = 5.0, 30.0


def _renew(line: Line, last: list[Renewal]) -> None:
    last[:] = [line.renew()]


def _look(store: PostgresStore, owner: str, last: list[Renewal]) -> None:
    if not last[0].due and not last[0].orphaned:
        return
    now = time.time()
    with store.together():
        store.take_due(now, owner, now, (0, 16))
        store.survey(Survey(owner, now, (), 0, 1))
    store.recover(lambda run: False, (), now)


def main() -> None:
    """All of them in one thread: they ask one after the other, each when its time has come."""
    url, app, hosts = sys.argv[1], sys.argv[2], int(sys.argv[3])
    acts: list[tuple[float, Callable[[], object]]] = []
    for number in range(hosts):
        name = f"{number:012x}@host{number}"
        line = Line(url, app, partial(Instance, name, f"host{number}", number, "0", time.time()))
        last = [line.renew()]
        acts += [
            (RENEWED, partial(_renew, line, last)),
            (LOOKED, partial(_look, on_server(url, app), name, last)),
        ]
    due = [(time.monotonic() + random.uniform(0, every), at) for at, (every, _) in enumerate(acts)]
    heapq.heapify(due)
    print("ready", flush=True)
    while True:
        when, at = heapq.heappop(due)
        time.sleep(max(0.0, when - time.monotonic()))
        acts[at][1]()
        heapq.heappush(due, (when + acts[at][0], at))


if __name__ == "__main__":
    main()
