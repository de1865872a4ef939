"""What do ten thousand tasks cost?

Each is hourly at one of 56 minutes (none of the next four, so that nothing is due meanwhile). Seconds from
the start of the program until a task among them that is due at the start (`@reboot`; supercronic, which has
no such thing: one that is due each second) has begun; resident peaks (VmHWM) of all processes of its own;
CPU time while idle, in % of one core over 30 s.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from bench import proc
from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.schedulers import APS, STARTS, SUPERCRONIC, Job, When, stamped
from bench.subjects import Subject
from bench.watch import Watch

TASKS, QUICK_TASKS = 10_000, 500
IDLE, QUICK_IDLE, SETTLE, FREE_MINUTES = 30.0, 0.5, 2.0, 4


def prepare(bench: Bench, subject: Subject) -> int:
    """How many tasks; one run to warm up."""
    if bench.quick:
        return QUICK_TASKS
    with _watch(bench, subject, QUICK_TASKS):
        pass
    return TASKS


def _watch(bench: Bench, subject: Subject, tasks: int) -> Watch:
    """A start that has come to its first task."""

    def start(folder: Path) -> Sequence[str]:
        now = int(time.time()) // 60
        minutes = [(now + FREE_MINUTES + each) % 60 for each in range(60 - FREE_MINUTES)]
        first = stamped(bench.tools.stamp, folder / "stamps", "first", When.START)
        others = [Job(f"t{n:05d}", "true", When.HOURLY, minutes[n % len(minutes)]) for n in range(tasks - 1)]
        return STARTS[subject.name](folder, [*others, first])

    watch = Watch(bench, start)
    watch.wait(lambda: bool(watch.stamps), "first task")
    return watch


def sample(bench: Bench, subject: Subject, tasks: int) -> Sample:
    """One start, and a while of idleness."""
    with _watch(bench, subject, tasks) as watch:
        ready = (watch.stamps[0][1] - watch.started_ns) / 1e9
        watch.listen(0 if bench.quick else SETTLE)
        own, seconds = watch.own(), QUICK_IDLE if bench.quick else IDLE
        before = sum(map(proc.cpu_seconds, own))
        watch.listen(seconds)
        used = sum(map(proc.cpu_seconds, own)) - before
        peak, keeper = watch.peak_megabytes()
    return {"ready": ready, "peak": peak, "keeper": keeper, "cpu": used / seconds * 100}


QUESTION = Question(
    name="ten_thousand",
    title="Ten thousand tasks",
    text=__doc__,
    columns=(
        Column("ready", "ready, s", 2),
        Column("peak", "peak, MB"),
        Column("keeper", "keeper, MB"),
        Column("cpu", "CPU idle, %", 2),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN, APS, SUPERCRONIC}),
    rounds=3,
    goals=(
        Goal("s until ready", procman("ready"), at_most=2),
        Goal("MB at the peak, all processes", procman("peak"), at_most=60),
        Goal("% CPU while idle", procman("cpu"), at_most=0.5),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
