from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.life.child import (
    DRAIN_SECONDS,
    KILLED_SECONDS,
    TABLE,
    Effect,
    Event,
    Life,
    Phase,
    postpone,
    step,
    unread,
)

TIMEOUT = 5.0
COMMANDS = (Event.START, Event.STOP, Event.KILL)

EXPECTED = """
idle      start          -> running    spawn
idle      stop           -> ended
idle      kill           -> ended
running   spawn failed   -> ended
running   output closed  -> running
running   stop           -> stopping   signal stop
running   kill           -> killing    signal kill
running   exited         -> draining   signal rest
stopping  output closed  -> stopping
stopping  stop           -> stopping
stopping  kill           -> killing    signal kill
stopping  kill due       -> killing    signal kill
stopping  exited         -> draining   signal rest
killing   output closed  -> killing
killing   stop           -> killing
killing   kill           -> killing    signal kill
killing   kill due       -> closing    give up, drain output
killing   exited         -> draining   signal kill
draining  stop           -> draining
draining  kill           -> draining   signal kill
draining  kill due       -> draining   signal kill
draining  output closed  -> leaving    report, check group
draining  drain due      -> draining   drain output
draining  output drained -> leaving    report, check group
leaving   output closed  -> leaving    check group
leaving   stop           -> leaving
leaving   kill           -> closing    signal kill, drain output
leaving   kill due       -> closing    signal kill, drain output
leaving   group gone     -> closing    drain output
closing   stop           -> closing
closing   kill           -> closing
closing   output closed  -> ended      close output
closing   output drained -> ended      close output
ended     stop           -> ended
ended     kill           -> ended
"""

Cell = tuple[Phase, tuple[Effect, ...]]


def cells() -> dict[tuple[Phase, Event], Cell]:
    found: dict[tuple[Phase, Event], Cell] = {}
    for line in EXPECTED.strip().splitlines():
        before, after = line.split("->")
        phase, event = before.split(maxsplit=1)
        result, _, effects = after.strip().partition(" ")
        listed = tuple(Effect(each.strip()) for each in effects.split(",") if each.strip())
        found[Phase(phase), Event(event.strip())] = Phase(result), listed
    return found


CELLS = cells()


def run(life: Life, *events: Event, now: float = 0.0) -> tuple[Life, list[Effect]]:
    done: list[Effect] = []
    for event in events:
        life, effects = step(life, event, now)
        done += effects
    return life, done


@pytest.mark.parametrize(("phase", "event"), list(product(Phase, Event)))
def test_every_pair_of_phase_and_event_is_in_the_table_or_raises(phase: Phase, event: Event) -> None:
    life = Life(TIMEOUT, phase)
    if (phase, event) not in CELLS:
        with pytest.raises(KeyError):
            step(life, event, 0.0)
        assert life == Life(TIMEOUT, phase)
    else:
        after, effects = step(life, event, 0.0)
        assert (after.phase, effects) == CELLS[phase, event]


def test_the_table_has_no_cell_that_is_not_written_out_here() -> None:
    assert TABLE == CELLS


def test_only_a_command_in_idle_starts_a_process() -> None:
    assert [pair for pair, (_, effects) in TABLE.items() if Effect.SPAWN in effects] == [
        (Phase.IDLE, Event.START)
    ]


def test_a_stop_signal_is_sent_once_and_sigkill_follows_after_the_timeout() -> None:
    life, done = run(Life(TIMEOUT), Event.START, Event.STOP, Event.STOP, now=100.0)
    assert done == [Effect.SPAWN, Effect.SIGNAL_STOP]
    assert life.kill_at == 100.0 + TIMEOUT
    life, effects = step(life, Event.KILL_DUE, 105.0)
    assert effects == (Effect.SIGNAL_KILL,)
    assert life.kill_at == 105.0 + KILLED_SECONDS


@pytest.mark.parametrize("timeout", [0.0, 1.0, 1000.0])
def test_the_patience_after_sigkill_is_its_own(timeout: float) -> None:
    life, _ = run(Life(timeout), Event.START, Event.STOP, Event.KILL_DUE, now=100.0)
    assert life.kill_at == 100.0 + KILLED_SECONDS
    assert run(Life(timeout), Event.START, Event.KILL, now=100.0)[0].kill_at == 100.0 + KILLED_SECONDS


