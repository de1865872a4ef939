"""What an operator wants of a process, as a table: every pair, and every script of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.life.service import TABLE, Effect, Event, State, step

S, E, F = State, Event, Effect


def test_every_pair_is_written_but_the_one_that_cannot_happen() -> None:
    assert {(state, event) for state in S for event in E} - {*TABLE} == {(S.DOWN, E.GONE)}


def test_what_is_down_cannot_go() -> None:
    with pytest.raises(KeyError):
        step(S.DOWN, E.GONE)


@pytest.mark.parametrize(
    ("events", "states", "effects"),
    [
        ("start", "up", [F.NEW_CHILD]),
        ("start gone", "up down", [F.NEW_CHILD, None]),
        ("start stop gone", "up stopping down", [F.NEW_CHILD, F.STOP_CHILD, None]),
        (
            "start restart gone",
            "up restarting up",
            [F.NEW_CHILD, F.STOP_CHILD, F.NEW_CHILD],
        ),
        (
            "start restart stop gone",
            "up restarting stopping down",
            [F.NEW_CHILD, F.STOP_CHILD, None, None],
        ),
        (
            "start stop start gone",
            "up stopping restarting up",
            [F.NEW_CHILD, F.STOP_CHILD, None, F.NEW_CHILD],
        ),
        ("restart restart", "up restarting", [F.NEW_CHILD, F.STOP_CHILD]),
    ],
)
def test_what_follows(events: str, states: str, effects: list[Effect | None]) -> None:
    state, seen = S.DOWN, []
    for word, expected in zip(events.split(), states.split(), strict=True):
        state, effect = step(state, Event(word))
        assert state is State(expected)
        seen.append(effect)
    assert seen == effects


@given(st.lists(st.sampled_from([*Event])))
def test_no_two_children_are_ever_there_and_the_last_command_wins(events: list[Event]) -> None:
    state, there, asked = S.DOWN, False, False
    wanted = False
    for event in events:
        if event is E.GONE and not there:
            continue
        state, effect = step(state, event)
        if event is E.GONE:
            wanted, there, asked = wanted and asked, False, False
        else:
            wanted = event is not E.STOP
        if effect is F.NEW_CHILD:
            assert not there
            there = True
        if effect is F.STOP_CHILD:
            assert there
            assert not asked  # once is enough
            asked = True
        assert state.wanted == wanted
        assert (state is S.DOWN) == (not there)
