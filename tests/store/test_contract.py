"""What `procman.engine.store` promises, of each kind of store."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from procman.core.tasks import transitions
from procman.core.tasks.limits import Limits
from procman.core.tasks.query import Query
from procman.core.tasks.run import (
    Ending,
    Finish,
    Outcome,
    Request,
    Run,
    Start,
    State,
    Summary,
    Survey,
    Surveyed,
    TaskState,
    TickRow,
    Trigger,
)
from procman.core.tasks.task import Retention
from procman.core.tasks.transitions import Event

from .rows import ME, NOW, OTHER, TICK, asked, claimed, finished, ids, next_due, now, running, tick, to_stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.engine.store import Store

ENDED = Ending(Outcome.OK, NOW + 3, code=0)


def none_is_gone(run: Run) -> bool:
    return False


def all_are_gone(run: Run) -> bool:
    return True


# together


class TroubleError(Exception):
    pass


def in_trouble(store: Store, *operations: Callable[[], object], inner: bool = False) -> None:
    """Do all together, and then fail, maybe in a transaction within."""
    with store.together():
        for operation in operations:
            operation()
        with store.together() if inner else nullcontext():
            raise TroubleError


def test_what_is_done_together_is_undone_together(store: Store) -> None:
    first = claimed(store, 1)[0]
    operations = [
        lambda: store.finish(first, Ending(Outcome.OK, NOW, output=b"lines")),
        lambda: store.request(asked()),
        lambda: store.pause("mail", NOW),
        lambda: store.recall({"other": "hourly"}, TICK),
    ]
    with pytest.raises(TroubleError):
        in_trouble(store, *operations)
    assert store.run(first.id) == first
    assert (store.output(first.id), store.jobs(), store.summaries()) == (None, [], {})
    assert not store.states()["mail"].paused
    assert "other" not in store.states()


def test_together_within_together_is_one_transaction(store: Store) -> None:
    def within() -> None:
        with store.together():
            store.request(asked())

    with pytest.raises(TroubleError):
        in_trouble(store, within)
    assert store.jobs() == []


def test_an_error_within_together_within_together_undoes_all(store: Store) -> None:
    with pytest.raises(TroubleError):
        in_trouble(store, lambda: store.request(asked()), inner=True)
    assert store.jobs() == []


def test_what_is_done_together_is_kept_together_and_seen_at_once(store: Store) -> None:
    with store.together():
        number, _ = store.request(asked())
        with store.together():
            assert ids(store.jobs()) == [number]
        store.cancel(number, NOW)
    assert now(store, number).outcome is Outcome.CANCELED


def test_after_an_error_the_store_goes_on(store: Store) -> None:
    with pytest.raises(TroubleError):
        in_trouble(store)
    assert store.request(asked()) == (1, True)


# recall


def test_a_task_that_is_new_is_accounted_for_up_to_now(store: Store) -> None:
    known = {"mail": TaskState("mail", "hourly", TICK)}
    assert store.recall({"mail": "hourly"}, TICK) == known
    assert store.states() == known


def test_a_task_whose_schedule_is_the_same_keeps_what_is_known_of_it(store: Store) -> None:
    store.recall({"mail": "hourly"}, TICK)
    assert store.recall({"mail": "hourly"}, TICK + 50) == {"mail": TaskState("mail", "hourly", TICK)}


def test_a_task_whose_schedule_has_changed_is_accounted_for_up_to_now(store: Store) -> None:
    store.recall({"mail": "hourly"}, TICK)
    store.pause("mail", NOW)
    expected = TaskState("mail", "daily at 9:00", TICK + 50, paused_at=NOW)
    assert store.recall({"mail": "daily at 9:00"}, TICK + 50) == {"mail": expected}


@pytest.mark.parametrize("before", ["", "hourly"])
def test_a_task_without_schedules_has_no_ticks_to_account_for(store: Store, before: str) -> None:
    store.recall({"mail": before}, TICK)
    assert store.recall({"mail": ""}, TICK + 1)["mail"] == TaskState("mail")
    assert store.recall({"mail": "hourly"}, TICK + 2)["mail"].accounted == TICK + 2


def test_only_the_tasks_that_were_named_are_given_and_the_others_stay_known(store: Store) -> None:
    store.recall({"mail": "hourly"}, TICK)
    store.pause("mail", NOW)
    assert store.recall({"other": "hourly"}, TICK).keys() == {"other"}
    assert store.states().keys() == {"mail", "other"}
    assert store.states()["mail"].paused


def test_a_task_that_is_not_named_has_no_ticks_until_it_is_named_again(store: Store) -> None:
    store.recall({"mail": "hourly"}, TICK)
    store.recall({"other": "hourly"}, TICK + 10)
    assert store.states()["mail"] == TaskState("mail")
    assert store.recall({"mail": "hourly"}, TICK + 20)["mail"].accounted == TICK + 20


def test_nothing_is_accounted_for_that_is_still_to_come(store: Store) -> None:
    store.recall({"mail": "hourly"}, TICK)
    claimed(store, 3600)
    assert store.recall({"mail": "hourly"}, TICK + 50)["mail"].accounted == TICK + 50
    assert store.states()["mail"].accounted == TICK + 50


def test_ticks_that_are_still_to_come_cannot_have_been_missed_or_skipped(store: Store) -> None:
    """What ran keeps its row, so that it does not run again."""
    store.recall({"mail": "hourly"}, TICK)
    store.claim([tick(10, outcome=Outcome.MISSED), tick(51, outcome=Outcome.MISSED)], ME, NOW)
    store.claim([tick(300, outcome=Outcome.MISSED), tick(400, outcome=Outcome.SKIPPED)], ME, NOW)
    finished(store, 500, Outcome.LOST)
    running(store, 600)
    store.recall({"mail": "hourly"}, TICK + 50)
    assert {(run.tick or 0) - TICK for run in store.history()} == {10, 51, 500, 600}
    assert [(run.tick or 0) - TICK for run in claimed(store, 51, 300, 400, 500, 600)] == [300, 400]


# recover


def test_runs_of_a_procman_that_is_gone_are_closed_as_lost(store: Store) -> None:
    begun = running(store, 1, owner=OTHER)
    waiting = claimed(store, 2, owner=OTHER)[0]
    lost = store.recover(all_are_gone, (), NOW + 9)
    assert ids(lost) == [begun.id, waiting.id]
    assert [run.reason for run in lost] == [
        "procman was killed while it ran",
        "procman was killed as it began",
    ]
    for run in lost:
        assert run == now(store, run)
        assert (run.state, run.outcome, run.ended_at) == (State.FINISHED, Outcome.LOST, NOW + 9)
    assert store.jobs() == []


def test_a_run_of_another_host_is_lost_since_that_is_silent_and_may_tell_its_end_late(store: Store) -> None:
    run = running(store, 1, owner="5b1f@web1")
    (lost,) = store.recover(all_are_gone, (), NOW + 9)
    assert (lost.outcome, lost.reason) == (Outcome.LOST, "procman on web1 was silent for 30 s while it ran")
    for _ in range(2):
        assert store.finish(run, ENDED, NOW + 30) is None
    told = f"{lost.reason}, or so it seemed: it told later that this had ended: ok"
    assert now(store, run) == lost._replace(reason=told)


def test_runs_whose_procman_lives_and_those_that_are_over_stay(store: Store) -> None:
    mine, theirs = running(store, 1, owner=ME), running(store, 2, owner=OTHER)
    over = finished(store, 3)
    number, _ = store.request(asked())
    asked_about: list[Run] = []

    def gone(run: Run) -> bool:
        asked_about.append(run)
        return run.owner != ME

    assert ids(store.recover(gone, (), NOW)) == [theirs.id]
    assert now(store, mine) == mine
    assert now(store, over) == over
    assert now(store, number).state is State.PENDING
    assert asked_about == [mine, theirs]


def test_a_lost_run_is_rerun_when_its_task_says_so(store: Store) -> None:
    first, other = claimed(store, 1, owner=OTHER)[0], claimed(store, 1, task="other", owner=OTHER)[0]
    assert ids(store.recover(all_are_gone, {"mail"}, NOW + 9)) == [first.id, other.id]
    again = store.jobs()
    assert [(run.task, run.tick, run.trigger, run.attempt, run.due) for run in again] == [
        ("mail", first.tick, Trigger.RETRY, 2, NOW + 9)
    ]


def test_a_queued_run_whose_procman_is_gone_waits_for_anybody(store: Store) -> None:
    run = claimed(store, 1, owner=OTHER)[0]
    store.move(run, Event.QUEUE)
    assert store.recover(none_is_gone, (), NOW) == []
    assert now(store, run).state is State.QUEUED
    assert store.recover(all_are_gone, {"mail"}, NOW) == []
    assert store.jobs() == [run._replace(state=State.PENDING, owner=None)]


@pytest.mark.parametrize("on_lost", ["leave", "rerun"])
def test_what_was_asked_for_and_had_not_begun_waits_for_anybody(store: Store, on_lost: str) -> None:
    number, _ = store.request(asked())
    (run,) = store.take_due(NOW, OTHER, NOW, (9, 9))
    assert run.state is State.CLAIMED
    assert store.recover(all_are_gone, {"mail"} if on_lost == "rerun" else (), NOW + 9) == []
    assert store.jobs() == [run._replace(state=State.PENDING, owner=None)]
    assert store.take_due(NOW + 9, ME, NOW, (9, 9))[0].id == number


@pytest.mark.parametrize("rerun", [(), ("mail",)])
@pytest.mark.parametrize("began", [False, True])
def test_what_was_begun_by_hand_in_the_foreground_does_not_come_again(
    store: Store, began: bool, rerun: tuple[str, ...]
) -> None:
    """Somebody sees how it ends. It may even go on, on a host that is cut off from the store."""
    run = store.begin(asked(), "run mail", OTHER)
    if began:
        store.started(run, "run mail", 1, None, NOW)
    assert ids(store.recover(all_are_gone, rerun, NOW)) == [run.id]
    assert store.jobs() == []


def test_an_attempt_that_ended_with_procman_is_not_counted_as_a_retry(store: Store) -> None:
    run = running(store, 1)
    store.finish(run, Ending(Outcome.STOPPED, NOW), NOW)
    (second,) = store.take_due(NOW, ME, NOW, (9, 9))
    store.finish(second, Ending(Outcome.FAILED, NOW), NOW)
    (third,) = store.take_due(NOW, OTHER, NOW, (9, 9))
    store.recover(all_are_gone, {"mail"}, NOW)
    attempts = [second, third, *store.jobs()]
    assert [(run.attempt, run.reruns) for run in attempts] == [(2, 1), (3, 1), (4, 2)]


def test_recovering_twice_is_the_same_as_once(store: Store) -> None:
    claimed(store, 1, owner=OTHER)
    store.recover(all_are_gone, {"mail"}, NOW)
    jobs = store.jobs()
    assert store.recover(all_are_gone, {"mail"}, NOW) == []
    assert store.jobs() == jobs


# claim


def test_a_tick_without_a_row_is_claimed(store: Store) -> None:
    runs = store.claim([tick(1)], ME, NOW)
    expected = Run(
        id=1,
        task="mail",
        command="run mail",
        tick=TICK + 1,
        due=TICK + 1.25,
        created_at=NOW,
        state=State.CLAIMED,
        owner=ME,
    )
    assert runs == [expected]
    assert store.run(1) == expected
    assert store.history(None, 9) == [expected]


def test_a_tick_that_has_a_row_is_left_as_it_is(store: Store) -> None:
    over, theirs = finished(store, 1), claimed(store, 2, owner=OTHER)[0]
    assert store.claim([tick(1), tick(2, outcome=Outcome.MISSED)], ME, NOW + 5) == []
    assert store.history(None, 9) == [theirs, over]


def test_a_tick_that_comes_twice_in_one_claim_is_claimed_once(store: Store) -> None:
    assert ids(store.claim([tick(1), tick(1), tick(2)], ME, NOW)) == [1, 2]


def test_the_same_tick_of_another_task_is_another_tick(store: Store) -> None:
    assert [run.task for run in store.claim([tick(1), tick(1, "other")], ME, NOW)] == ["mail", "other"]


def test_a_tick_with_an_outcome_is_written_as_finished(store: Store) -> None:
    new = store.claim([tick(1, outcome=Outcome.MISSED, reason="5 h late"), tick(2)], ME, NOW)
    assert [run.state for run in new] == [State.FINISHED, State.CLAIMED]
    row = now(store, 1)
    assert new[0] == row
    assert (row.state, row.outcome, row.reason) == (State.FINISHED, Outcome.MISSED, "5 h late")
    assert (row.ended_at, row.owner, row.started_at, row.tick) == (NOW, None, None, TICK + 1)


def test_a_row_that_does_not_say_when_it_was_due_was_due_at_its_tick(store: Store) -> None:
    store.claim([TickRow("mail", TICK, outcome=Outcome.MISSED)], ME, NOW)
    assert now(store, 1).due == TICK


@pytest.mark.parametrize("trigger", [Trigger.SCHEDULE, Trigger.CATCH_UP])
def test_a_claimed_tick_keeps_what_it_is_there_for(store: Store, trigger: Trigger) -> None:
    assert store.claim([tick(1)._replace(trigger=trigger)], ME, NOW)[0].trigger is trigger


def test_claimed_ticks_are_accounted_for(store: Store) -> None:
    store.recall({"mail": "hourly", "other": "hourly"}, TICK)
    store.claim([tick(3), tick(9, outcome=Outcome.MISSED), tick(5)], ME, NOW)
    assert store.states() == {
        "mail": TaskState("mail", "hourly", TICK + 9),
        "other": TaskState("other", "hourly", TICK),
    }


def test_an_older_tick_and_one_of_another_procman_do_not_take_the_account_back(store: Store) -> None:
    store.recall({"mail": "hourly"}, TICK)
    claimed(store, 9, owner=OTHER)
    store.claim([tick(5), tick(9)], ME, NOW)
    assert store.states()["mail"].accounted == TICK + 9


def test_who_comes_late_gets_what_the_others_have_left(store: Store) -> None:
    """A host with another schedule claimed some of the ticks, and one later than most of them."""
    tasks = ("mail", "other", "third")
    store.recall(dict.fromkeys(tasks, "hourly"), TICK)
    theirs = {("mail", 3), ("other", 5), ("mail", 9), ("other", 9)}
    for task, number in theirs:
        assert claimed(store, number, task=task, owner=OTHER)
    all_ = {(task, number) for task in tasks for number in (1, 3, 5, 9, 11)}
    mine = store.claim([tick(number, task) for task, number in sorted(all_)], ME, NOW)
    assert {(run.task, (run.tick or 0) - TICK) for run in mine} == all_ - theirs
    assert len({run.id for run in mine}) == len(all_ - theirs)
    assert store.claim([tick(number, task) for task, number in all_], OTHER, NOW) == []


@pytest.mark.parametrize("store", ["sqlite", "postgres"], indirect=True)
def test_who_comes_too_late_writes_nothing(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All hosts claim the same ticks: what those do that get none keeps waiting the one that does."""
    store.recall({"mail": "hourly", "other": "hourly"}, TICK)
    rows = [tick(9), tick(9, "other")]
    store.claim(rows, OTHER, NOW)
    written: list[object] = []
    for name in ("change_each", "insert_each" if hasattr(store._db, "insert_each") else "rows_of"):
        write = getattr(store._db, name)

        def noted(sql: str, rows: Any, write: Any = write) -> Any:
            written.extend(rows)
            return write(sql, rows)

        monkeypatch.setattr(store._db, name, noted)
    assert store.claim(rows, ME, NOW) == []
    assert written == []
    store.claim([*rows, tick(10)], ME, NOW)
    assert len(written) == 3, "a row, the account, and the past of the task"


