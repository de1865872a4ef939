"""What the end of a child means under policies, and when the next one follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.life.restarts import JITTER, End, delay, failures, verdict
from procman.core.life.service import Event
from procman.core.plan.policies import FOREMAN, Backoff, Policies, Restart

E, R = Event, Restart
SIGTERM, SIGKILL, SIGSEGV = -15, -9, -11


@pytest.mark.parametrize(
    ("restart", "code", "event"),
    [
        (None, 0, E.GONE),
        (None, 1, E.GONE),
        (R.NEVER, 0, E.DONE),
        (R.NEVER, 1, E.GIVEN_UP),
        (R.NEVER, SIGKILL, E.GIVEN_UP),
        (R.NEVER, SIGTERM, E.DONE),
        (R.ON_FAILURE, 0, E.DONE),
        (R.ON_FAILURE, 3, E.AGAIN),
        (R.ON_FAILURE, 143, E.AGAIN),  # a code is none of a signal
        (R.ON_FAILURE, SIGTERM, E.DONE),  # systemd.service(5): SIGHUP, SIGINT, SIGTERM and SIGPIPE are clean
        (R.ON_FAILURE, -1, E.DONE),
        (R.ON_FAILURE, -2, E.DONE),
        (R.ON_FAILURE, -13, E.DONE),
        (R.ON_FAILURE, SIGKILL, E.AGAIN),
        (R.ON_FAILURE, SIGSEGV, E.AGAIN),
        (R.ALWAYS, 0, E.AGAIN),
        (R.ALWAYS, 1, E.AGAIN),
        (R.ALWAYS, SIGTERM, E.AGAIN),
    ],
)
def test_the_policies_are_those_of_systemd(restart: Restart | None, code: int, event: Event) -> None:
    assert verdict(Policies(restart=restart), End(code, 1.0), 1) is event


@pytest.mark.parametrize(
    ("restart", "code", "event"),
    [
        (None, 0, E.DONE),
        (None, 1, E.GIVEN_UP),
        (None, SIGTERM, E.GIVEN_UP),
        (R.ON_FAILURE, 1, E.AGAIN),
        (R.ON_FAILURE, SIGTERM, E.GIVEN_UP),
        (R.ON_FAILURE, 0, E.DONE),
        (R.NEVER, 1, E.GIVEN_UP),
    ],
)
def test_a_oneshot_is_to_end_with_0(restart: Restart | None, code: int, event: Event) -> None:
    assert verdict(Policies(restart=restart, oneshot=True), End(code, 1.0), 1) is event


def test_one_whose_files_are_watched_ends_nobody_else() -> None:
    watched = Policies(watch=("*.py",))
    assert verdict(watched, End(1, 1.0), 1) is E.GIVEN_UP
    assert verdict(watched, End(0, 1.0), 0) is E.DONE


@pytest.mark.parametrize("restart", [None, *R])
def test_what_is_not_well_is_started_again_whatever_its_own_end_would_mean(restart: Restart | None) -> None:
    assert verdict(Policies(restart=restart), End(0, 1.0, "is not well"), 1) is E.AGAIN


@pytest.mark.parametrize(
    ("restart", "event"),
    [(None, E.GONE), (R.NEVER, E.GIVEN_UP), (R.ON_FAILURE, E.AGAIN), (R.ALWAYS, E.AGAIN)],
)
def test_who_is_not_ready_in_time_has_failed_even_if_it_ends_well(
    restart: Restart | None, event: Event
) -> None:
    assert verdict(Policies(restart=restart), End(0, 1.0, "was not ready", late=True), 1) is event


def test_after_so_many_failures_in_a_row_there_is_no_point_in_another() -> None:
    policies = Policies(restart=R.ALWAYS, backoff=Backoff(give_up_after=3))
    assert verdict(policies, End(1, 1.0), 2) is E.AGAIN
    assert verdict(policies, End(1, 1.0), 3) is E.GIVEN_UP
    assert verdict(policies, End(1, 1.0, "is not well"), 3) is E.GIVEN_UP
    never = Policies(restart=R.ALWAYS, backoff=Backoff(give_up_after=None))
    assert verdict(never, End(1, 1.0), 10**6) is E.AGAIN


def test_failures_are_counted_until_one_runs_for_long_or_ends_well() -> None:
    policies = Policies(restart=R.ON_FAILURE, backoff=Backoff(reset_after=60.0))
    assert failures(4, End(1, 59.9), policies) == 5
    assert failures(4, End(1, 60.0), policies) == 1
    assert failures(4, End(0, 1.0), policies) == 0
    assert failures(4, End(0, 1.0, "is not well"), policies) == 5


def test_one_that_is_to_run_always_and_ends_well_waits_longer_each_time_and_never_gives_up() -> None:
    policies = Policies(restart=R.ALWAYS)
    assert failures(4, End(0, 1.0), policies) == 5
    assert failures(4, End(0, 60.0), policies) == 1
    assert verdict(policies, End(0, 1.0), 1000) is E.AGAIN
    assert verdict(policies, End(1, 1.0), 1000) is E.GIVEN_UP


def test_delays_double_up_to_the_longest() -> None:
    backoff = Backoff(initial=1.0, longest=60.0)
    assert [delay(backoff, failed, 0.5) for failed in (0, 1, 2, 3, 6, 7, 8, 10**6)] == [
        1, 1, 2, 4, 32, 60, 60, 60,
    ]  # fmt: skip


@given(st.integers(0, 10**6), st.floats(0, 1, exclude_max=True), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_delay_is_never_far_from_its_rule(
    failed: int, chance: float, initial: float, longest: float
) -> None:
    found = delay(Backoff(initial, longest), failed, chance)
    assert 0 <= found <= longest * (1 + JITTER) + 1e-9
    assert found <= initial * 2.0 ** min(failed, 64) * (1 + JITTER) + 1e-9


def test_without_policies_nothing_is_as_it_was_not() -> None:
    for code in (0, 1, SIGTERM, SIGKILL):
        assert verdict(FOREMAN, End(code, 1.0), 1) is E.GONE
