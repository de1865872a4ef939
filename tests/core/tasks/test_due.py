"""What becomes of ticks: on time, missed, made up for; overlap, retries, jitter."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.schedule import schedule
from procman.core.tasks import due
from procman.core.tasks.due import Admission, admit, jitter_of, next_tick, retry_delay, rows
from procman.core.tasks.run import Outcome, TickRow, Trigger
from procman.core.tasks.task import Missed, Overlap, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp())
MINUTE, HOUR, DAY = 60, 3600, 86400


def task(*expressions: str, **fields: Any) -> Task:
    schedules = tuple(schedule.parse(expression, UTC) for expression in expressions)
    return Task("remind", "run", schedules=schedules)._replace(**fields)


def shown(rows: list[TickRow]) -> list[tuple[int, str]]:
    """Minutes from noon, and what becomes of the tick."""
    return [((row.tick - NOON) // MINUTE, row.outcome or row.trigger) for row in rows]


EVERY_10 = task("every 10 minutes")


def test_nothing_is_due_before_the_next_tick() -> None:
    assert rows(EVERY_10, NOON, NOON + 9 * MINUTE) == []


def test_a_tick_is_due_at_its_instant_and_not_twice() -> None:
    assert shown(rows(EVERY_10, NOON, NOON + 10 * MINUTE)) == [(10, "schedule")]
    assert rows(EVERY_10, NOON + 10 * MINUTE, NOON + 10 * MINUTE) == []


def test_the_row_says_when_it_is_due_and_what_it_runs() -> None:
    (row,) = rows(EVERY_10, NOON, NOON + 10 * MINUTE)
    assert row == TickRow("remind", NOON + 10 * MINUTE, Trigger.SCHEDULE, NOON + 10 * MINUTE, "run")


def test_several_schedules_are_merged_and_the_same_instant_is_one_tick() -> None:
    both = task("every 10 minutes", "*/15 * * * *", grace=DAY, missed=Missed.ALL)
    planned = rows(both, NOON, NOON + HOUR)
    assert [minute for minute, _ in shown(planned)] == [10, 15, 20, 30, 40, 45, 50, 60]


@pytest.mark.parametrize(
    ("lateness", "expected"),
    [(0, "schedule"), (due.ON_TIME_SECONDS, "schedule"), (due.ON_TIME_SECONDS + 1, "catch_up")],
)
def test_a_tick_that_is_seconds_late_is_on_time_and_later_it_is_missed(lateness: int, expected: str) -> None:
    planned = rows(task("every hour"), NOON - 1, NOON + lateness)
    assert shown(planned) == [(0, expected)]


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        (Missed.SKIP, ["missed"] * 6),
        (Missed.ONCE, ["missed"] * 5 + ["catch_up"]),
        (Missed.ALL, ["catch_up"] * 6),
    ],
)
def test_missed_says_which_ticks_are_made_up_for(missed: Missed, expected: list[str]) -> None:
    planned = rows(task("every 10 minutes", missed=missed), NOON, NOON + HOUR + MINUTE)
    assert [what for _, what in shown(planned)] == expected


@pytest.mark.parametrize("missed", [Missed.ONCE, Missed.ALL])
def test_ticks_beyond_the_grace_are_not_made_up_for(missed: Missed) -> None:
    late = task("every hour", missed=missed, grace=30.0 * MINUTE)
    planned = rows(late, NOON - 1, NOON + 31 * MINUTE)
    assert shown(planned) == [(0, "missed")]
    assert planned[0].reason == "31 min late, missed: " + missed + ", grace: 30 min"


def test_the_newest_missed_tick_is_not_made_up_for_when_a_newer_one_is_on_time() -> None:
    planned = rows(EVERY_10, NOON, NOON + 30 * MINUTE + 1)
    assert shown(planned) == [(10, "missed"), (20, "missed"), (30, "schedule")]


def test_all_is_at_most_a_hundred_the_newest_in_order() -> None:
    planned = rows(task("every minute", missed=Missed.ALL, grace=DAY), NOON, NOON + 150 * MINUTE + 30)
    made_up = [minute for minute, what in shown(planned) if what == "catch_up"]
    assert made_up == list(range(51, 151))
    assert len(planned) == 150


@pytest.mark.parametrize("missed", list(Missed))
def test_a_thousand_missed_ticks_have_a_row_each_with_every_policy(missed: Missed) -> None:
    planned = rows(task("every minute", missed=missed, grace=HOUR), NOON, NOON + 1000 * MINUTE + 30)
    assert [row.tick for row in planned] == [NOON + minute * MINUTE for minute in range(1, 1001)]
    made_up = [row.tick for row in planned if not row.outcome]
    expected = {Missed.SKIP: 0, Missed.ONCE: 1, Missed.ALL: 60}[missed]
    assert made_up == [row.tick for row in planned[1000 - expected :]]


def test_of_more_than_a_thousand_the_oldest_share_one_row() -> None:
    planned = rows(task("* * * * * *"), NOON, NOON + 365 * DAY)
    assert len(planned) == 1 + due.MOST_ROWS
    assert (planned[0].tick, planned[0].outcome) == (NOON + 1, Outcome.MISSED)
    assert planned[0].reason == "and all others before 2027-11-24T11:43:21Z: too many to list"
    assert [row.tick for row in planned[1:]] == list(range(NOON + 365 * DAY - 999, NOON + 365 * DAY + 1))


def test_a_year_of_ticks_that_came_in_one_burst_is_no_work() -> None:
    burst = task("* * 12 24 11 *")  # each second of one hour a year
    planned = rows(burst, NOON - 1, NOON + 300 * DAY)
    assert 0 < len(planned) <= 1 + due.MOST_ROWS
    assert planned[-1].tick == NOON + HOUR - 1


@pytest.mark.parametrize("silence", [0, 1, 3 * HOUR, 40 * DAY, 300 * DAY])
def test_a_long_burst_followed_by_silence_has_its_newest_ticks_listed(silence: int) -> None:
    burst = task("* * 12-14 24 11 *")  # each second of three hours a year
    last = NOON + 3 * HOUR - 1
    planned = rows(burst, NOON - 1, last + silence)
    assert planned[0].tick == NOON
    assert [row.tick for row in planned[1:]] == list(range(last - 999, last + 1))


@given(st.integers(0, 5000), st.integers(1, 50_000), st.sampled_from(list(Missed)))
def test_every_tick_between_has_exactly_one_row(since: int, span: int, missed: Missed) -> None:
    seldom = task("*/7 * * * *", "at 2026-11-24 13:02", missed=missed)
    planned = rows(seldom, NOON + since, NOON + since + span)
    ticks = [row.tick for row in planned]
    assert ticks == sorted(set(ticks))
    walked = itertools.takewhile(lambda tick: tick <= NOON + since + span, _walk(seldom, NOON + since))
    assert ticks == list(walked)


def _walk(walked: Task, after: int) -> Iterator[int]:
    at: int | None = after
    while at is not None and (at := next_tick(walked.schedules, at)) is not None:
        yield at


def test_a_schedule_that_is_over_has_no_next_tick() -> None:
    assert next_tick(task("at 2020-01-01 00:00").schedules, NOON) is None
    assert next_tick((), NOON) is None


LINE_UP, SKIP, REPLACE = Admission.LINE_UP, Admission.SKIP, Admission.REPLACE
ALL = due.MOST_WAITING


@pytest.mark.parametrize(
    ("overlap", "orderly", "beside", "expected"),
    [
        *((overlap, orderly, (0, 0), LINE_UP) for overlap in Overlap for orderly in (False, True)),
        *((Overlap.ALLOW, orderly, (7, ALL), LINE_UP) for orderly in (False, True)),
        (Overlap.SKIP, False, (1, 0), SKIP),
        (Overlap.SKIP, False, (0, 1), SKIP),
        (Overlap.SKIP, True, (1, 0), LINE_UP),
        (Overlap.SKIP, True, (0, 1), LINE_UP),
        (Overlap.QUEUE, False, (1, 0), LINE_UP),
        (Overlap.QUEUE, False, (1, ALL - 1), LINE_UP),
        (Overlap.QUEUE, False, (1, ALL), SKIP),
        (Overlap.REPLACE, False, (1, 0), REPLACE),
        (Overlap.REPLACE, False, (1, 1), REPLACE),
        (Overlap.REPLACE, True, (1, 0), LINE_UP),
    ],
)
def test_overlap_decides_what_a_tick_does_beside_runs_and_others_in_line(
    overlap: Overlap, orderly: bool, beside: tuple[int, int], expected: Admission
) -> None:
    assert admit(overlap, orderly, *beside) is expected


@pytest.mark.parametrize(("tasks", "rows"), [(1, 1000), (100, 1000), (200, 500), (10_000, 100)])
def test_the_more_tasks_there_are_the_fewer_rows_do_missed_ticks_of_one_get(tasks: int, rows: int) -> None:
    assert due.rows_of_each(tasks) == rows


def test_retries_are_twice_as_far_apart_each_time_up_to_ten_minutes() -> None:
    delays = [retry_delay(10.0, attempt, chance=0.0) for attempt in range(1, 9)]
    assert delays == [10, 20, 40, 80, 160, 320, 600, 600]
    assert retry_delay(10.0, 10_000, 0.0) == 600


@given(st.floats(0, 1000), st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_chance_takes_at_most_half_of_the_delay(initial: float, attempt: int, chance: float) -> None:
    full = retry_delay(initial, attempt, 0.0)
    assert full / 2 <= retry_delay(initial, attempt, chance) <= full


def test_jitter_is_the_same_for_each_asker_and_spread() -> None:
    spread = task("every minute", jitter=30.0)
    found = [jitter_of(spread, tick) for tick in range(NOON, NOON + 600, MINUTE)]
    assert found == [jitter_of(spread, tick) for tick in range(NOON, NOON + 600, MINUTE)]
    assert len(set(found)) == 10
    assert all(0 <= each < 30 for each in found)
    (row,) = rows(spread, NOON, NOON + MINUTE)
    assert row.due == NOON + MINUTE + jitter_of(spread, NOON + MINUTE)