PAUSES = {
    "before the pause": (TICK - 1, True),
    "at the very pause": (TICK, True),
    "after the pause": (TICK + 1, False),
    "at the very end of the pause": (TICK + 10, False),
    "after the end of the pause": (TICK + 11, True),
}


@pytest.mark.parametrize(("at", "runs"), PAUSES.values(), ids=list(PAUSES))
def test_a_tick_in_a_pause_is_skipped(store: Store, at: int, runs: bool) -> None:
    store.pause("mail", TICK)
    store.resume("mail", TICK + 10)
    (run,) = store.claim([TickRow("mail", at)], ME, NOW)
    assert (run.outcome is None) is runs
    row = now(store, 1)
    assert (row.outcome, row.reason) == ((None, None) if runs else (Outcome.SKIPPED, "paused"))
    assert store.states()["mail"].accounted == at


@pytest.mark.parametrize("outcome", [None, Outcome.MISSED])
def test_a_tick_of_a_paused_task_is_skipped_whatever_else_would_have_become_of_it(
    store: Store, outcome: Outcome | None
) -> None:
    store.pause("mail", TICK)
    new = store.claim([tick(1, outcome=outcome, reason="late"), tick(1, "other")], ME, NOW)
    assert [run.outcome for run in new] == [Outcome.SKIPPED, None]
    assert (now(store, 1).outcome, now(store, 1).reason) == (Outcome.SKIPPED, "paused")


