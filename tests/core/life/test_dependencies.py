"""Whether a process may begin, and in which order all stop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.life.dependencies import Standing, look, waves
from procman.core.life.service import Event, State
from procman.core.plan.policies import Condition

S, C = State, Condition
MET, UNMET = Event.MET, Event.UNMET


@pytest.mark.parametrize(
    ("condition", "state", "begun", "event", "reason"),
    [
        (C.STARTED, S.DOWN, False, None, "redis.1 is down"),
        (C.STARTED, S.WAITING, False, None, "redis.1 has not started"),
        (C.STARTED, S.STARTING, False, None, "redis.1 has not started"),
        (C.STARTED, S.STARTING, True, MET, ""),
        (C.STARTED, S.UP, True, MET, ""),
        (C.STARTED, S.COMPLETED, True, MET, ""),
        (C.STARTED, S.FAILED, True, UNMET, "redis.1 has failed"),
        (C.READY, S.STARTING, True, None, "redis.1 is not ready"),
        (C.READY, S.UP, True, MET, ""),
        (C.READY, S.BACKOFF, True, None, "redis.1 is not ready"),
        (C.READY, S.RESTARTING, True, None, "redis.1 is not ready"),
        (C.READY, S.FAILING, True, None, "redis.1 is not ready"),
        (C.READY, S.STOPPING, True, None, "redis.1 is not ready"),
        (C.READY, S.DOWN, False, None, "redis.1 is down"),
        (C.READY, S.COMPLETED, True, UNMET, "redis.1 has ended"),
        (C.READY, S.FAILED, True, UNMET, "redis.1 has failed"),
        (C.READY, S.SKIPPED, False, UNMET, "redis.1 was skipped"),
        (C.COMPLETED, S.UP, True, None, "redis.1 has not completed"),
        (C.COMPLETED, S.COMPLETED, True, MET, ""),
        (C.COMPLETED, S.FAILED, True, UNMET, "redis.1 has failed"),
    ],
)
def test_conditions(
    condition: Condition, state: State, begun: bool, event: Event | None, reason: str
) -> None:
    assert look([(condition, Standing("redis.1", state, False, begun))]) == (event, reason)


def test_a_oneshot_is_ready_when_it_has_completed() -> None:
    assert look([(C.READY, Standing("migrate.1", S.STARTING, True, True))]) == (
        None,
        "migrate.1 has not completed",
    )
    assert look([(C.READY, Standing("migrate.1", S.COMPLETED, True, True))]) == (MET, "")


def test_all_have_to_be_there_and_one_that_never_will_is_enough() -> None:
    ready, waits = Standing("a.1", S.UP, False, True), Standing("b.1", S.STARTING, False, True)
    lost = Standing("c.1", S.FAILED, False, True)
    assert look([]) == (MET, "")
    assert look([(C.READY, ready), (C.READY, waits)]) == (None, "b.1 is not ready")
    assert look([(C.READY, waits), (C.READY, lost)]) == (UNMET, "c.1 has failed")


def test_nobody_stops_before_those_that_depend_on_it() -> None:
    assert waves({"redis": [], "web": ["redis", "db"], "worker": ["redis"], "db": []}) == [
        ["web", "worker"],
        ["redis", "db"],
    ]
    assert waves({"a": ["b"], "b": ["c"], "c": [], "alone": []}) == [["a", "alone"], ["b"], ["c"]]
    assert waves({"web": ["not started"]}) == [["web"]]


@given(st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 9)), max_size=10))
def test_waves_have_everybody_once_in_an_order_that_holds(wanted: dict[int, set[int]]) -> None:
    names = {str(one): [str(other) for other in others if other > one] for one, others in wanted.items()}
    found = waves(names)
    assert sorted(name for wave in found for name in wave) == sorted(names)
    place = {name: number for number, wave in enumerate(found) for name in wave}
    for name, others in names.items():
        assert all(place[other] > place[name] for other in others if other in place)
