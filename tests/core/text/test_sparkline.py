"""Bars for numbers that change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text.sparkline import BARS, spark


@pytest.mark.parametrize(
    ("values", "width", "expected"),
    [
        ([], 5, ""),
        ([0.0], 5, "▁"),
        ([0.0, 50.0, 100.0], 5, "▁▅█"),
        ([100.0, 0.0, 100.0], 2, "▁█"),
        ([1.0, 1.0], 5, "▁▁"),  # hardly anything does not look like much
        ([10.0], 5, "█"),
        ([400.0, 100.0], 5, "█▃"),
    ],
)
def test_the_largest_is_the_highest_bar(values: list[float], width: int, expected: str) -> None:
    assert spark(values, width) == expected


@given(st.lists(st.floats(0, 1e6)), st.integers(1, 99))
def test_each_value_has_a_bar_and_more_is_never_lower(values: list[float], width: int) -> None:
    shown = spark(values, width)
    assert len(shown) == min(len(values), width)
    heights = [BARS.index(bar) for bar in shown]
    pairs = sorted(zip(values[-width:], heights, strict=True))
    assert [height for _, height in pairs] == sorted(heights)