def test_claiming_nothing_is_nothing(store: Store) -> None:
    assert store.claim([], ME, NOW) == []
    assert store.states() == {}


# open_runs


def test_open_runs_are_those_that_others_have(store: Store) -> None:
    running(store, 1, owner=ME)
    theirs, waiting = running(store, 2, owner=OTHER), claimed(store, 3, 4, owner=OTHER)
    store.move(waiting[0], Event.QUEUE)
    running(store, 1, task="third", owner=OTHER)
    finished(store, 5)
    store.request(asked())
    assert store.open_runs(["mail", "other"], ME) == [theirs, now(store, waiting[0]), waiting[1]]
    assert store.open_runs([], ME) == []


# survey


def test_a_survey_tells_what_was_asked_for_since_a_number_and_the_last_number(store: Store) -> None:
    """Not what began at once in the foreground, and no retries."""
    assert store.survey(Survey(None, NOW, (), 0, 9)) == Surveyed(None, [], [], 0)
    first, second = store.request(asked(NOW + 5))[0], store.request(asked(NOW + 3, "other"))[0]
    store.finish(store.begin(asked(), "run", ME), Ending(Outcome.FAILED, NOW), NOW + 9)
    later = store.request(asked(NOW + 7))[0]
    failed = running(store, 1)
    store.finish(failed, Ending(Outcome.FAILED, NOW), NOW + 9)
    last = store.last_id()
    told = store.survey(Survey(ME, NOW + 3, ("mail",), 0, 9))
    assert (ids(told.asked_for), told.last_id, told.next_due) == ([first, second, later], last, None)
    assert store.survey(Survey(ME, NOW + 2, ("mail",), first, 1)) == Surveyed(
        NOW + 3, [], [now(store, second)], last
    )
    assert store.survey(Survey(ME, NOW + 4, (), last, 9)) == Surveyed(NOW + 5, [], [], last)
    assert store.survey(Survey(None, NOW, (), None, 9)).asked_for == []


# ask_to_stop, and who is asked


def test_who_has_a_run_hears_that_it_is_to_stop_and_why(store: Store) -> None:
    mine, theirs = running(store, 1), claimed(store, 2, 3, owner=OTHER)
    store.move(theirs[1], Event.QUEUE)
    assert to_stop(store, OTHER) == []
    store.ask_to_stop([mine.id, theirs[1].id], "replaced by mail.9")
    store.ask_to_stop([], "nothing")
    assert to_stop(store, ME) == [mine._replace(reason="replaced by mail.9")]
    assert to_stop(store, OTHER) == [now(store, theirs[1])]
    assert now(store, theirs[1]).reason == "replaced by mail.9"


def test_the_first_reason_to_stop_stays_until_the_end_tells_another(store: Store) -> None:
    run = running(store, 1)
    store.ask_to_stop([run.id], "first")
    store.ask_to_stop([run.id], "second")
    assert now(store, run).reason == "first"
    store.finish(run, ENDED)
    assert now(store, run).reason is None
    assert to_stop(store, ME) == []


def test_nobody_is_asked_to_stop_what_nobody_has(store: Store) -> None:
    ended, (number, _) = finished(store, 1), store.request(asked())
    store.ask_to_stop([ended.id, number, 99], "in vain")
    assert now(store, ended) == ended
    assert now(store, number).reason is None


def test_who_gives_a_run_back_need_not_stop_it(store: Store) -> None:
    run = claimed(store, 1)[0]
    store.ask_to_stop([run.id], "replaced by mail.9")
    store.move(run, Event.RELEASE)
    assert now(store, run).reason is None


# take_due and next_due


def test_pending_runs_that_are_due_are_claimed_the_earliest_first(store: Store) -> None:
    for due in (NOW + 0.5, NOW - 3, NOW, NOW - 3):
        store.request(asked(due))
    jobs = store.jobs()
    taken = store.take_due(NOW, ME, NOW - 5, (0, 9))
    assert taken == [run._replace(state=State.CLAIMED, owner=ME) for run in jobs[:3]]
    assert ids(taken) == [2, 4, 3]
    assert [now(store, run) for run in taken] == taken
    assert store.jobs() == jobs[3:]
    assert store.take_due(NOW, OTHER, NOW - 5, (9, 9)) == []


@pytest.mark.parametrize(
    ("late", "fresh", "taken"),
    [(9, 9, [1, 2, 3, 4]), (0, 9, [3, 4]), (9, 0, [1, 2]), (1, 1, [1, 3]), (0, 0, []), (2, 1, [1, 2, 3])],
)
def test_late_and_fresh_runs_are_counted_apart(store: Store, late: int, fresh: int, taken: list[int]) -> None:
    for due in (NOW - 7, NOW - 6, NOW - 5, NOW):
        store.request(asked(due))
    assert ids(store.take_due(NOW, ME, NOW - 5, (late, fresh))) == taken


def test_a_run_is_not_due_before_its_time_however_late_is_defined(store: Store) -> None:
    store.request(asked(NOW + 1))
    assert store.take_due(NOW, ME, NOW + 5, (9, 9)) == []


