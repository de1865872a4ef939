"""What `top` makes of the rows that it gets each second."""

from __future__ import annotations

from typing import Any

import pytest

from procman.cli.commands.top import Samples, _sorted


def row(name: str, leader: int | None, cpu_s: float | None, memory: int | None = None) -> dict[str, Any]:
    return {"name": name, "leader": leader, "cpu_s": cpu_s, "memory_bytes": memory}


def percents(samples: Samples, now: float, *rows: dict[str, Any]) -> list[float]:
    return [round(each.cpu, 3) for each in samples.take([*rows], now)]


def test_percent_is_of_the_time_since_the_last_look() -> None:
    samples = Samples()
    assert percents(samples, 10.0, row("web.1", 1, 5.0)) == [0.0]
    assert percents(samples, 11.0, row("web.1", 1, 5.5)) == [50.0]
    assert percents(samples, 13.0, row("web.1", 1, 9.5)) == [200.0]
    (shown,) = samples.take([row("web.1", 1, 9.5)], 14.0)
    assert [round(each) for each in shown.before] == [0, 50, 200, 0]


def test_a_new_child_begins_anew_and_one_that_is_gone_is_forgotten() -> None:
    samples = Samples()
    percents(samples, 1.0, row("web.1", 1, 5.0))
    assert percents(samples, 2.0, row("web.1", 2, 0.5)) == [0.0]
    assert [*samples._before] == [2]
    assert percents(samples, 3.0, row("web.1", None, None)) == [0.0]
    assert not samples._before


def test_what_a_tree_has_used_less_than_before_is_nothing() -> None:
    samples = Samples()
    percents(samples, 1.0, row("web.1", 1, 5.0))  # and then a part of it ends
    assert percents(samples, 2.0, row("web.1", 1, 3.0)) == [0.0]


@pytest.mark.parametrize(("order", "expected"), [("c", "cab"), ("m", "bca"), ("n", "abc")])
def test_orders(order: str, expected: str) -> None:
    samples = Samples()
    samples.take([row("a", 1, 0.0), row("b", 2, 0.0), row("c", 3, 0.0)], 0.0)
    shown = samples.take([row("a", 1, 0.2, None), row("b", 2, 0.1, 9), row("c", 3, 0.3, 5)], 1.0)
    assert "".join(each.row["name"] for each in _sorted(shown, order)) == expected
