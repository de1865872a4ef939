from __future__ import annotations

from itertools import product

import pytest

from procman.core.tasks import instance, transitions
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


@pytest.mark.parametrize(
    ("owner", "started_at", "reason"),
    [
        ("boot:1:2", 5.0, "procman was killed while it ran"),
        ("boot:1:2", None, "procman was killed as it began"),
        ("5b1f@web1", 5.0, "procman on web1 was silent for 30 s while it ran"),
        ("5b1f@web1", None, "procman on web1 was silent for 30 s as it began"),
    ],
)
def test_of_another_host_it_is_known_only_that_it_was_silent(
    owner: str, started_at: float | None, reason: str
) -> None:
    run = Run(7, "mail", state=State.RUNNING, owner=owner, started_at=started_at)
    ending = transitions.lost(run, 9.0)
    assert ending == Ending(Outcome.LOST, 9.0, reason=reason)
    lost = transitions.finished(run, ending)
    assert lost is not None
    late = transitions.told_late(lost, Ending(Outcome.TIMED_OUT, 12.0, reason="too long"))
    assert late == f"{reason}, or so it seemed: it told later that this had ended: timed out (too long)"
    assert transitions.told_late(lost._replace(reason=late), Ending(Outcome.OK, 13.0)) is None


def test_the_silence_that_is_told_is_the_lease() -> None:
    assert f"{instance.LEASE_SECONDS:g} s" in transitions.SILENT