def test_pending_runs_of_paused_tasks_stay(store: Store) -> None:
    store.request(asked(NOW - 10))
    number, _ = store.request(asked(NOW - 9, task="other"))
    store.pause("mail", NOW - 20)
    assert ids(store.take_due(NOW, ME, NOW - 5, (1, 1))) == [number]
    store.resume("mail", NOW)
    assert ids(store.take_due(NOW, ME, NOW - 5, (1, 1))) == [1]


def test_pending_runs_of_tasks_that_nobody_wants_stay(store: Store) -> None:
    names = ["mail", "é 'quoted\"", "third"]
    for due, task in enumerate(names, start=1):
        store.request(asked(NOW + due, task))
    run = claimed(store, 1)[0]
    store.move(run, Event.RELEASE)
    assert next_due(store, NOW, *names) is None
    assert next_due(store, NOW, *names[:2]) == NOW + 3
    assert ids(store.take_due(NOW + 9, ME, NOW, (9, 9), Limits.without(names))) == []
    assert ids(store.take_due(NOW + 9, ME, NOW, (9, 9), Limits.without(names[:2]))) == [3]
    assert ids(store.take_due(NOW + 9, ME, NOW, (9, 9))) == [run.id, 1, 2]


def test_no_more_are_taken_than_may_be_there_at_once_also_elsewhere(store: Store) -> None:
    running(store, 1, owner=OTHER)
    store.move(claimed(store, 2, owner=OTHER)[0], Event.QUEUE)  # which is not there yet
    for due, task in enumerate(["mail"] * 4 + ["other"] * 3, start=1):
        store.request(asked(NOW + due, task))
    limits = Limits(jobs={"mail": 3, "third": 1})
    assert ids(store.take_due(NOW + 9, ME, NOW, (9, 9), limits)) == [3, 4, 7, 8, 9]
    assert store.take_due(NOW + 9, ME, NOW, (9, 9), limits) == []
    store.finish(now(store, 1), ENDED)
    assert ids(store.take_due(NOW + 9, OTHER, NOW, (9, 9), limits)) == [5]


def test_what_has_no_place_takes_nobodys_place(store: Store) -> None:
    for due, task in enumerate(["mail"] * 5 + ["third"] * 5 + ["other"] * 5):
        store.request(asked(NOW + due, task))
    limits = Limits(jobs={"mail": 1, "third": 2})
    assert ids(store.take_due(NOW + 99, ME, NOW, (0, 5), limits)) == [1, 6, 7, 11, 12]


def test_ticks_have_a_limit_of_their_own_and_are_there_like_all_others(store: Store) -> None:
    for run in claimed(store, 1, 2, 3):
        store.move(run, Event.RELEASE)
    store.request(asked())
    assert ids(store.take_due(NOW + 9, ME, NOW, (9, 9), Limits({"mail": 2}, {"mail": 2}))) == [1, 2]
    assert ids(store.take_due(NOW + 9, ME, NOW, (9, 9), Limits({"mail": 2}))) == [3]
    assert ids(store.take_due(NOW + 9, ME, NOW, (9, 9), Limits({"mail": 4}))) == [4]


def test_the_next_due_is_the_earliest_after_an_instant(store: Store) -> None:
    for due in (NOW + 5, NOW, NOW + 3):
        store.request(asked(due))
    assert [next_due(store, after) for after in (NOW - 1, NOW, NOW + 3, NOW + 5)] == [
        NOW,
        NOW + 3,
        NOW + 5,
        None,
    ]


def test_the_next_due_is_of_tasks_that_are_not_paused_and_of_runs_that_are_pending(store: Store) -> None:
    for due, task in ((NOW + 1, "mail"), (NOW + 2, "other"), (NOW + 3, "other")):
        store.request(asked(due, task))
    store.pause("mail", NOW)
    assert next_due(store, NOW) == NOW + 2
    store.cancel(2, NOW)
    assert next_due(store, NOW) == NOW + 3


# move, started, finish, cancel: as the table of transitions says

LOST = Ending(Outcome.LOST, NOW, output=b"x")
EVENTS: dict[Event, Callable[[Store, int], object]] = {
    Event.CLAIM: lambda store, run: store.take_due(NOW + 99, OTHER, NOW, (9, 9)),
    Event.QUEUE: lambda store, run: store.move(now(store, run), Event.QUEUE),
    Event.CALL: lambda store, run: store.move(now(store, run), Event.CALL),
    Event.RELEASE: lambda store, run: store.move(now(store, run), Event.RELEASE),
    Event.START: lambda store, run: store.started(now(store, run), "x", 1, None, NOW),
    Event.FINISH: lambda store, run: store.finish(now(store, run), LOST, NOW),
    Event.CANCEL: lambda store, run: store.cancel(run, NOW),
}
PATHS: dict[State, tuple[Event, ...]] = {
    State.CLAIMED: (),
    State.QUEUED: (Event.QUEUE,),
    State.PENDING: (Event.RELEASE,),
    State.RUNNING: (Event.START,),
    State.FINISHED: (Event.START, Event.FINISH),
}


@pytest.mark.parametrize(("state", "event"), transitions.TABLE)
def test_a_run_goes_where_the_table_says_and_else_stays_as_it_is(
    store: Store, state: State, event: Event
) -> None:
    number = claimed(store, 1)[0].id
    for step in PATHS[state]:
        EVENTS[step](store, number)
    before = now(store, number)
    assert before.state is state
    known = store.last_id(), store.output(number), store.summaries()
    EVENTS[event](store, number)
    after = transitions.TABLE[state, event]
    if after:
        assert now(store, number).state is after
    else:
        assert now(store, number) == before
        assert (store.last_id(), store.output(number), store.summaries()) == known


def test_a_claimed_run_waits_in_the_queue_of_its_owner_and_comes_back(store: Store) -> None:
    run = claimed(store, 1)[0]
    store.move(run, Event.QUEUE)
    assert now(store, run) == run._replace(state=State.QUEUED)
    store.move(run, Event.CALL)
    assert now(store, run) == run


@pytest.mark.parametrize("queued", [False, True])
def test_a_run_that_becomes_pending_belongs_to_nobody(store: Store, queued: bool) -> None:
    run = claimed(store, 1)[0]
    if queued:
        store.move(run, Event.QUEUE)
    store.move(run, Event.RELEASE)
    assert store.jobs() == [run._replace(state=State.PENDING, owner=None)]
    assert store.take_due(NOW + 9, OTHER, NOW, (0, 1)) == [run._replace(owner=OTHER)]


@pytest.mark.parametrize("event", [Event.QUEUE, Event.RELEASE, Event.CALL])
def test_what_has_begun_is_over_or_belongs_to_nobody_is_not_moved(store: Store, event: Event) -> None:
    store.request(asked())
    runs = [now(store, 1), running(store, 1), finished(store, 2)]
    for run in runs:
        store.move(run, event)
    assert [now(store, run) for run in runs] == runs
    store.move(Run(99, "mail"), event)


def test_a_run_that_has_a_child_is_running(store: Store) -> None:
    run = claimed(store, 1)[0]
    store.started(run, "run mail --now", 4711, "4711:5:boot", NOW + 1)
    assert now(store, run) == run._replace(
        state=State.RUNNING, command="run mail --now", pid=4711, identity="4711:5:boot", started_at=NOW + 1
    )


