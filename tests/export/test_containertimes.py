"""Times in containers."""

from __future__ import annotations

import pytest

from procman.export import marks
from procman.export.containers import times


@pytest.mark.parametrize(
    ("time", "least", "expected"),
    [
        (0.0, 1, 1),
        (0.0, 0, 0),
        (0.001, 0, 1),
        (1.0, 1, 1),
        (1.001, 1, 2),
        (3.0, 10, 10),
        (2.0**31, 1, 2**31 - 1),
    ],
)
def test_whole_seconds_are_never_less_than_said(time: float, least: int, expected: int) -> None:
    assert times.whole(time, least) == expected


@pytest.mark.parametrize(
    ("time", "expected"),
    [(0.0001, "1ms"), (0.2, "200ms"), (1.5, "1500ms"), (60.0, "60s"), (129600.0, "129600s")],
)
def test_durations_of_compose(time: float, expected: str) -> None:
    assert times.duration(time) == expected


@pytest.mark.parametrize(
    ("said", "time", "there", "expected"),
    [
        ("timeout", 1.5, 2, ["web: 'timeout: 1.5 s' is 2s there"]),
        ("-T", 1.5, 2, ["web: '-T 1.5 s' is 2s there"]),
        ("timeout", 129600.5, 129601, ["web: 'timeout: 129600.5 s' is 129601s there"]),
        ("timeout", 0.0, 1, ["web: 'timeout: 0 s' is 1s there"]),
        ("timeout", 2.0, 2, []),
        ("every", 0.0101, 0.010, []),
    ],
)
def test_what_is_another_time_there_is_told(
    said: str, time: float, there: float, expected: list[str]
) -> None:
    assert [*map(marks.sentence, times.note("web", said, time, there))] == expected
