"""What an operator wants of a process, as a table: every pair, and every script of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.life.service import OF_END, OVER, TABLE, Effect, Event, State, step

S, E, F = State, Event, Effect
COMMANDS = {E.START, E.STOP, E.RESTART}
ENDS = {*OF_END}
CAN = {
    S.DOWN: set(),
    S.WAITING: {E.MET, E.UNMET},
    S.STARTING: {E.READY, E.SICK} | ENDS,
    S.UP: {E.SICK} | ENDS,
    S.BACKOFF: {E.DUE},
    S.FAILING: ENDS,
    S.RESTARTING: {E.GONE},
    S.STOPPING: {E.GONE},
    S.COMPLETED: set(),
    S.FAILED: set(),
    S.SKIPPED: {E.MET, E.UNMET},
}
"""Besides commands, which come at any time."""


def test_every_pair_is_written_but_those_that_cannot_happen() -> None:
    assert {*TABLE} == {(state, event) for state, events in CAN.items() for event in events | COMMANDS}


@pytest.mark.parametrize(("state", "event"), [(S.DOWN, E.GONE), (S.WAITING, E.READY), (S.BACKOFF, E.MET)])
def test_what_cannot_happen_raises(state: State, event: Event) -> None:
    with pytest.raises(KeyError):
        step(state, event)


@pytest.mark.parametrize(
    ("events", "states"),
    [
        ("start met ready", "waiting starting up"),
        ("start met gone", "waiting starting down"),
        ("start met ready stop gone", "waiting starting up stopping down"),
        ("start met ready restart gone met", "waiting starting up restarting waiting starting"),
        ("start met restart stop gone", "waiting starting restarting stopping down"),
        ("start met stop start gone", "waiting starting stopping restarting waiting"),
        ("start met ready again due met", "waiting starting up backoff waiting starting"),
        ("start met ready sick again stop", "waiting starting up failing backoff down"),
        ("start met sick stop gone", "waiting starting failing stopping down"),
        ("start met sick restart gone", "waiting starting failing restarting waiting"),
        ("start met done start", "waiting starting completed waiting"),
        ("start unmet met", "waiting skipped starting"),
        ("start met given_up restart", "waiting starting failed waiting"),
        ("start met again start", "waiting starting backoff waiting"),
        ("start stop", "waiting down"),
    ],
)
def test_what_follows(events: str, states: str) -> None:
    state = S.DOWN
    for word, expected in zip(events.split(), states.split(), strict=True):
        state, _ = step(state, Event(word.replace("_", " ")))
        assert state is State(expected)


@given(st.lists(st.sampled_from([*Event]), max_size=60))
def test_no_two_children_are_ever_there_and_the_last_command_wins(events: list[Event]) -> None:
    state, there, asked = S.DOWN, False, False
    wanted = False
    for event in events:
        if (state, event) not in TABLE:
            continue
        before = state
        state, effect = step(state, event)
        if event in COMMANDS:
            wanted = event is not E.STOP
        if event in ENDS:
            assert there
            there, asked = False, False
            wanted = wanted and event is not E.GONE if before not in (S.RESTARTING, S.STOPPING) else wanted
        if effect is F.NEW_CHILD:
            assert not there
            there = True
        if effect is F.STOP_CHILD:
            assert there
            assert not asked  # once is enough
            asked = True
        assert state.wanted == wanted
        assert state.there == there
        assert not (state in OVER and there)
        assert (effect is F.WAIT) == (state is S.BACKOFF and event is E.AGAIN)
        assert (effect is F.LOOK) <= (state is S.WAITING)