def test_what_is_over_or_belongs_to_nobody_is_not_started(store: Store) -> None:
    store.request(asked())
    runs = [now(store, 1), finished(store, 1)]
    for run in runs:
        store.started(run, "x", 1, None, NOW)
    assert [now(store, run) for run in runs] == runs
    store.started(Run(99, "mail"), "x", 1, None, NOW)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_finished_run_has_its_ending(store: Store, outcome: Outcome) -> None:
    run = running(store, 1)
    store.finish(run, Ending(outcome, NOW + 3, -9, "why", b"head\xfftail", 5_000_000_000, True, 1 << 40, 2.5))
    assert now(store, run) == run._replace(
        state=State.FINISHED,
        outcome=outcome,
        ended_at=NOW + 3,
        code=-9,
        reason="why",
        output_bytes=5_000_000_000,
        truncated=True,
        max_rss_bytes=1 << 40,
        cpu_s=2.5,
    )
    assert store.output(run.id) == b"head\xfftail"
    assert store.jobs() == []


@pytest.mark.parametrize("output", [None, b"", b"\0\xff\n", b"x" * (1 << 20)])
def test_output_is_given_as_it_was_kept(store: Store, output: bytes | None) -> None:
    run = claimed(store, 1)[0]
    store.finish(run, ENDED._replace(output=output))
    assert store.output(run.id) == output
    assert store.output(99) is None


def test_a_run_is_finished_once(store: Store) -> None:
    run = claimed(store, 1)[0]
    store.finish(run, ENDED._replace(output=b"first"), NOW + 60)
    jobs, first = store.jobs(), now(store, run)
    store.finish(run, Ending(Outcome.FAILED, NOW + 9, output=b"second"), NOW + 70)
    assert (store.jobs(), now(store, run), store.output(run.id)) == (jobs, first, b"first")
    store.finish(Run(99, "mail"), ENDED, NOW)
    assert store.jobs() == jobs


def test_of_many_runs_it_is_told_at_once_what_has_become_of_them(store: Store) -> None:
    """In the order in which it happened; each gives what it would have given alone."""
    short, failing, over = claimed(store, 1, 2, 3)
    late = running(store, 4)
    other = claimed(store, 5, task="other")[0]
    store.finish(over, ENDED)
    failed = Ending(Outcome.FAILED, NOW + 5, 1, output=b"oh")
    news: list[Start | Finish] = [
        Start(short, "run", 7, "7:1:boot", NOW + 1),
        Finish(late, Ending(Outcome.OK, NOW + 2)),
        Start(failing, "run", 8, None, NOW + 1),
        Finish(short, ENDED),
        Finish(over, failed),
        Finish(Run(99, "mail"), failed),
        Finish(failing, failed, NOW + 60),
        Finish(failing, ENDED),
        Start(other, "run", 9, None, NOW + 6),
    ]
    gave = store.tell(news)
    closed = [run and (run.id, run.outcome, run.pid, run.started_at) for run in gave]
    assert closed == [
        None,
        (late.id, Outcome.OK, late.pid, late.started_at),
        None,
        (short.id, Outcome.OK, 7, NOW + 1),
        None,
        None,
        (failing.id, Outcome.FAILED, 8, NOW + 1),
        None,
        None,
    ]
    assert [run for run in gave if run] == [now(store, run) for run in (late, short, failing)]
    assert (now(store, over).outcome, now(store, other).state) == (Outcome.OK, State.RUNNING)
    assert store.output(failing.id) == b"oh"
    assert [(run.task, run.attempt, run.due) for run in store.jobs()] == [("mail", 2, NOW + 60)]
    assert store.summaries()["mail"] == Summary("mail", TICK + 4, Outcome.FAILED, NOW + 3)
    assert store.tell([]) == []


@pytest.mark.parametrize("event", [None, Event.CLAIM, Event.START])
def test_what_is_told_of_another_run_that_had_its_number_changes_nothing(
    store: Store, event: Event | None
) -> None:
    """In a store that was set back, as one from a backup is: what was asked for then is not forgotten."""
    store.request(asked())
    for step in {None: (), Event.CLAIM: (Event.CLAIM,)}.get(event, (Event.CLAIM, Event.START)):
        EVENTS[step](store, 1)
    before = now(store, 1)
    for other in (before._replace(task="other"), before._replace(created_at=before.created_at - 1e-3)):
        assert store.finish(other, ENDED._replace(output=b"x"), NOW + 30) is None
        store.started(other, "x", 1, None, NOW)
        for each in (Event.QUEUE, Event.CALL, Event.RELEASE):
            store.move(other, each)
    assert (now(store, 1), store.output(1), store.last_id()) == (before, None, 1)
    assert store.finish(before, ENDED)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("code", [0, 3])
def test_an_end_that_is_told_when_others_have_taken_the_run_for_lost_is_noted_once(
    store: Store, code: int, at_once: bool
) -> None:
    run = running(store, 1)
    assert store.recover(all_are_gone, {"mail"}, NOW + 9)
    ok, failed = Ending(Outcome.OK, NOW + 20), Ending(Outcome.FAILED, NOW + 20, 3, "it hurt")
    ends = [Finish(run, ending, NOW + 30) for ending in (failed if code else ok, ok, failed)]
    told = store.tell(ends) if at_once else [store.finish(*each) for each in ends]
    assert told == [None, None, None]
    late = now(store, run)
    assert (late.outcome, late.ended_at, late.code) == (Outcome.LOST, NOW + 9, None)
    late_words = "procman was killed while it ran, or so it seemed: it told later that this had ended: "
    assert late.reason == late_words + ("failed (it hurt)" if code else "ok")
    assert len(store.jobs()) == 1
    assert store.output(run.id) is None


@pytest.mark.parametrize("event", [Event.CALL, Event.QUEUE, Event.RELEASE])
def test_a_run_that_never_began_can_be_finished(store: Store, event: Event) -> None:
    run = claimed(store, 1)[0]
    store.move(run, event)
    store.finish(run, Ending(Outcome.SKIPPED, NOW, reason="mail.7 is still running"))
    assert now(store, run).outcome is Outcome.SKIPPED
    assert store.jobs() == []


def test_the_next_attempt_is_the_same_again(store: Store) -> None:
    store.request(asked(args=("a b", ""), key="k"))
    first = store.take_due(NOW, ME, NOW, (0, 1))[0]
    store.finish(first, Ending(Outcome.FAILED, NOW + 3, code=1), NOW + 60)
    again = Run(
        id=2,
        task="mail",
        args=("a b", ""),
        trigger=Trigger.RETRY,
        due=NOW + 60,
        attempt=2,
        created_at=NOW + 3,
    )
    assert store.jobs() == [again]
    assert store.request(asked(key="k")) == (first.id, False)


def test_every_attempt_at_a_tick_has_a_row(store: Store) -> None:
    run = claimed(store, 1)[0]
    for attempt in (2, 3):
        store.finish(run, Ending(Outcome.FAILED, NOW), NOW + attempt)
        run = store.take_due(NOW + attempt, ME, NOW, (0, 1))[0]
        assert (run.attempt, run.tick, run.trigger) == (attempt, TICK + 1, Trigger.RETRY)
    assert claimed(store, 1) == []


# prune


