"""Figures that goals look at."""

import statistics
from collections.abc import Callable

from bench.peers import PROCMAN
from bench.question import Answer, Row

Figure = Callable[[Answer], float | None]


def procman(*keys: str) -> Figure:
    """The sum of some figures of procman itself."""

    def figure(answer: Answer) -> float | None:
        found = [answer.figure(PROCMAN, key) for key in keys]
        return None if None in found else sum(value for value in found if value is not None)

    return figure


def procman_to(name: str, key: str) -> Figure:
    """procman's figure in units of another subject's in the same round; the median of all rounds.

    Whatever slows the machine for some rounds slows both.
    """

    def figure(answer: Answer) -> float | None:
        rows = answer.row(PROCMAN), answer.row(name)
        pairs = zip(*(row.samples for row in rows if row), strict=False)
        ratios = [_ratio(pair[0].get(key), pair[1].get(key)) for pair in pairs if len(pair) == 2]
        return statistics.median(ratio for ratio in ratios if ratio) if any(ratios) else None

    return figure


def prefixes(row: Row) -> bool:
    """Whether a peer did the work in question: put a prefix on each line."""
    return not any(figure for key, figure in row.figures.items() if key.endswith("bare"))


def procman_to_best(key: str, counts: Callable[[Row], bool] = prefixes) -> Figure:
    """procman's figure in units of the highest of those peers that count."""

    def figure(answer: Answer) -> float | None:
        rivals = [row.figures[key] for row in answer.peers() if counts(row) and key in row.figures]
        return _ratio(answer.figure(PROCMAN, key), max(rivals, default=None))

    return figure


def _ratio(figure: float | None, other: float | None) -> float | None:
    return figure / other if figure is not None and other else None
