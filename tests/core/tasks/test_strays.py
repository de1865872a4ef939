"""Whose an orphan is."""

from __future__ import annotations

import pytest

from procman.core.tasks.strays import TICK, YOUNG, Parent, Stray, whose

NOW = 1000.0
ENDED = {7: Parent(900.0, (5, 7)), 8: Parent(950.0, None)}
"""Runs that have ended."""
OF_7 = frozenset({(1, 1), (5, 7)})


@pytest.mark.parametrize(
    ("stray", "runs", "others", "run"),
    [
        (Stray(1, 1.0, run=7), [], [], 7),
        (Stray(1, 1.0, run=7), [0.0], [0.0], 7),
        (Stray(1, 1.0, run=9), [], [], None),
        (Stray(1, 1.0, run=7, process="job.7"), [], [], 7),
        (Stray(1, 1.0, process="web.1"), [], [], None),
        (Stray(1, 1.0), [], [], 8),
        (Stray(1, 49.0), [], [], 8),
        (Stray(1, 51.0), [], [], 7),
        (Stray(1, 101.0), [], [], None),
        (Stray(1, 100.0 + TICK / 2), [], [], 7),
        (Stray(1, 51.0), [960.0], [], 7),
        (Stray(1, 51.0), [940.0], [], None),
        (Stray(1, 51.0), [960.0, 940.0], [], None),
        (Stray(1, 51.0), [], [949.0 - YOUNG - 1], 7),
        (Stray(1, 51.0), [], [949.0 - YOUNG + 1], None),
        (Stray(1, 51.0), [], [960.0], 7),
        (Stray(1, 51.0), [], [0.0, 940.0], None),
        (Stray(1, 51.0, outputs=OF_7), [940.0], [940.0], 7),
        (Stray(1, 101.0, outputs=OF_7), [], [], 7),
        (Stray(1, 51.0, outputs=frozenset({(5, 960)})), [960.0], [], None),
        (Stray(1, 51.0, outputs=frozenset({(5, 960)})), [], [960.0], None),
        (Stray(1, 51.0, outputs=frozenset({(6, 960)})), [960.0], [960.0], 7),
    ],
)
def test_an_orphan_belongs_to_a_run_that_alone_can_have_left_it(
    stray: Stray, runs: list[float], others: list[float], run: int | None
) -> None:
    parents = [[Parent(began, (5, int(began))) for began in each] for each in (runs, others)]
    assert whose(stray, NOW, ENDED, *parents) == run
