"""One heap for all who wait for a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procman.engine.timers import Timers


def test_what_is_due_comes_in_order_and_once() -> None:
    timers, rung = Timers(), list[str]()
    timers.set(2.0, lambda now: rung.append(f"b {now}"))
    timers.set(1.0, lambda now: rung.append(f"a {now}"))
    timers.set(2.0, lambda now: rung.append(f"c {now}"))
    assert timers.deadline == 1.0
    timers.expire(0.9)
    assert rung == []
    timers.expire(2.0)
    assert rung == ["a 2.0", "b 2.0", "c 2.0"]
    assert timers.deadline is None
    timers.expire(9.0)
    assert len(rung) == 3


def test_what_is_cancelled_does_not_come_and_wakes_nobody() -> None:
    timers, rung = Timers(), list[float]()
    first = timers.set(1.0, rung.append)
    timers.set(2.0, lambda now: last.cancel())
    last = timers.set(2.0, rung.append)
    first.cancel()
    first.cancel()
    assert timers.deadline == 2.0
    timers.expire(2.0)
    assert rung == []
    assert not last.waits


def test_what_is_set_meanwhile_comes_the_next_time() -> None:
    timers, rung = Timers(), list[float]()

    def again(now: float) -> None:
        rung.append(now)
        if len(rung) < 3:
            timers.set(now, again)

    timers.set(1.0, again)
    timers.expire(1.0)
    assert (rung, timers.deadline) == ([1.0], 1.0)
    timers.expire(1.5)
    assert rung == [1.0, 1.5]


def test_time_in_which_all_were_suspended_moves_all() -> None:
    timers, rung = Timers(), list[float]()
    for at in (3.0, 1.0, 2.0):
        timers.set(at, rung.append)
    timers.postpone(10.0)
    assert timers.deadline == 11.0
    timers.expire(12.0)
    assert rung == [12.0, 12.0]


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans())), st.floats(0, 100))
def test_whatever_is_set_and_cancelled(given_: list[tuple[float, bool]], now: float) -> None:
    timers, rung = Timers(), list[int]()
    set_ = [timers.set(at, lambda _, n=n: rung.append(n)) for n, (at, _) in enumerate(given_)]  # type: ignore[misc]
    for timer, (_, cancelled) in zip(set_, given_, strict=True):
        if cancelled:
            timer.cancel()
    left = [at for at, cancelled in given_ if not cancelled]
    timers.expire(now)
    assert rung == sorted(
        (n for n, (at, cancelled) in enumerate(given_) if at <= now and not cancelled),
        key=lambda n: (given_[n][0], n),
    )
    assert timers.deadline == min((at for at in left if at > now), default=None)