@pytest.mark.parametrize(
    ("keep", "before", "most", "left"),
    [
        (5, NOW, 9, [5, 4, 3, 2, 1]),
        (3, NOW, 9, [5, 4, 3]),
        (0, NOW, 9, []),
        (9, NOW + 3, 9, [5, 4, 3]),
        (9, NOW + 9, 9, []),
        (4, NOW + 3, 9, [5, 4, 3]),
        (2, NOW, 2, [5, 4, 3]),
        (2, NOW, 0, [5, 4, 3, 2, 1]),
    ],
)
def test_old_runs_are_deleted_the_oldest_first(
    store: Store, keep: int, before: float, most: int, left: list[int]
) -> None:
    for number in range(1, 6):
        finished(store, number)
    assert store.prune("mail", keep, before, most) == 5 - len(left)
    assert ids(store.history(Query("mail"), 9)) == left


def test_a_run_that_ended_long_ago_is_deleted_though_it_is_not_the_oldest(store: Store) -> None:
    runs = claimed(store, 1, 2)
    for run, at in zip(runs, (NOW + 9, NOW), strict=True):
        store.finish(run, Ending(Outcome.OK, at))
    assert store.prune("mail", 9, NOW + 5, 9) == 1
    assert ids(store.history(None, 9)) == [runs[0].id]


def test_only_finished_runs_of_the_task_are_deleted(store: Store) -> None:
    gone, other = finished(store, 1), finished(store, 1, task="other")
    store.request(asked())
    kept = [now(store, 3), running(store, 2), claimed(store, 3)[0], other]
    queued = claimed(store, 4)[0]
    store.move(queued, Event.QUEUE)
    assert store.prune("mail", 0, NOW + 99, 99) == 1
    assert store.run(gone.id) is None
    assert [now(store, run) for run in kept] == kept
    assert now(store, queued).state is State.QUEUED


def test_output_goes_with_its_run(store: Store) -> None:
    run = claimed(store, 1)[0]
    store.finish(run, ENDED._replace(output=b"x"))
    store.prune("mail", 0, NOW, 9)
    assert store.output(run.id) is None


def test_ids_are_not_used_again(store: Store) -> None:
    for number in (1, 2):
        finished(store, number)
    store.prune("mail", 0, NOW, 9)
    assert store.last_id() == 2
    assert store.request(asked()) == (3, True)


def test_a_tick_whose_row_was_deleted_does_not_run_again(store: Store) -> None:
    for number in (1, 2, 3):
        finished(store, number)
    store.prune("mail", 1, NOW, 9)
    assert store.claim([tick(1), tick(2), tick(3)], OTHER, NOW) == []
    assert ids(claimed(store, 4)) == [4]


def test_how_long_runs_of_other_tasks_are_kept_is_known_from_last_time(store: Store) -> None:
    for task in ("mail", "other", "third"):
        finished(store, 1, task=task)
    store.request(asked(task="asked only"))
    assert store.retain({"mail": Retention(5, 60.0), "other": Retention(6, 70.0)}) == {"third": Retention()}
    assert store.retain({"third": Retention(7, 80.0), "other": Retention(8, 90.0)}) == {
        "mail": Retention(5, 60.0)
    }
    assert store.retain({}) == {
        "mail": Retention(5, 60.0),
        "other": Retention(8, 90.0),
        "third": Retention(7, 80.0),
    }


# ask, begin, jobs, cancel


def test_what_is_asked_for_is_pending(store: Store) -> None:
    number, new = store.request(Request("mail", ("a", "b c"), Trigger.DELAYED, NOW + 60, NOW, "k"))
    expected = Run(
        id=1,
        task="mail",
        args=("a", "b c"),
        trigger=Trigger.DELAYED,
        due=NOW + 60,
        key="k",
        created_at=NOW,
    )
    assert (number, new) == (1, True)
    assert store.run(1) == expected
    assert store.jobs() == [expected]
    assert store.history(None, 9) == []


WORDS = [(), ("",), ("", ""), ("a\nb",), ("\\n", "\\"), ("\udcff\udc80",), ("é😀",), ("a\0b\x85\u2028\r",)]


@pytest.mark.parametrize("args", WORDS)
def test_arguments_are_kept_as_they_are(store: Store, args: tuple[str, ...]) -> None:
    store.request(asked(args=args))
    assert store.jobs()[0].args == args


@pytest.mark.parametrize("state", [State.PENDING, State.CLAIMED, State.RUNNING, State.FINISHED])
def test_who_asks_with_a_key_that_is_known_gets_the_run_that_has_it(store: Store, state: State) -> None:
    store.request(asked(key="k"))
    if state is not State.PENDING:
        store.take_due(NOW, ME, NOW, (0, 1))
    if state in (State.RUNNING, State.FINISHED):
        store.started(now(store, 1), "x", 1, None, NOW)
    if state is State.FINISHED:
        store.finish(now(store, 1), Ending(Outcome.FAILED, NOW))
    assert now(store, 1).state is state
    assert store.request(asked(NOW + 60, key="k", args=("other",))) == (1, False)
    assert store.last_id() == 1


@pytest.mark.parametrize("again", [asked(task="other", key="k"), asked(key="K"), asked(key=""), asked()])
def test_another_key_or_task_or_none_is_another_run(store: Store, again: Request) -> None:
    store.request(asked(key="k"))
    assert store.request(again) == (2, True)


def test_without_a_key_each_is_a_new_run(store: Store) -> None:
    assert [store.request(asked()) for _ in range(3)] == [(1, True), (2, True), (3, True)]


def test_a_key_is_free_again_when_its_run_was_canceled(store: Store) -> None:
    store.request(asked(key="k"))
    store.request(asked(key="other"))
    store.cancel(1, NOW)
    assert store.request(asked(key="k")) == (3, True)
    assert not store.cancel(1, NOW)
    assert store.request(asked(key="k")) == (3, False)
    assert store.request(asked(key="other")) == (2, False)


def test_a_key_is_known_when_the_row_of_its_run_is_deleted(store: Store) -> None:
    store.request(asked(key="k"))
    store.finish(now(store, 1), ENDED)
    assert store.prune("mail", 0, NOW, 9) == 1
    assert store.run(1) is None
    assert store.request(asked(key="k")) == (1, False)
    assert store.last_id() == 1


# prune_keys


def test_keys_are_forgotten_when_they_are_old_and_their_runs_are_over(store: Store) -> None:
    for number in range(4):
        store.request(asked(NOW + number, key=f"k{number}"))
    store.request(asked(NOW, "other", key="k0"))
    store.finish(now(store, 1), ENDED)
    store.finish(now(store, 3), ENDED)
    store.prune("mail", 0, NOW + 99, 1)
    assert store.prune_keys("mail", NOW, 9) == 0
    assert store.prune_keys("mail", NOW + 3, 9) == 2
    again = [store.request(asked(NOW, key=f"k{number}")) for number in range(4)]
    assert again == [(6, True), (2, False), (7, True), (4, False)]
    assert store.request(asked(NOW, "other", key="k0")) == (5, False)


def test_a_key_is_as_old_as_the_request_when_its_time_was_past(store: Store) -> None:
    store.request(asked(NOW - 1000, key="k"))
    store.finish(now(store, 1), ENDED)
    assert store.prune_keys("mail", NOW - 100, 9) == 0
    assert store.prune_keys("mail", NOW - 99, 9) == 1


def test_at_most_so_many_keys_are_forgotten_at_once_the_oldest_first(store: Store) -> None:
    for number in (3, 1, 2):
        run, _ = store.request(asked(NOW + number, key=str(number)))
        store.finish(now(store, run), ENDED)
    assert store.prune_keys("mail", NOW + 9, 2) == 2
    assert store.request(asked(key="3")) == (1, False)
    assert store.prune_keys("mail", NOW + 9, 2) == 1
    assert store.prune_keys("mail", NOW + 9, 2) == 0


