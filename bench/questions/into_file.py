"""How many megabytes a second pass through into a regular file?

One child writes 100-byte lines as fast as it can; the manager's output is a file in the temporary folder.
The run ends when the last line stands in the file, looked for every millisecond; the file is checked line
by line afterwards. The faults are sums over all rounds.
"""

from bench import yardsticks
from bench.cli import alone
from bench.context import Bench
from bench.flood import enough_lines, flood
from bench.goals import procman, procman_to_best
from bench.load import Load
from bench.question import Column, Goal, Question, Sample
from bench.subjects import Subject


def prepare(bench: Bench, subject: Subject) -> int:
    """Lines for a run of about a second."""
    return enough_lines(bench, subject, into_file=True)


def sample(bench: Bench, subject: Subject, lines: int) -> Sample:
    """One run; the file is checked afterwards."""
    run = flood(bench, subject, Load(lines=lines, gated=True, into_file=True))
    figures = {"speed": run.speed, "lost": run.tally.lost}
    if not subject.manages:
        return figures
    return figures | {"spoiled": run.tally.spoiled, "bare": run.tally.bare}


QUESTION = Question(
    name="into_file",
    title="Throughput into a file",
    text=__doc__,
    columns=(
        Column("speed", "MB/s"),
        Column("lost", "lost", 0, sum),
        Column("spoiled", "spoiled", 0, sum),
        Column("bare", "no prefix", 0, sum),
    ),
    prepare=prepare,
    sample=sample,
    yardsticks=frozenset({yardsticks.CAT, yardsticks.SED, yardsticks.LOOP}),
    goals=(
        Goal("no line lost, spoiled or without prefix", procman("lost", "spoiled", "bare"), at_most=0),
        Goal("times the fastest prefixing peer", procman_to_best("speed"), at_least=1),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