def test_who_is_left_of_a_group_gets_sigkill_without_hurry() -> None:
    life, done = run(Life(0.0), Event.START, Event.EXITED, Event.KILL_DUE, now=100.0)
    assert done.count(Effect.SIGNAL_KILL) == 1
    assert life.kill_at == 100.0 + KILLED_SECONDS


def test_a_second_stop_does_not_put_sigkill_off() -> None:
    life, _ = run(Life(TIMEOUT), Event.START, Event.STOP, now=100.0)
    assert step(life, Event.STOP, 104.0)[0].kill_at == 105.0


def test_kill_does_not_wait_for_the_timeout() -> None:
    for phase in (Phase.RUNNING, Phase.STOPPING, Phase.KILLING, Phase.DRAINING, Phase.LEAVING):
        assert Effect.SIGNAL_KILL in step(Life(TIMEOUT, phase), Event.KILL, 0.0)[1]


def test_what_is_left_is_stopped_when_the_main_process_ends_by_itself() -> None:
    life, done = run(Life(TIMEOUT), Event.START, Event.EXITED, now=100.0)
    assert done == [Effect.SPAWN, Effect.SIGNAL_REST]
    assert life.kill_at == 105.0
    assert life.wanted


def test_what_is_left_after_a_stop_has_no_longer_than_the_main_process_had() -> None:
    life, _ = run(Life(TIMEOUT), Event.START, Event.STOP, now=100.0)
    life, effects = step(life, Event.EXITED, 103.0)
    assert effects == (Effect.SIGNAL_REST,)
    assert life.kill_at == 105.0


def test_the_end_of_a_child_waits_half_a_second_for_the_end_of_its_output() -> None:
    assert DRAIN_SECONDS == 0.5
    life, _ = run(Life(TIMEOUT), Event.START, Event.EXITED, now=100.0)
    assert (life.phase, life.drain_at) == (Phase.DRAINING, 100.5)
    life, effects = step(life, Event.DRAIN_DUE, 100.5)
    assert effects == (Effect.DRAIN_OUTPUT,)
    assert life.drain_at is None
    assert step(life, Event.STOP, 100.6)[0].drain_at is None
    assert step(life, Event.OUTPUT_DRAINED, 100.6)[1] == (Effect.REPORT, Effect.CHECK_GROUP)


@pytest.mark.parametrize(
    ("since", "until", "due"),
    [(90.0, 130.0, 130.5), (100.0, 130.0, 130.5), (100.2, 130.0, 130.3), (100.5, 100.5, 100.5)],
)
def test_time_in_which_no_output_was_read_is_no_time_to_wait_for_its_end(
    since: float, until: float, due: float
) -> None:
    life, _ = run(Life(TIMEOUT), Event.START, Event.EXITED, now=100.0)
    after = unread(life, since, until)
    assert after.drain_at == pytest.approx(due)
    assert after.kill_at == life.kill_at
    assert unread(Life(TIMEOUT), since, until) == Life(TIMEOUT)


def test_time_in_which_all_were_suspended_moves_every_deadline() -> None:
    life, _ = run(Life(TIMEOUT), Event.START, Event.EXITED, now=100.0)
    after = postpone(life, 7.0)
    assert (after.kill_at, after.drain_at) == (112.0, 107.5)


def test_what_happens_while_draining_does_not_make_it_longer() -> None:
    life, _ = run(Life(TIMEOUT), Event.START, Event.EXITED, now=100.0)
    for event in (Event.STOP, Event.KILL):
        life, _ = step(life, event, 100.4)
        assert life.drain_at == 100.5


def test_the_end_of_output_is_not_the_end_of_the_process() -> None:
    life, _ = run(Life(TIMEOUT), Event.START, Event.OUTPUT_CLOSED)
    assert (life.phase, life.output_open) == (Phase.RUNNING, False)