@pytest.mark.parametrize("state", [State.PENDING, State.CLAIMED, State.RUNNING])
def test_a_key_stays_as_long_as_its_run_is_to_come_or_there(store: Store, state: State) -> None:
    store.request(asked(key="k"))
    if state is not State.PENDING:
        store.take_due(NOW, ME, NOW, (0, 1))
    if state is State.RUNNING:
        store.started(now(store, 1), "x", 1, None, NOW)
    assert now(store, 1).state is state
    assert store.prune_keys("mail", NOW + 1e9, 9) == 0
    assert store.request(asked(key="k")) == (1, False)


def test_a_run_in_the_foreground_begins_claimed(store: Store) -> None:
    run = store.begin(asked(args=("a",)), "run mail a", ME)
    assert run == now(store, 1)
    assert (run.state, run.owner, run.command, run.args) == (State.CLAIMED, ME, "run mail a", ("a",))
    assert (run.trigger, run.tick, run.due) == (Trigger.MANUAL, None, None)
    assert store.take_due(NOW, OTHER, NOW, (9, 9)) == []


def test_a_run_in_the_foreground_has_no_key_for_it_may_be_begun_again(store: Store) -> None:
    store.request(asked(key="k"))
    assert [store.begin(asked(key="k"), "x", ME).key for _ in range(2)] == [None, None]
    assert store.request(asked(key="k")) == (1, False)


def test_jobs_are_the_pending_runs_the_earliest_due_first(store: Store) -> None:
    for due in (NOW + 5, NOW, NOW + 5, NOW - 9):
        store.request(asked(due))
    claimed(store, 1)
    finished(store, 2)
    assert ids(store.jobs()) == [4, 2, 1, 3]
    assert ids(store.jobs(2)) == [4, 2]
    assert store.jobs(0) == []
    assert (store.count_jobs(), store.count_jobs(3), store.count_jobs(9)) == (4, 3, 4)


def test_a_pending_run_can_be_canceled_once(store: Store) -> None:
    store.request(asked())
    run = now(store, 1)
    assert store.cancel(1, NOW + 1)
    assert now(store, 1) == run._replace(state=State.FINISHED, outcome=Outcome.CANCELED, ended_at=NOW + 1)
    assert not store.cancel(1, NOW + 2)
    assert store.jobs() == []


def test_what_is_not_pending_is_not_canceled(store: Store) -> None:
    runs = [claimed(store, 1)[0], running(store, 2), finished(store, 3)]
    assert not any(store.cancel(run.id, NOW) for run in runs)
    assert not store.cancel(99, NOW)
    assert [now(store, run) for run in runs] == runs


# pause, resume


def test_a_task_is_paused_until_it_is_resumed(store: Store) -> None:
    assert not store.resume("mail", NOW)
    assert store.pause("mail", NOW)
    assert not store.pause("mail", NOW + 1)
    assert store.states() == {"mail": TaskState("mail", paused_at=NOW)}
    assert store.resume("mail", NOW + 2)
    assert not store.resume("mail", NOW + 3)
    assert store.states()["mail"].resumed_at == NOW + 2
    assert store.pause("mail", NOW + 4)
    assert store.states() == {"mail": TaskState("mail", paused_at=NOW + 4)}


def test_a_pause_that_ends_at_once_is_over(store: Store) -> None:
    store.request(asked())
    store.pause("mail", NOW)
    store.resume("mail", NOW)
    assert not store.states()["mail"].paused
    assert next_due(store, NOW - 1) == NOW
    assert ids(store.take_due(NOW, ME, NOW, (9, 9))) == [1]


def test_pause_and_resume_do_what_they_say_though_the_clock_is_set_back(store: Store) -> None:
    store.pause("mail", NOW)
    assert store.resume("mail", NOW - 100)
    assert not store.states()["mail"].paused
    assert store.pause("mail", NOW - 50)
    assert store.states()["mail"].paused


# history, run, output


def test_history_is_of_runs_that_are_not_pending_the_newest_first(store: Store) -> None:
    finished(store, 1)
    store.request(asked())
    running(store, 2)
    claimed(store, 3)
    store.move(claimed(store, 4)[0], Event.QUEUE)
    finished(store, 1, task="other")
    assert ids(store.history()) == [5, 4, 6, 3, 1]
    assert ids(store.history(Query("mail"))) == [5, 4, 3, 1]
    assert ids(store.history(Query("mail"), 2)) == [5, 4]
    assert ids(store.history(limit=3)) == [5, 4, 6]
    assert store.history(Query("third"), 9) == []
    assert store.history(None, 0) == []


def test_runs_stand_by_when_they_ended_or_began_whatever_their_number(store: Store) -> None:
    """Asked for first, run last; and what began before and still runs."""
    store.request(asked(NOW + 50))
    long, short = claimed(store, 1, 2)
    store.started(long, "x", 1, None, NOW + 3)
    store.finish(short, Ending(Outcome.OK, NOW + 9))
    store.take_due(NOW + 50, ME, NOW, (0, 1))
    assert ids(store.history()) == [1, short.id, long.id]
    store.started(now(store, 1), "x", 1, None, NOW + 51)
    assert ids(store.history()) == [1, short.id, long.id]
    store.finish(now(store, 1), Ending(Outcome.FAILED, NOW + 52))
    assert store.summaries()["mail"] == Summary("mail", TICK + 2, Outcome.FAILED, NOW + 9)
    store.finish(long, Ending(Outcome.OK, NOW + 60))
    assert ids(store.history()) == [long.id, 1, short.id]
    assert store.summaries()["mail"] == Summary("mail", TICK + 2, Outcome.OK, NOW + 60)
    assert store.prune("mail", 2, 0, 9) == 1
    assert ids(store.history()) == [long.id, 1]


@pytest.mark.parametrize("outcome", [Outcome.MISSED, Outcome.SKIPPED])
def test_a_tick_that_never_ran_stands_where_it_was_due(store: Store, outcome: Outcome) -> None:
    before, after = finished(store, 1), finished(store, 10)
    store.claim([tick(5, outcome=outcome)], ME, NOW + 99)
    assert ids(store.history()) == [after.id, 3, before.id]
    assert store.prune("mail", 9, NOW + 6, 9) == 2
    assert ids(store.history()) == [after.id]


def test_a_canceled_run_stands_where_it_was_canceled(store: Store) -> None:
    before, after = finished(store, 1), finished(store, 10)
    for due in (NOW - 1000, NOW + 1000):
        number, _ = store.request(asked(due))
        store.cancel(number, NOW + 5)
    assert ids(store.history()) == [after.id, 4, 3, before.id]


def test_of_runs_at_the_same_time_the_higher_number_is_newer(store: Store) -> None:
    runs = claimed(store, 1, 2, 3)
    for run, outcome in zip(
        (runs[1], runs[2], runs[0]), (Outcome.OK, Outcome.FAILED, Outcome.OK), strict=True
    ):
        store.finish(run, Ending(outcome, NOW + 9))
    assert ids(store.history()) == [3, 2, 1]
    assert store.summaries()["mail"].last_outcome is Outcome.FAILED
    assert store.prune("mail", 1, 0, 9) == 2
    assert ids(store.history()) == [3]


