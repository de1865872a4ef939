"""Are the last lines of processes that exit at once lost?

15 children wait until all of them are up, then each writes 3,000 lines and exits at once. They ignore
TERM, INT and HUP, so that a manager that stops all when one ends still has every line to pass on. The
figures are sums over all rounds.
"""

from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.load import Load
from bench.question import Column, Goal, Question, Sample
from bench.session import Session
from bench.subjects import Subject

CHILDREN, LINES = 15, 3000


def prepare(bench: Bench, subject: Subject) -> int:
    """One run to warm up."""
    if not bench.quick:
        sample(bench, subject, LINES)
    return LINES


def sample(bench: Bench, subject: Subject, lines: int) -> Sample:
    """One burst of all children."""
    with Session(bench, subject, Load(CHILDREN, lines, gated=True, leave=True)) as session:
        session.wait_up()
        session.open_gate()
        session.wait_written()
        session.wait_seen()
        session.stop()
        tally = session.tally()
    faults = tally.lost + tally.spoiled
    return {"bad": float(faults > 0), "lost": tally.lost, "spoiled": tally.spoiled, "bare": tally.bare}


QUESTION = Question(
    name="burst",
    title="Lines of processes that exit at once",
    text=__doc__,
    columns=(
        Column("bad", "runs with faults", 0, sum),
        Column("lost", "lines lost", 0, sum),
        Column("spoiled", "spoiled", 0, sum),
        Column("bare", "no prefix", 0, sum),
    ),
    prepare=prepare,
    sample=sample,
    rounds=20,
    procman_rounds=100,
    goals=(Goal("lines lost, spoiled or without prefix", procman("lost", "spoiled", "bare"), at_most=0),),
)

if __name__ == "__main__":
    alone(QUESTION)
