from __future__ import annotations

from itertools import product

import pytest

from procman.core.tasks import transitions
from procman.core.tasks.run import Ending, Outcome, Run, State
from procman.core.tasks.transitions import TABLE, Event

P, Q, C, R, F = State.PENDING, State.QUEUED, State.CLAIMED, State.RUNNING, State.FINISHED

CHANGES = {
    (P, Event.CLAIM): C,
    (C, Event.QUEUE): Q,
    (Q, Event.CALL): C,
    (Q, Event.RELEASE): P,
    (C, Event.RELEASE): P,
    (Q, Event.START): R,
    (C, Event.START): R,
    (P, Event.FINISH): F,
    (Q, Event.FINISH): F,
    (C, Event.FINISH): F,
    (R, Event.FINISH): F,
    (P, Event.CANCEL): F,
}


def test_every_cell_is_written() -> None:
    assert set(TABLE) == set(product(State, Event))
    assert {cell: after for cell, after in TABLE.items() if after} == CHANGES


@pytest.mark.parametrize(("state", "event"), TABLE)
def test_a_run_follows_the_table(state: State, event: Event) -> None:
    run = Run(7, "mail", due=5.0, state=state, owner="me")
    after = transitions.step(run, event, reason="because")
    if (state, event) not in CHANGES:
        assert after is None
    else:
        owner, reason = (None, None) if event is Event.RELEASE else ("me", "because")
        assert after == run._replace(state=CHANGES[state, event], owner=owner, reason=reason)


@pytest.mark.parametrize("event", Event)
def test_an_event_leads_to_one_state(event: Event) -> None:
    sources = [state for state, each in CHANGES if each is event]
    assert {CHANGES[state, event] for state in sources} == {transitions.target(event)}
    assert sorted(transitions.sources(event)) == sorted(sources)


def test_what_has_ended_does_not_end_again() -> None:
    run = Run(7, "mail", state=State.RUNNING)
    ended = transitions.finished(run, Ending(Outcome.OK, 5.0, code=0))
    assert ended == run._replace(state=State.FINISHED, outcome=Outcome.OK, ended_at=5.0, code=0)
    assert transitions.finished(ended, Ending(Outcome.LOST, 9.0)) is None
    assert transitions.finished(run, Ending(Outcome.CANCELED, 9.0), Event.CANCEL) is None
