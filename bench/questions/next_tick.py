"""How long does the next tick of a schedule take to find?

Microseconds for one of 300 ticks in a row, in Berlin: the median over eight usual expressions, and that of
the slowest of them. Far: the next 29 February after 2096, which is in 2104, in ms. procman steps with
croniter, and spares it the steps to the end of an hour or day in which nothing more comes. cronsim is another
library for this.
"""

import json
import subprocess
import sys

from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.load import RunError
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.schedulers import CRONITER, CRONSIM
from bench.subjects import Subject
from bench.tools import HERE


def prepare(_bench: Bench, _subject: Subject) -> int:
    """Nothing to warm up: the first tick of each expression is not measured."""
    return 0


def sample(_bench: Bench, subject: Subject, _size: int) -> Sample:
    """One process that finds all of them."""
    command = [sys.executable, str(HERE / "nexttick.py"), subject.name]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RunError(ended.stderr.strip().rpartition("\n")[2])
    found = json.loads(ended.stdout)
    return {"usual": found["usual"] * 1e6, "slowest": found["slowest"] * 1e6, "far": found["far"] * 1e3}


QUESTION = Question(
    name="next_tick",
    title="The next tick",
    text=__doc__,
    columns=(
        Column("usual", "usual, µs"),
        Column("slowest", "slowest, µs"),
        Column("far", "far date, ms", 3),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN, CRONITER, CRONSIM}),
    goals=(
        Goal("µs for the slowest usual expression", procman("slowest"), at_most=50),
        Goal("ms for a far date", procman("far"), at_most=5),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
