"""How long does it take to stop fifty children that obey?

50 children that die of TERM are up and have written a line; 0.3 s later SIGTERM (nf: SIGINT) goes to the
manager alone. Measured until it has exited. Alive: children that outlive it; left behind: those that
still live 0.5 s later; both in the worst round.
"""

import time

from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.load import Load
from bench.question import Column, Goal, Question, Sample
from bench.session import Session
from bench.subjects import Subject

CHILDREN, GRACE = 50, 0.5


def prepare(_bench: Bench, _subject: Subject) -> int:
    """Nothing to warm up: the start is not measured."""
    return CHILDREN


def sample(bench: Bench, subject: Subject, children: int) -> Sample:
    """One start and stop."""
    with Session(bench, subject, Load(children=children)) as session:
        session.wait_up()
        session.wait_seen()
        seconds = session.stop()
        alive = session.left_behind()
        time.sleep(GRACE if alive else 0)
        return {"stop": seconds * 1000, "alive": alive, "left": session.left_behind()}


QUESTION = Question(
    name="stop",
    title="Stop",
    text=__doc__,
    columns=(Column("stop", "ms"), Column("alive", "alive", 0, max), Column("left", "left behind", 0, max)),
    prepare=prepare,
    sample=sample,
    goals=(
        Goal("ms to stop", procman("stop"), at_most=100),
        Goal("children alive when it has exited", procman("alive"), at_most=0),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
