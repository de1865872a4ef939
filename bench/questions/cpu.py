"""How much CPU time does a gigabyte cost?

User and system time of the manager and of all it runs for itself, read from the CPU clocks of these
processes just before the child begins and just after its last line has arrived: neither start-up nor
child nor reader are in it. Peers that lose lines do less work than the others.
"""

from bench import yardsticks
from bench.cli import alone
from bench.context import Bench
from bench.flood import enough_lines, flood
from bench.goals import procman
from bench.load import Load
from bench.question import Column, Goal, Question, Sample
from bench.subjects import Subject


def sample(bench: Bench, subject: Subject, lines: int) -> Sample:
    """One run of one child into a pipe."""
    run = flood(bench, subject, Load(lines=lines, gated=True))
    return {"cost": run.cpu_seconds / run.megabytes * 1000}


QUESTION = Question(
    name="cpu",
    title="CPU seconds per gigabyte",
    text=__doc__,
    columns=(Column("cost", "s/GB", 2),),
    prepare=enough_lines,
    sample=sample,
    yardsticks=frozenset({yardsticks.CAT, yardsticks.SED, yardsticks.LOOP}),
    goals=(Goal("CPU seconds per GB", procman("cost"), at_most=1.4),),
)

if __name__ == "__main__":
    alone(QUESTION)
