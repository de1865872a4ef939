"""What happens when a thousand tasks are due at the same moment, and five hosts share them?

Seconds from that moment to the first instruction of the last child; how many tasks never started, and how
many did so twice. 'procman' is five procmans on one PostgreSQL, all on this machine, so they share its
processors, too; 'procman on SQLite' is one with its file. Then one task that is due each second, with the
same hosts: ms from the tick to the first instruction of its child, the median of 30 ticks.
"""

import contextlib
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench import pgserver
from bench.cli import alone
from bench.context import Bench
from bench.goals import procman, procman_to
from bench.hosts import Hosts
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.schedulers import ON_SQLITE, Job, When, stamped
from bench.subjects import Subject

HOSTS = 5
TASKS, QUICK_TASKS = 1000, 50
AHEAD, QUICK_AHEAD, SETTLE = 3, 2, 1.5
TICKS, QUICK_TICKS = 30, 2
PATIENCE = 30.0


def prepare(bench: Bench, _subject: Subject) -> int:
    """How many tasks."""
    return QUICK_TASKS if bench.quick else TASKS


def sample(bench: Bench, subject: Subject, tasks: int) -> Sample:
    """All at once, then one each second."""
    ticks = QUICK_TICKS if bench.quick else TICKS
    with _hosts(bench, subject) as hosts:
        due = _due(bench, hosts, tasks)
        hosts.wait(lambda: len(hosts.stamps) >= tasks, "start of all tasks", due - time.time() + PATIENCE)
        hosts.listen(SETTLE)
        began = Counter(name for name, _ in hosts.stamps)
        last = max(at for _, at in hosts.stamps)
    with _hosts(bench, subject) as hosts:
        hosts.start(_stamping(bench, ["tick"], When.EACH_SECOND, 0))
        hosts.wait_ready()
        hosts.listen(SETTLE)
        hosts.stamps.clear()
        hosts.wait(lambda: len(hosts.stamps) >= ticks, "ticks", ticks + PATIENCE)
        late = [at % 10**9 / 1e6 for _, at in hosts.stamps]
    return {
        "seconds": last / 1e9 - due,
        "lost": tasks - len(began),
        "twice": sum(number > 1 for number in began.values()),
        "late": statistics.median(late),
        "late_max": max(late),
    }


@contextlib.contextmanager
def _hosts(bench: Bench, subject: Subject) -> Iterator[Hosts]:
    if subject.name == PROCMAN:
        with pgserver.running() as server, Hosts(bench, HOSTS, server.url) as hosts:
            yield hosts
    else:
        with Hosts(bench, 1, None) as hosts:
            yield hosts


def _due(bench: Bench, hosts: Hosts, tasks: int) -> int:
    """Start them with tasks that are due when all of them are ready, and when that is."""
    names = [f"t{number:04d}" for number in range(tasks)]
    ahead = (QUICK_AHEAD if bench.quick else AHEAD) * (1 + len(hosts.roots))
    due = int(time.time()) + 1 + ahead
    hosts.start(_stamping(bench, names, When.AT, due))
    hosts.wait_ready()
    hosts.listen(due - time.time() - 0.5)
    return due


def _stamping(bench: Bench, names: Sequence[str], when: When, due: int) -> Callable[[Path], Sequence[Job]]:
    return lambda fifo: [stamped(bench.tools.stamp, fifo, name, when, due) for name in names]


QUESTION = Question(
    name="hosts_minute",
    title="A thousand tasks at the same moment on five hosts",
    text=__doc__,
    columns=(
        Column("seconds", "all started, s", 2),
        Column("lost", "never started", 0, sum),
        Column("twice", "twice", 0, sum),
        Column("late", "a lone tick, ms", 2),
        Column("late_max", "worst, ms", 2, max),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN, ON_SQLITE}),
    rounds=3,
    goals=(
        Goal("tasks that never started", procman("lost"), at_most=0),
        Goal("tasks that started twice", procman("twice"), at_most=0),
        Goal("times the seconds of one procman on SQLite", procman_to(ON_SQLITE, "seconds"), at_most=1.5),
        Goal("ms that a lone tick is late", procman("late"), at_most=10),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