def some_runs(store: Store) -> None:
    """One of each kind, the n-th at `NOW` + n seconds."""
    for number, outcome in enumerate((Outcome.OK, Outcome.FAILED, Outcome.LOST), start=1):
        run = running(store, number)
        store.finish(
            run, Ending(outcome, NOW + number, reason=f"reason {number}", output=b"caf\xc3\xa9 \xff")
        )
    store.request(asked(NOW + 4, "other", "key", ('a "b"', "\u00e9\n")))
    store.take_due(NOW + 4, ME, NOW, (0, 1))
    run = claimed(store, 5, task="other")[0]
    store.started(run, "run it 'now'", 7, None, NOW + 5)
    store.request(asked(NOW + 6))


QUERIES: dict[str, tuple[Query, list[int]]] = {
    "all": (Query(), [5, 4, 3, 2, 1]),
    "task": (Query("other"), [5, 4]),
    "outcome": (Query(outcomes=(Outcome.FAILED,)), [2]),
    "outcomes": (Query(outcomes=(Outcome.LOST, Outcome.OK)), [3, 1]),
    "not ended": (Query(outcomes=(None,)), [5, 4]),
    "no outcome": (Query(outcomes=()), []),
    "since": (Query(since=NOW + 3), [5, 4, 3]),
    "until": (Query(until=NOW + 3), [2, 1]),
    "since and until": (Query(since=NOW + 2, until=NOW + 5), [4, 3, 2]),
    "command": (Query(text="it 'now"), [5]),
    "argument": (Query(text='"b"'), [4]),
    "argument with a newline": (Query(text="\u00e9\n"), [4]),
    "no text across arguments": (Query(text='", "'), []),
    "key": (Query(text="ke"), [4]),
    "reason": (Query(text="reason 2"), [2]),
    "output": (Query(text="f\u00e9"), [3, 2, 1]),
    "case": (Query(text="REASON"), []),
    "percent": (Query(text="%"), []),
    "empty text": (Query(text=""), [5, 4, 3, 2, 1]),
    "before": (Query(before=(NOW + 3, 3)), [2, 1]),
    "before, at the same time": (Query(before=(NOW + 3, 4)), [3, 2, 1]),
    "all of them": (
        Query("mail", (Outcome.OK, Outcome.FAILED), NOW, NOW + 9, "reason", (NOW + 2, 2)),
        [1],
    ),
}


@pytest.mark.parametrize(("query", "found"), QUERIES.values(), ids=list(QUERIES))
def test_a_query_finds_the_runs_for_which_all_holds(store: Store, query: Query, found: list[int]) -> None:
    some_runs(store)
    assert ids(store.history(query)) == found
    assert ids(store.history(query, 2)) == found[:2]
    assert store.count(query) == len(found)
    assert store.count(query, 2) == len(found[:2])


ODD = ["\\u0000", "\\\\u0000", "\\udcff", "\\\udcff", "\udcff\udcff", "\\\\\\ud83d\ude00", "😀"]


@pytest.mark.parametrize("odd", ODD)
def test_text_is_found_beside_whatever_else_an_argument_has(store: Store, odd: str) -> None:
    store.request(asked(args=(odd, f"{odd} here {odd}")))
    store.take_due(NOW, ME, NOW, (0, 1))
    assert ids(store.history(Query(text=" here "))) == [1]
    assert store.history(Query(text="there")) == []


def test_page_by_page_every_run_comes_once(store: Store) -> None:
    some_runs(store)
    found: list[Run] = []
    query = Query()
    while page := store.history(query, 2):
        found += page
        query = query._replace(before=page[-1].place)
    assert found == store.history()


def test_there_is_no_run_of_an_unknown_number(store: Store) -> None:
    assert store.run(1) is None
    assert store.run(-1) is None


# summaries


def test_a_task_without_finished_runs_has_no_summary(store: Store) -> None:
    store.recall({"mail": "hourly"}, TICK)
    running(store, 1)
    store.request(asked())
    assert store.summaries() == {}


def test_a_summary_tells_the_newest_tick_how_the_newest_run_ended_and_the_last_success(store: Store) -> None:
    finished(store, 1)
    finished(store, 2, Outcome.FAILED)
    running(store, 3)
    finished(store, 7, Outcome.TIMED_OUT, task="other")
    assert store.summaries() == {
        "mail": Summary("mail", TICK + 3, Outcome.FAILED, NOW + 1),
        "other": Summary("other", TICK + 7, Outcome.TIMED_OUT, None),
    }


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.MISSED, Outcome.CANCELED])
def test_what_never_ran_has_a_say_only_as_long_as_nothing_did(store: Store, outcome: Outcome) -> None:
    store.claim([tick(1, outcome=Outcome.MISSED), tick(2, outcome=outcome)], ME, NOW)
    assert store.summaries()["mail"] == Summary("mail", TICK + 2, outcome, None)
    finished(store, 3, Outcome.STOPPED)
    store.claim([tick(4, outcome=outcome)], ME, NOW)
    store.finish(claimed(store, 5)[0], Ending(outcome, NOW))
    assert store.summaries()["mail"] == Summary("mail", TICK + 5, Outcome.STOPPED, None)


def test_a_canceled_run_is_in_the_summary(store: Store) -> None:
    store.request(asked())
    store.cancel(1, NOW)
    assert store.summaries() == {"mail": Summary("mail", None, Outcome.CANCELED, None)}


def test_the_newest_run_is_the_one_that_ended_last_whatever_its_number(store: Store) -> None:
    first, second = claimed(store, 1, 2)
    store.finish(second, Ending(Outcome.OK, NOW + 1))
    store.finish(first, Ending(Outcome.FAILED, NOW + 9))
    assert store.summaries()["mail"] == Summary("mail", TICK + 2, Outcome.FAILED, NOW + 1)


def test_what_is_written_late_of_an_older_run_is_not_the_newest(store: Store) -> None:
    first, second, third = claimed(store, 1, 2, 3)
    store.finish(second, Ending(Outcome.OK, NOW + 9))
    store.finish(third, Ending(Outcome.OK, NOW + 3))
    store.finish(first, Ending(Outcome.FAILED, NOW + 1))
    assert store.summaries()["mail"] == Summary("mail", TICK + 3, Outcome.OK, NOW + 9)


def test_what_a_clock_that_was_ahead_wrote_hides_nothing_for_longer(store: Store) -> None:
    ahead = finished(store, 10**6)
    store.prune("mail", 0, NOW, 9)
    assert store.claim([tick(10)], ME, NOW + 10) == []
    store.recall({"mail": "hourly"}, TICK + 10)
    now_ = TICK + 11
    assert store.summaries()["mail"] == Summary("mail", now_, Outcome.OK, now_)
    run = claimed(store, 12)[0]
    assert run.id > ahead.id
    store.finish(run, Ending(Outcome.FAILED, NOW + 13))
    assert store.summaries()["mail"] == Summary("mail", TICK + 12, Outcome.FAILED, now_)


def test_lost_runs_are_in_the_summary(store: Store) -> None:
    claimed(store, 1, owner=OTHER)
    store.recover(all_are_gone, (), NOW)
    assert store.summaries() == {"mail": Summary("mail", TICK + 1, Outcome.LOST, None)}


def test_a_summary_outlives_the_runs(store: Store) -> None:
    finished(store, 1)
    finished(store, 2, Outcome.FAILED)
    summaries = store.summaries()
    store.prune("mail", 0, NOW, 9)
    assert store.summaries() == summaries


# last_id


def test_the_last_id_is_the_highest_that_was_given(store: Store) -> None:
    assert store.last_id() == 0
    claimed(store, 1, 2)
    assert store.last_id() == 2
    store.request(asked())
    assert store.last_id() == 3
