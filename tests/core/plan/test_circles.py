"""Who waits for whom in the end for itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.plan.circles import circles


@pytest.mark.parametrize(
    ("depends", "expected"),
    [
        ({}, []),
        ({"web": ["redis"], "redis": []}, []),
        ({"web": ["redis", "db"], "worker": ["redis", "web"], "redis": [], "db": ["redis"]}, []),
        ({"web": ["web"]}, [["web"]]),
        ({"web": ["worker"], "worker": ["web"]}, [["web", "worker"]]),
        ({"a": ["web"], "worker": ["web"], "web": ["worker"]}, [["worker", "web"]]),
        ({"a": ["b"], "b": ["c"], "c": ["a", "b"]}, [["a", "b", "c"], ["b", "c"]]),
        ({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]}, [["a", "b"], ["c", "d"]]),
        ({"a": ["unknown"]}, []),
    ],
)
def test_each_circle_is_told_once(depends: dict[str, list[str]], expected: list[list[str]]) -> None:
    assert circles(depends) == expected


def test_a_circle_may_be_long() -> None:
    names = [f"t{number}" for number in range(5000)]
    depends = {name: [following] for name, following in zip(names, [*names[1:], names[0]], strict=True)}
    assert circles(depends) == [names]


GRAPHS = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3))


@given(GRAPHS)
def test_there_is_one_just_where_one_comes_back(depends: dict[str, list[str]]) -> None:
    found = circles(depends)
    for circle in found:
        for name, following in zip(circle, [*circle[1:], circle[0]], strict=True):
            assert following in depends[name]
    assert bool(found) == any(comes_back(name, depends) for name in depends)


def comes_back(start: str, depends: dict[str, list[str]]) -> bool:
    """Whether one gets from a name to itself, step by step."""
    seen: set[str] = set()
    left = [*depends[start]]
    while left:
        name = left.pop()
        if name == start:
            return True
        if name not in seen:
            seen.add(name)
            left += depends.get(name, ())
    return False
