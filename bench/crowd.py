"""Many hosts of procman that have nothing to do, as a database sees them: crowd.py URL APP HOSTS.

Each renews its lease every 5 s, and every 30 s looks for what is due and who has died, on two
connections, as a host does. It says when all are there, and goes on until it is killed.
"""

import heapq
import random
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from procman.core.tasks.instance import Instance
from procman.store.open import on_server
from procman.store.postgres.line import Line
from procman.store.postgres.store import PostgresStore

if TYPE_CHECKING:
    from collections.abc import Callable

RENEWED, LOOKED = 5.0, 30.0


def _look(store: PostgresStore, owner: str) -> None:
    now = time.time()
    with store.together():
        store.take_due(now, owner, now, (0, 16))
        store.asked_for(0, 1)
        store.next_due(now)
    store.recover(lambda run: False, (), now)


def main() -> None:
    """All of them in one thread: they ask one after the other, each when its time has come."""
    url, app, hosts = sys.argv[1], sys.argv[2], int(sys.argv[3])
    acts: list[tuple[float, Callable[[], object]]] = []
    for number in range(hosts):
        name = f"{number:012x}@host{number}"
        line = Line(url, app, partial(Instance, name, f"host{number}", number, "0", time.time()))
        line.renew()
        acts += [(RENEWED, line.renew), (LOOKED, partial(_look, on_server(url, app), name))]
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
