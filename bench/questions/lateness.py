"""How late does a task start that is due each second?

From the tick to the first instruction of the child, a tiny program that takes the time as its first act;
ms over 120 ticks, after a first one to warm up. procman writes a row into its store before and after each
run; its peers keep no history. 'APScheduler' runs the same command by `subprocess.run`, 'APScheduler (call)'
starts no process at all: it calls a function that notes the time. cron knows minutes only: 4 ticks.
"""

import statistics

from bench import cronfile, schedulers
from bench.cli import alone
from bench.context import Bench
from bench.figures import percentile
from bench.goals import procman, procman_to
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.schedulers import APS, APS_CALL, STARTS, SUPERCRONIC, When, stamped
from bench.subjects import Subject
from bench.watch import Watch

TICKS, QUICK_TICKS, CRON_TICKS = 120, 2, 4


def prepare(bench: Bench, subject: Subject) -> int:
    """Ticks to watch."""
    if subject is schedulers.CRON:
        return CRON_TICKS
    return QUICK_TICKS if bench.quick else TICKS


def sample(bench: Bench, subject: Subject, ticks: int) -> Sample:
    """One start, and so many ticks."""
    is_cron = subject is schedulers.CRON
    when, period = (When.EACH_MINUTE, 60) if is_cron else (When.EACH_SECOND, 1)
    start = cronfile.start if is_cron else STARTS[subject.name]
    with Watch(
        bench,
        lambda folder: start(folder, [stamped(bench.tools.stamp, folder / "stamps", "tick", when)]),
    ) as watch:
        watch.wait(lambda: len(watch.stamps) > ticks, f"{ticks} ticks", (ticks + 3) * period + 10)
    times = [at for _, at in watch.stamps][1 : ticks + 1]
    late = [at % (period * 10**9) / 1e6 for at in times]
    seen = {at // (period * 10**9) for at in times}
    return {
        "median": statistics.median(late),
        "p99": percentile(late, 0.99),
        "max": max(late),
        "missing": max(seen) - min(seen) + 1 - len(seen),
    }


QUESTION = Question(
    name="lateness",
    title="Lateness",
    text=__doc__,
    columns=(
        Column("median", "median, ms", 2),
        Column("p99", "p99, ms", 2),
        Column("max", "max, ms", 2),
        Column("missing", "ticks missing", 0, sum),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN, APS, APS_CALL, SUPERCRONIC, schedulers.CRON.name}),
    rounds=1,
    goals=(
        Goal("ticks missing", procman("missing"), at_most=0),
        Goal("times the median of supercronic", procman_to(SUPERCRONIC, "median"), at_most=1),
        Goal("times the p99 of supercronic", procman_to(SUPERCRONIC, "p99"), at_most=1),
        Goal("ms, median (an aim)", procman("median"), at_most=2.0),
        Goal("ms, p99 (an aim)", procman("p99"), at_most=3.9),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