@pytest.mark.parametrize("before", [[], [Event.STOP], [Event.KILL]])
def test_a_child_whose_output_has_ended_already_is_reported_as_soon_as_it_ends(before: list[Event]) -> None:
    life, _ = run(Life(TIMEOUT), Event.START, *before, Event.OUTPUT_CLOSED)
    life, effects = step(life, Event.EXITED, 7.0)
    assert life.phase is Phase.LEAVING
    assert life.drain_at is None
    assert effects[-2:] == (Effect.REPORT, Effect.CHECK_GROUP)
    assert effects[:-2] == CELLS[run(Life(TIMEOUT), Event.START, *before)[0].phase, Event.EXITED][1]


def test_a_process_that_was_never_started_ends_without_an_effect() -> None:
    assert run(Life(TIMEOUT), Event.STOP)[1] == []
    assert run(Life(TIMEOUT), Event.KILL)[1] == []


EVENTS = st.lists(st.sampled_from([*Event]), max_size=25)


def walk(events: list[Event]) -> list[tuple[Life, Event, Life, tuple[Effect, ...]]]:
    """Life before, event, life after and effects, for the events that can happen, one a second."""
    steps = []
    life = Life(TIMEOUT)
    for now, event in enumerate(events):
        if (life.phase, event) in TABLE:
            after, effects = step(life, event, float(now))
            steps.append((life, event, after, effects))
            life = after
    return steps


@given(EVENTS)
def test_ended_is_final_and_waits_for_nothing(events: list[Event]) -> None:
    for before, _, after, effects in walk([Event.START, *events]):
        if before.phase is Phase.ENDED:
            assert after.phase is Phase.ENDED
            assert effects == ()
        if after.phase is Phase.ENDED:
            assert (after.kill_at, after.drain_at) == (None, None)


@given(EVENTS)
def test_sigkill_is_due_exactly_when_a_signal_was_sent_and_the_process_has_not_ended(
    events: list[Event],
) -> None:
    signalled = False
    for _, _, after, effects in walk([Event.START, *events]):
        signalled |= bool({Effect.SIGNAL_STOP, Effect.SIGNAL_REST, Effect.SIGNAL_KILL} & {*effects})
        assert (after.kill_at is not None) == (signalled and after.phase is not Phase.ENDED)


@given(EVENTS)
def test_the_end_of_the_output_is_due_exactly_while_draining(events: list[Event]) -> None:
    for _, _, after, _ in walk([Event.START, *events]):
        assert (after.drain_at is not None) == (after.phase is Phase.DRAINING)


@given(EVENTS)
def test_only_commands_change_what_is_wanted(events: list[Event]) -> None:
    for before, event, after, _ in walk(events):
        if event not in COMMANDS:
            assert after.wanted == before.wanted
        elif event is not Event.START:
            assert not after.wanted


@given(EVENTS)
def test_the_end_is_reported_once_and_the_stop_signal_sent_at_most_once(events: list[Event]) -> None:
    done = [effect for _, _, _, effects in walk([Event.START, *events]) for effect in effects]
    assert done.count(Effect.SIGNAL_STOP) <= 1
    assert done.count(Effect.REPORT) <= 1


@given(EVENTS)
def test_no_drain_is_waited_for_when_the_output_has_ended(events: list[Event]) -> None:
    for _, _, after, _ in walk([Event.START, *events]):
        assert after.output_open or after.phase is not Phase.DRAINING


@given(EVENTS)
def test_the_phases_go_one_way_only(events: list[Event]) -> None:
    order = list(Phase)
    for before, _, after, _ in walk([Event.START, *events]):
        assert order.index(after.phase) >= order.index(before.phase)


WAY_OUT = {
    Phase.KILLING: (Event.EXITED,),
    Phase.DRAINING: (Event.DRAIN_DUE, Event.OUTPUT_DRAINED),
    Phase.LEAVING: (Event.KILL,),
    Phase.CLOSING: (Event.OUTPUT_DRAINED,),
}


@given(EVENTS)
def test_every_life_can_be_brought_to_its_end_by_a_kill(before: list[Event]) -> None:
    steps = walk([Event.START, *before])
    life = steps[-1][2]
    life, _ = step(life, Event.KILL, 0.0)
    for phase, events in WAY_OUT.items():
        if life.phase is phase:
            life, _ = run(life, *events)
    assert life.phase is Phase.ENDED
