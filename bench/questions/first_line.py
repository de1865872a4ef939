"""How soon does the first line appear, of one child and of each of fifty?

From the moment the manager is started until the first line of its only child has arrived, and until the
first lines of all 50 children have. 'No manager' is the child alone: what starting and reporting cost.
Modules: how many of Python's and its own procman has imported when it starts its first child, beyond those
of an empty program.
"""

import tempfile
from pathlib import Path

from bench import imports, yardsticks
from bench.cli import alone
from bench.context import Bench
from bench.goals import procman, procman_to
from bench.load import Load
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.session import Session
from bench.subjects import Subject

MANY = 50


def prepare(bench: Bench, subject: Subject) -> int:
    """One run to warm up."""
    if not bench.quick:
        _milliseconds(bench, subject, 1)
    return MANY


def sample(bench: Bench, subject: Subject, many: int) -> Sample:
    """One start with one child and, for a manager, one with fifty."""
    figures = {"one": _milliseconds(bench, subject, 1)}
    if subject.manages:
        figures["many"] = _milliseconds(bench, subject, many)
    if subject.name == PROCMAN:
        figures["modules"] = _modules(bench)
    return figures


def _modules(bench: Bench) -> int:
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        return len(imports.before_the_first_child(Path(folder)))


def _milliseconds(bench: Bench, subject: Subject, children: int) -> float:
    with Session(bench, subject, Load(children=children)) as session:
        session.wait_up()
        session.wait_seen()
        tally = session.tally()
        return (tally.last_ns - session.started_ns) / 1e6


QUESTION = Question(
    name="first_line",
    title="First lines after the start",
    text=__doc__,
    columns=(
        Column("one", "1 child, ms"),
        Column("many", f"{MANY} children, ms"),
        Column("modules", "modules", 0),
    ),
    prepare=prepare,
    sample=sample,
    yardsticks=frozenset({yardsticks.DIRECT}),
    rounds=11,
    goals=(
        Goal("times the 1 child of honcho", procman_to("honcho", "one"), at_most=0.65),
        Goal(f"times the {MANY} children of honcho", procman_to("honcho", "many"), at_most=0.4),
        Goal("ms for 1 child (an aim)", procman("one"), at_most=30),
        Goal(f"ms for {MANY} children", procman("many"), at_most=100),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
