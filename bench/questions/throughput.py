"""How many megabytes a second pass through into a pipe?

One child writes 100-byte lines as fast as it can, then eight children do so at once; the manager's output
is a pipe. Speed counts the child's bytes of the lines that arrived whole, from the moment the child may
begin until its last line arrives. Spoiled: cut, merged, out of order or under another child's name. The
faults are sums over all rounds.
"""

from bench import yardsticks
from bench.cli import alone
from bench.context import Bench
from bench.flood import Flood, enough_lines, flood
from bench.goals import procman, procman_to, procman_to_best
from bench.load import Load
from bench.question import Column, Goal, Question, Row, Sample
from bench.subjects import Subject

MANY = 8


def sample(bench: Bench, subject: Subject, lines: int) -> Sample:
    """One run with one child and, for a manager, one with eight that share the same number of lines."""
    one = flood(bench, subject, Load(lines=lines, gated=True))
    if not subject.manages:
        return {"one": one.speed, "one_lost": one.tally.lost}
    many = flood(bench, subject, Load(children=MANY, lines=lines // MANY, gated=True))
    return _figures("one", one) | _figures("many", many) | {"share": many.speed / one.speed}


def _figures(name: str, run: Flood) -> dict[str, float]:
    tally = run.tally
    return {
        name: run.speed,
        f"{name}_lost": tally.lost,
        f"{name}_spoiled": tally.spoiled,
        f"{name}_bare": tally.bare,
    }


FAULTS = [f"{name}_{fault}" for name in ("one", "many") for fault in ("lost", "spoiled", "bare")]


def flawless(row: Row) -> bool:
    """No line lost, cut, mixed up or without its prefix in any round."""
    return not any(row.figures[key] for key in FAULTS)


QUESTION = Question(
    name="throughput",
    title="Throughput into a pipe",
    text=__doc__,
    columns=(
        Column("one", "1 child, MB/s"),
        Column("many", "8 children, MB/s"),
        Column("share", "8 to 1", 2),
        Column("one_lost", "lost (1)", 0, sum),
        Column("one_spoiled", "spoiled (1)", 0, sum),
        Column("one_bare", "no prefix (1)", 0, sum),
        Column("many_lost", "lost (8)", 0, sum),
        Column("many_spoiled", "spoiled (8)", 0, sum),
        Column("many_bare", "no prefix (8)", 0, sum),
    ),
    prepare=enough_lines,
    sample=sample,
    yardsticks=frozenset({yardsticks.CAT, yardsticks.SED, yardsticks.LOOP, yardsticks.DIRECT}),
    goals=(
        Goal("no line lost, spoiled or without prefix", procman(*FAULTS), at_most=0),
        Goal("times the speed of sed", procman_to(yardsticks.SED, "one"), at_least=1),
        Goal("times the fastest flawless peer, 1 child", procman_to_best("one", flawless), at_least=10),
        Goal("times the fastest prefixing peer, 8 children", procman_to_best("many"), at_least=1),
        Goal("8 children, share of 1 child", procman("share"), at_least=0.8),
        Goal("MB/s with 1 child (an aim)", procman("one"), at_least=900),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
