"""What the end of a process, a signal or a stop means for all: every pair, and a hundred thousand scripts."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest

from procman.core.life.formation import (
    DOUBT_SECONDS,
    KILLED,
    NOTICE_SECONDS,
    SAME_SECONDS,
    TABLE,
    Effect,
    Event,
    Formation,
    Phase,
    postpone,
    signalled,
    step,
)

E, F, P = Event, Effect, Phase
CANNOT = {(P.STAGES, E.DECIDED), (P.STAGES, E.KILL), (P.UP, E.DECIDED), (P.UP, E.KILL), (P.DOUBT, E.KILL)}
CANNOT |= {(P.STAGES, E.ENDED)}
CANNOT |= {(phase, E.LAST) for phase in P if phase is not P.STAGES} | {(P.STOPPING, E.DECIDED)}
SCRIPTS = 100_000
LONGEST = 12


def test_every_pair_is_written_but_those_that_cannot_happen() -> None:
    assert set(TABLE) == {(phase, event) for phase in P for event in E} - CANNOT


@pytest.mark.parametrize(("phase", "event"), sorted(CANNOT, key=str))
def test_what_cannot_happen_raises(phase: Phase, event: Event) -> None:
    with pytest.raises(KeyError):
        step(Formation(phase), event, 0.0)


def test_the_end_of_one_is_the_end_of_all_and_its_code_that_of_procman() -> None:
    up, _ = step(Formation(), E.LAST, 0.0)
    after, effects = step(up, E.FAILED, 1.0, "web.1", 3)
    assert effects == (F.STOP_ALL, F.TELL_CAUSE)
    assert (after.stopping, after.asked, after.cause) == (True, False, "web.1")
    assert after.exit_code(None, killed=False) == 3
    assert after.deadline == 1.0 + NOTICE_SECONDS
    later, effects = step(after, E.FAILED, 1.1, "worker.1", 9)
    assert (later, effects) == (after, ())


def test_who_ended_by_a_stop_signal_is_to_blame_only_if_procman_gets_none() -> None:
    doubt, effects = step(Formation(P.UP), E.SIGNALLED, 1.0, "web.1", 143)
    assert (effects, doubt.deadline) == ((), 1.0 + DOUBT_SECONDS)
    decided, effects = step(doubt, E.DECIDED, 1.3)
    assert (effects, decided.exit_code(None, False)) == ((F.STOP_ALL, F.TELL_CAUSE), 143)
    asked, effects = step(doubt, E.STOP, 1.2)
    assert (effects, asked.cause, asked.exit_code(None, False)) == ((F.TELL_STOP, F.STOP_ALL), None, 0)


@pytest.mark.parametrize("event", [E.FAILED, E.DONE])
def test_another_end_settles_the_doubt_and_the_first_stays_the_cause(event: Event) -> None:
    doubt, _ = step(Formation(P.UP), E.SIGNALLED, 1.0, "web.1", 143)
    after, effects = step(doubt, event, 1.1, "worker.1", 1)
    assert (effects, after.cause, after.code) == ((F.STOP_ALL, F.TELL_CAUSE), "web.1", 143)


def test_a_stage_that_is_done_is_followed_by_the_next() -> None:
    done, effects = step(Formation(), E.DONE, 1.0, "release.1", 0)
    assert (done, effects) == (Formation(), ())
    assert step(done, E.OVER, 1.1) == (done, (F.NEXT_STAGE,))


def test_exit_codes() -> None:
    assert Formation().exit_code(None, killed=False) == 0
    assert Formation().exit_code(None, killed=True) == KILLED
    assert Formation(code=1).exit_code(None, killed=True) == 1
    assert Formation(code=1).exit_code(7, killed=True) == 7
    assert Formation(code=1).exit_code(0, killed=True) == 0
    broken, _ = step(Formation(P.UP), E.STOP, 1.0, code=1)
    assert broken.exit_code(None, killed=False) == 1
    again, _ = step(broken, E.STOP, 2.0, code=5)
    assert again.exit_code(None, killed=False) == 1


def test_a_second_interrupt_kills_unless_it_is_the_first_passed_on() -> None:
    first, event = signalled(Formation(P.UP), True, 1.0)
    assert (event, first.signalled_at) == (E.STOP, 1.0)
    assert signalled(first, True, 1.0 + SAME_SECONDS / 2) == (first, None)
    assert signalled(first, True, 1.0 + SAME_SECONDS) == (first, E.KILL)
    assert signalled(first, False, 9.0) == (first, E.STOP)  # SIGTERM never means at once
    terminated, event = signalled(Formation(P.UP), False, 1.0)
    assert signalled(terminated, True, 1.1)[1] is E.STOP  # and is no first Ctrl-C
    assert (event, terminated.interrupted_at) == (E.STOP, None)


def test_time_in_which_all_were_suspended_moves_every_deadline() -> None:
    assert postpone(Formation(decide_at=1.0, notice_at=2.0), 5.0) == Formation(decide_at=6.0, notice_at=7.0)
    assert postpone(Formation(), 5.0) == Formation()


class Said(NamedTuple):
    """What has happened, when, and to whom."""

    event: Event
    now: float
    name: str
    code: int


def script(chance: random.Random) -> list[Said]:
    """Any events that may happen, in an order in which they may."""
    phase, now = P.STAGES, 0.0
    said: list[Said] = []
    for _ in range(chance.randrange(1, LONGEST)):
        now += chance.choice([0.0, 0.1, 1.0])
        event = chance.choice([event for event in E if (phase, event) in TABLE])
        phase = TABLE[phase, event][0]
        code = {E.DONE: 0, E.SIGNALLED: 143}.get(event, chance.randrange(1, 9))
        said.append(Said(event, now, f"web.{len(said)}", code))
    return said


def expected(said: list[Said]) -> tuple[str | None, int | None, bool]:
    """Who is to blame, the code, whether a stop was asked for: as `docs/processes.md` has it in words."""
    suspect: Said | None = None
    for number, each in enumerate(said):
        in_stages = all(before.event is not E.LAST for before in said[:number])
        if each.event is E.STOP:
            return None, each.code, True
        if each.event is E.ENDED and suspect is None:  # all have ended by themselves
            asked = any(later.event is E.STOP for later in said[number:])
            return None, each.code, asked
        if each.event is E.DONE and in_stages and suspect is None:
            continue
        if each.event in (E.DONE, E.FAILED, E.SIGNALLED):
            suspect = suspect or each
        if suspect and each.event in (E.DONE, E.FAILED, E.DECIDED):
            asked = any(later.event is E.STOP for later in said[number:])
            return suspect.name, suspect.code, asked
    return (suspect.name, suspect.code, False) if suspect else (None, None, False)


def test_a_hundred_thousand_scripts() -> None:
    chance, stopped = random.Random(9), 0
    order = [P.STAGES, P.UP, P.DOUBT, P.STOPPING]
    for _ in range(SCRIPTS):
        said, state, done = script(chance), Formation(), list[Effect]()
        for each in said:
            before = state
            state, effects = step(state, each.event, each.now, each.name, each.code)
            done += effects
            assert order.index(state.phase) >= order.index(before.phase), said  # one way only
            assert (F.NEXT_STAGE in effects) <= (not state.stopping), said
            assert (F.KILL_ALL in effects) <= before.stopping, said
        assert done.count(F.STOP_ALL) == state.stopping, said  # once
        assert done.count(F.TELL_STOP) + done.count(F.TELL_CAUSE) == state.stopping, said
        assert (state.deadline is None) == (state.phase in (P.STAGES, P.UP)), said
        assert (state.cause, state.code, state.asked) == expected(said), said
        stopped += state.stopping
    assert SCRIPTS / 2 < stopped < SCRIPTS
