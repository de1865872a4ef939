"""What the scheduler does as time passes, replayed without processes, clocks or files."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from signal import SIGKILL, SIGTERM
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from procman.core.schedule.schedule import parse
from procman.core.tasks.run import Outcome, Request, State, Trigger
from procman.engine.scheduler import Scheduler
from procman.errors import StoreError
from procman.testing.memory import MemoryStore
from tests.engine.timetable import NOON, Options, Timetable, days

if TYPE_CHECKING:
    from procman.core.messages import Spawned
    from procman.core.plan.plan import ProcessPlan
    from procman.engine.store import Store

EVERY_10 = """
remind:
  command: run
  schedule: every 10 minutes
"""

NEXT = "1 task, next: remind at 12:10"
"""What is told at the beginning."""


def with_(**keys: object) -> str:
    return EVERY_10 + "".join(f"  {key}: {value}\n" for key, value in keys.items())


# Ticks


def test_a_tick_becomes_a_run_with_its_row() -> None:
    table = Timetable(EVERY_10).start().at(25)
    assert table.rows() == ["remind 10:00 ok", "remind 20:00 ok"]
    assert table.told("remind.1") == [
        "spawn remind.1",
        "remind.1 started (pid 101)",
        "remind.1 exited with code 0",
        "close remind.1",
    ]


def test_the_row_tells_all_there_is_to_tell() -> None:
    table = Timetable(EVERY_10)
    table.takes["remind"], table.codes["remind"] = 2.5, 3
    table.start().at(11)
    (run,) = table.runs()
    assert (run.command, run.trigger, run.attempt, run.pid) == ("run", Trigger.SCHEDULE, 1, 101)
    assert (run.state, run.outcome, run.code) == (State.FINISHED, Outcome.FAILED, 3)
    assert (run.lateness, run.duration) == (0.0, 2.5)
    assert (run.identity, run.owner) == ("child-101", "procman-1")
    assert (run.max_rss_bytes, run.cpu_s, run.output_bytes) == (1 << 20, 0.25, 0)


def test_nothing_is_done_between_two_ticks() -> None:
    table = Timetable(EVERY_10).start()
    assert table.scheduler.deadline == pytest.approx(30.0)  # a look at the clock, and no more
    assert table.at(9, 59).told() == [NEXT]


def test_a_task_that_is_not_enabled_has_no_ticks() -> None:
    assert Timetable(with_(enabled="no")).start().at(60).rows() == []


def test_reboot_is_when_procman_starts() -> None:
    table = Timetable('boot: {command: run, schedule: "@reboot"}').start().at(60)
    assert table.rows() == ["boot 0:00 ok"]
    again = (
        Timetable('boot: {command: run, schedule: "@reboot"}', table.store, table_end(table)).start().at(60)
    )
    assert [row.split()[0] for row in again.rows()] == ["boot", "boot"]


def table_end(table: Timetable) -> datetime:
    return datetime.fromtimestamp(table.wall, UTC)


def test_reboot_beside_another_schedule_forgets_none_of_its_ticks() -> None:
    both = 'boot: {command: run, schedule: ["@reboot", every 10 minutes], missed: skip}'
    table = Timetable(both).start().stop()
    table.pass_time(25 * 60)
    again = Timetable(both, table.store, table_end(table)).start().at(6)
    assert [run.outcome for run in again.runs()] == ["ok", "missed", "missed", "ok", "ok"]
    assert [(run.tick or 0) - table.begun for run in again.runs()] == [0, 600, 1200, 1500, 1800]


def test_reboot_is_each_start_also_within_one_second_and_when_the_clock_was_set_back() -> None:
    boot = 'boot: {command: run, schedule: "@reboot"}'
    table = Timetable(boot).start().stop()
    again = Timetable(boot, table.store, table_end(table)).start().stop()
    third = Timetable(boot, table.store, table_end(again) - timedelta(hours=1)).start().settle()
    assert [run.outcome for run in third.runs()] == [Outcome.OK] * 3


def test_a_run_is_told_who_it_is() -> None:
    table = Timetable(EVERY_10).start().at(10)
    environment = table.children.environments["remind.1"]
    assert environment == {
        "PS": "remind.1",
        "PROCMAN_PROCESS": "remind.1",
        "PROCMAN_TASK": "remind",
        "PROCMAN_RUN_ID": "1",
        "PROCMAN_ATTEMPT": "1",
        "PROCMAN_SCHEDULED_AT": "2026-11-24T12:10:00Z",
    }


def test_a_failing_run_never_stops_the_formation() -> None:
    table = Timetable(EVERY_10, options=Options("web.1"))
    table.codes["remind"] = 1
    table.start().at(35)
    assert table.rows() == ["remind 10:00 failed", "remind 20:00 failed", "remind 30:00 failed"]
    assert not table.supervisor.stopping


def test_a_run_that_cannot_be_started_has_failed_and_says_why() -> None:
    table = Timetable(EVERY_10)
    table.children.refuse("remind.1")
    table.start().at(10)
    (run,) = table.runs()
    assert (run.outcome, run.code, run.reason) == (
        Outcome.FAILED,
        126,
        "could not be started: Too many open files",
    )


def test_jitter_starts_it_later_but_the_tick_stays() -> None:
    table = Timetable(with_(jitter="5m")).start().at(10)
    (waiting,) = table.store.jobs()
    assert waiting.tick == NOON.timestamp() + 600
    assert waiting.due
    assert 0 < waiting.due - waiting.tick < 300
    table.at(15)
    (run,) = table.runs()
    assert run.started_at == pytest.approx(waiting.due)
    assert (run.outcome, run.tick, run.lateness) == (Outcome.OK, waiting.tick, 0.0)


# Overlap


def test_skip_leaves_a_row_and_says_who_is_still_running() -> None:
    table = Timetable(EVERY_10)
    table.takes["remind"] = 15 * 60
    table.start().at(35)
    assert table.rows() == ["remind 10:00 ok", "remind 20:00 skipped", "remind 30:00 running"]
    assert table.runs()[1].reason == "remind.1 is still running"
    assert table.told("skipped") == ["remind.2 skipped: remind.1 is still running"]


def test_allow_runs_them_side_by_side() -> None:
    table = Timetable(with_(overlap="allow"))
    table.takes["remind"] = 25 * 60
    table.start().at(30)
    assert table.rows() == ["remind 10:00 running", "remind 20:00 running", "remind 30:00 running"]


def test_queue_runs_them_one_after_the_other() -> None:
    table = Timetable(with_(overlap="queue"))
    table.takes["remind"] = 15 * 60
    table.start().at(30)
    assert table.rows() == ["remind 10:00 ok", "remind 20:00 running", "remind 30:00 queued"]
    table.at(45)
    assert [run.started_at for run in table.runs()][:3] == [table.begun + 60 * m for m in (10, 25, 40)]


def test_replace_stops_the_old_one_and_then_starts_the_new_one() -> None:
    table = Timetable(with_(overlap="replace"))
    table.takes["remind"] = 15 * 60
    table.start().at(25)
    assert table.rows() == ["remind 10:00 stopped", "remind 20:00 running"]
    assert table.runs()[0].reason == "replaced by remind.2"
    assert "SIGTERM to remind.1" in table.told()


@pytest.mark.parametrize(
    ("overlap", "row", "why"),
    [
        ("skip", "remind 10:00 skipped", "remind.1 is still running"),
        ("queue", "remind 10:00 queued", None),
        ("replace", "remind 10:00 queued", None),
    ],
)
def test_a_run_of_another_procman_counts_while_it_lives(overlap: str, row: str, why: str | None) -> None:
    store = MemoryStore()
    other = Timetable(EVERY_10, store, owner="procman-2")
    other.takes["remind"] = 3600
    other.start().at(10)
    table = Timetable(with_(overlap=overlap), store, begin=table_end(other)).start()
    table.at(10)
    assert (table.rows()[-1], table.runs()[-1].reason) == (row, why)
    table.dead.add("child-101")  # a flag that a crash leaves behind is no run
    table.at(20)
    assert table.runs()[-1].outcome is Outcome.OK


# Timeout and retries


def test_a_run_that_takes_too_long_gets_the_stop_signal_and_then_sigkill() -> None:
    table = Timetable(with_(timeout="5m"))
    table.takes["remind"] = 3600
    table.obeys = False
    table.start().at(15)
    assert "SIGTERM to remind.1" in table.told()
    table.at(15, 5)
    assert "SIGKILL to remind.1" in table.told()
    table.exit("remind.1", -SIGKILL).settle()
    (run,) = table.runs()
    assert (run.outcome, run.code, run.reason) == (Outcome.TIMED_OUT, -SIGKILL, "took longer than 5 min")
    assert run.duration == 305


def test_retries_come_further_and_further_apart_and_are_counted() -> None:
    table = Timetable("once: {command: run, schedule: at 2026-11-24 12:01, retries: 3, retry_delay: 10s}")
    table.codes["once"] = 1
    table.start().at(60)
    runs = table.runs()
    assert [(run.attempt, run.trigger) for run in runs] == [
        (1, Trigger.SCHEDULE),
        (2, Trigger.RETRY),
        (3, Trigger.RETRY),
        (4, Trigger.RETRY),
    ]
    assert [run.started_at - table.begun for run in runs if run.started_at] == [60, 70, 90, 130]
    assert {run.tick for run in runs} == {NOON.timestamp() + 60}
    assert "once.1 will be tried again in 10 s (attempt 2 of 4)" in table.told()


def test_a_retry_that_works_is_the_last() -> None:
    table = Timetable(with_(retries=3))
    table.codes["remind"] = 1
    table.start().at(10)
    table.codes["remind"] = 0
    table.at(15)
    assert table.rows() == ["remind 10:00 failed", "remind 10:00 retry ok"]


def test_a_retry_outlives_a_restart() -> None:
    table = Timetable(with_(retries=1, retry_delay="5m"))
    table.codes["remind"] = 1
    table.start().at(11).stop()
    again = Timetable(with_(retries=1, retry_delay="5m"), table.store, table_end(table)).start().at(5)
    assert [run.outcome for run in again.runs()] == [Outcome.FAILED, Outcome.OK]


# Missed


@pytest.mark.parametrize(
    ("missed", "outcomes"),
    [
        ("skip", ["missed", "missed", "missed"]),
        ("once", ["missed", "missed", "catch_up ok"]),
        ("all", ["catch_up ok", "catch_up ok", "catch_up ok"]),
    ],
)
def test_what_was_missed_while_procman_was_down(missed: str, outcomes: list[str]) -> None:
    table = Timetable(with_(missed=missed)).start().at(5).stop()
    table.pass_time(30 * 60)
    again = Timetable(with_(missed=missed), table.store, table_end(table)).start().at(1)
    assert [row.split(maxsplit=2)[2] for row in again.rows()] == outcomes


def test_a_new_task_has_missed_nothing() -> None:
    table = Timetable(EVERY_10).start().stop()
    table.pass_time(3600)
    changed = EVERY_10.replace("10 minutes", "20 minutes")
    assert Timetable(changed, table.store, table_end(table)).start().at(1).rows() == []


def test_a_thousand_missed_ticks_all_have_a_row_and_run_once() -> None:
    table = Timetable(EVERY_10.replace("10 minutes", "minute")).start().stop()
    table.pass_time(1000 * 60 + 30)
    again = Timetable(EVERY_10.replace("10 minutes", "minute"), table.store, table_end(table)).start()
    assert [run.outcome for run in again.runs()] == [Outcome.MISSED] * 999 + [Outcome.OK]
    assert again.told("missed") == ["remind: 1000 ticks missed, making up for 1"]


def test_catch_ups_of_one_task_come_in_order_one_after_the_other() -> None:
    table = Timetable(with_(missed="all", grace="1d")).start().stop()
    table.pass_time(3630)
    again = Timetable(with_(missed="all", grace="1d"), table.store, table_end(table))
    again.takes["remind"] = 10.0
    again.start().at(2)
    began = [(run.tick, run.started_at - again.begun) for run in again.runs() if run.started_at]
    assert began == [(NOON.timestamp() + 600 * k, 10 * (k - 1)) for k in range(1, 7)]


def test_catch_ups_of_many_tasks_are_four_at_a_time() -> None:
    many = "\n".join(f"t{k}: {{command: run, schedule: every 10 minutes}}" for k in range(10))
    table = Timetable(many).start().stop()
    table.pass_time(700)
    again = Timetable(many, table.store, table_end(table))
    again.takes |= {f"t{k}": 30.0 for k in range(10)}
    again.start()
    assert sum(run.state is State.RUNNING for run in again.runs()) == 4
    again.at(0, 31)
    assert sum(run.state is State.RUNNING for run in again.runs()) == 4
    again.at(2)
    assert [run.outcome for run in again.runs()] == [Outcome.OK] * 10


def test_a_suspended_machine_counts_as_missed_ticks() -> None:
    table = Timetable(EVERY_10).start().at(5)
    table.pass_time(60 * 60)  # to 1:05
    table.settle().at(66)
    assert table.rows()[-1] == "remind 60:00 catch_up ok"
    assert [run.outcome for run in table.runs()] == [Outcome.MISSED] * 5 + [Outcome.OK]


@pytest.mark.parametrize("hours", [1, 24])
def test_a_clock_that_is_set_forward_has_missed_ticks(hours: int) -> None:
    table = Timetable(EVERY_10).start().at(5)
    table.wall += hours * 3600
    table.at(hours * 60 + 6)
    assert [run.outcome for run in table.runs()] == [Outcome.MISSED] * (hours * 6 - 1) + [Outcome.OK]


@pytest.mark.parametrize("hours", [1, 24])
def test_a_clock_that_is_set_back_runs_no_tick_twice_and_all_that_have_not_run(hours: int) -> None:
    table = Timetable(EVERY_10).start().at(25)
    table.wall -= hours * 3600
    table.settle().at(35)
    ticks = sorted(run.tick or 0 for run in table.runs())
    first = NOON.timestamp() + 1800 - hours * 3600
    assert ticks == list(range(int(first), int(NOON.timestamp()) + 1801, 600))
    assert {run.outcome for run in table.runs()} == {Outcome.OK}
    assert len(table.children.pids) == len(ticks)


@pytest.mark.parametrize("stopped", [False, True])
def test_a_clock_that_was_ahead_silences_no_schedule(stopped: bool) -> None:
    """It is, from 12:05 on, for a minute in which it says 16:01; ticks until then are written as missed."""
    table = Timetable(EVERY_10).start().at(5)
    table.wall += 4 * 3600 - 240
    table.at(4 * 60 + 2)
    assert table.rows()[-2:] == ["remind 230:00 missed", "remind 240:00 catch_up ok"]
    table.wall -= 4 * 3600 - 240
    if stopped:
        table.stop()
        table = Timetable(EVERY_10, table.store, datetime.fromtimestamp(table.wall, UTC)).start().at(25)
    else:
        table.settle().at(31)
    ran = sorted(int((run.tick or 0) - NOON.timestamp()) // 60 for run in table.runs())
    assert ran == [10, 20, 30, 240]
    assert {run.outcome for run in table.runs()} == {Outcome.OK}


def test_ticks_on_their_way_to_the_store_when_the_clock_is_set_back_are_planned_once() -> None:
    table = Timetable(EVERY_10).start().at(9, 59.9)
    table.pass_time(0.1)
    table.scheduler.expire(table.clock.now)  # asks for the tick
    table.wall -= 3600
    table.scheduler.expire(table.clock.now)
    table.settle().at(0)
    assert asked_at_once(table, 45) == [1] * 4


def asked_at_once(table: Timetable, until: float) -> list[int]:
    """How many ticks the store was asked for each time, from now on."""
    asked: list[int] = []
    claim = table.store.claim
    table.store.claim = lambda rows, *rest: asked.append(len(rows)) or claim(rows, *rest)  # type: ignore
    table.at(until)
    return asked


def test_ticks_that_are_due_while_another_store_learns_of_us_are_planned_once() -> None:
    table = Timetable(EVERY_10).start().at(9, 59.9)
    table.scheduler.begin_anew()
    table.pass_time(0.1)
    table.scheduler.expire(table.clock.now)
    table.settle()
    assert asked_at_once(table, 45) == [1] * 3
    assert table.rows() == [f"remind {minute}:00 ok" for minute in (10, 20, 30, 40)]


def test_another_store_learns_of_our_tasks() -> None:
    table = Timetable(EVERY_10).start().at(5)
    table.store = table.worker.store = MemoryStore()
    table.scheduler.begin_anew()
    table.settle()
    assert table.store.states()["remind"].accounted == table.begun + 5 * 60
    table.at(25).stop()
    table.pass_time(20 * 60)
    again = Timetable(EVERY_10, table.store, table_end(table)).start().at(1)
    assert [run.outcome for run in again.runs()] == [Outcome.OK, Outcome.OK, Outcome.MISSED, Outcome.OK]


def test_a_store_that_refuses_when_the_clock_is_set_back_is_asked_again() -> None:
    table = Timetable(EVERY_10).start().at(25)
    table.worker.broken = StoreError("full")
    table.wall -= 3600
    table.settle()
    table.worker.broken = None
    table.at(-29)
    assert table.rows()[-1] == "remind -30:00 ok"


def test_a_task_that_is_taken_out_and_put_back_has_missed_nothing() -> None:
    other = "other: {command: run, schedule: every 10 minutes}"
    table = Timetable(f"{EVERY_10.strip()}\n{other}").start().at(15).stop()
    table.pass_time(1800)
    again = Timetable(other, table.store, table_end(table)).start().at(1).stop()
    again.pass_time(1800)
    third = Timetable(f"{EVERY_10.strip()}\n{other}", table.store, table_end(again)).start().at(10)
    reminded = [run for run in third.runs() if run.task == "remind"]
    assert [run.outcome for run in reminded] == [Outcome.OK] * 2


# Daylight saving, as procman lives through it


@pytest.mark.parametrize(
    ("expression", "begin", "ticks"),
    [
        ("30 2 * * *", "2024-03-31", ["03:00"]),
        ("*/30 2 * * *", "2024-03-31", []),
        ("0 */2 * * *", "2024-03-31", ["04:00", "06:00"]),
        ("15 1-3 * * *", "2024-03-31", ["01:15", "03:00", "03:15"]),
        ("30 2 * * *", "2024-10-27", ["02:30"]),
        ("*/30 2 * * *", "2024-10-27", ["02:00", "02:30", "02:00", "02:30"]),
        ("0 * * * *", "2024-10-27", ["01:00", "02:00", "02:00", "03:00", "04:00", "05:00", "06:00"]),
        ("15 1-3 * * *", "2024-10-27", ["01:15", "02:15", "03:15"]),
    ],
)
def test_the_days_on_which_clocks_change(expression: str, begin: str, ticks: list[str]) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    midnight = datetime.fromisoformat(f"{begin}T00:00").replace(tzinfo=berlin).astimezone(UTC)
    table = Timetable(f"t: {{command: run, schedule: '{expression} Europe/Berlin'}}", begin=midnight)
    until = datetime.fromisoformat(f"{begin}T06:00").replace(tzinfo=berlin).astimezone(UTC)
    table.start().at((until - midnight).total_seconds() / 60)
    runs = [datetime.fromtimestamp(run.tick or 0, berlin) for run in table.runs()]
    assert [f"{at:%H:%M}" for at in runs] == ticks
    assert {run.outcome for run in table.runs()} <= {Outcome.OK}


# Request for


def ask(store: Store, task: str, *args: str, due: float, key: str | None = None) -> int:
    trigger = Trigger.DELAYED
    return store.request(Request(task, args, trigger, due, due, key))[0]


def test_what_is_asked_for_runs_with_its_arguments_when_it_is_due() -> None:
    table = Timetable("welcome: run").start()
    ask(table.store, "welcome", "42", "it's", due=table.begun + 100)
    table.scheduler.look()
    table.settle()
    table.at(3)
    (run,) = table.runs()
    assert (run.outcome, run.started_at) == (Outcome.OK, table.begun + 100)
    assert table.children.commands["welcome.1"] == "run"
    assert table.children.arguments["welcome.1"] == ("42", "it's")


def test_many_that_are_asked_for_run_side_by_side_whatever_the_overlap_but_not_all_at_once() -> None:
    table = Timetable("welcome: {command: run, overlap: skip}")
    table.takes["welcome"] = 10.0
    table.start()
    for _ in range(250):
        ask(table.store, "welcome", due=table.begun)
    table.scheduler.look()
    table.settle()
    assert sum(run.state is State.RUNNING for run in table.runs()) == 100
    table.at(2)
    assert [run.outcome for run in table.runs()] == [Outcome.OK] * 250


def test_a_job_that_was_due_while_procman_was_down_runs_late() -> None:
    store = MemoryStore()
    ask(store, "welcome", due=NOON.timestamp() - days(7) * 60)
    table = Timetable("welcome: run", store).start()
    (run,) = table.runs()
    assert (run.outcome, run.lateness) == (Outcome.OK, 7 * 86400)


def test_jobs_of_a_task_that_is_gone_wait_until_it_is_back() -> None:
    """And keep no other from running; it is told once."""
    table = Timetable(
        "gone: {command: run, retries: 1, retry_delay: 10m, schedule: every hour}\nwelcome: run"
    )
    table.codes["gone"] = 1
    table.start().at(61).stop()
    for task in ["gone"] * 30 + ["welcome"] * 2:
        ask(table.store, task, due=table.wall + 60)
    without = Timetable("welcome: run", table.store, table_end(table)).start().at(30)
    assert [run.outcome for run in without.runs() if run.task == "welcome"] == [Outcome.OK] * 2
    assert [run.task for run in without.store.jobs()] == ["gone"] * 31
    assert without.told("gone") == [
        "procman.yml has no task 'gone': what was asked for waits until it has, and 'procman reload' reads it"
    ]
    without.stop()
    again = Timetable("gone: run", table.store, table_end(without)).start().at(5)
    assert again.store.jobs() == []
    assert [run.outcome for run in again.runs() if run.task == "gone"] == [Outcome.FAILED] + [Outcome.OK] * 31


@pytest.mark.parametrize(
    ("text", "late", "outcomes"),
    [
        ("jitter: 1m, grace: 0s", 0.02, [Outcome.OK]),
        ("jitter: 1m, grace: 0s", 4.9, [Outcome.OK]),
        ("jitter: 1m, grace: 0s", 5.1, [Outcome.MISSED]),
        ("jitter: 1m, grace: 2s", 4.9, [Outcome.OK]),
        ("jitter: 1m, grace: 20s", 19.9, [Outcome.OK]),
        ("jitter: 1m, grace: 20s", 20.1, [Outcome.MISSED]),
        ("retries: 1, grace: 0s", 0.02, [Outcome.FAILED, Outcome.FAILED]),
        ("retries: 1, grace: 0s", 4.9, [Outcome.FAILED, Outcome.FAILED]),
        ("retries: 1, grace: 0s", 5.1, [Outcome.FAILED, Outcome.MISSED]),
    ],
)
def test_what_waited_is_on_time_for_five_seconds_whatever_the_grace(
    text: str, late: float, outcomes: list[Outcome]
) -> None:
    table = Timetable(f"x: {{command: run, schedule: every hour, {text}}}").start()
    table.codes["x"] = "retries" in text
    table.at(60, 0.1)
    (job,) = table.store.jobs()
    table.at(0, (job.due or 0) - table.begun - 0.01)
    table.pass_time(0.01 + late)
    table.settle().at(61, 10)
    assert [run.outcome for run in table.runs()] == outcomes


def test_a_job_that_is_canceled_does_not_run() -> None:
    table = Timetable("welcome: run").start()
    job = ask(table.store, "welcome", due=table.begun + 100)
    table.scheduler.look()
    assert table.store.cancel(job, table.wall)
    assert table.at(5).rows() == ["welcome 1:40 delayed canceled"]


# Pause


def test_a_pause_skips_ticks_holds_jobs_and_floods_nothing_when_it_ends() -> None:
    table = Timetable(EVERY_10).start().at(5)
    table.store.pause("remind", table.wall)
    ask(table.store, "remind", due=table.wall)
    table.at(35)
    assert table.rows() == [f"remind {minute}:00 skipped" for minute in (10, 20, 30)]
    assert {run.reason for run in table.runs()} == {"paused"}
    table.store.resume("remind", table.wall)
    table.scheduler.look()
    table.settle()
    assert table.rows()[0] == "remind 5:00 delayed ok"
    table.at(41)
    assert table.rows()[-1] == "remind 40:00 ok"


def test_a_pause_outlives_a_restart_and_its_ticks_are_not_made_up_for() -> None:
    table = Timetable(with_(missed="all", grace="1d")).start().at(5)
    table.store.pause("remind", table.wall)
    table.stop()
    table.pass_time(3600)
    again = Timetable(with_(missed="all", grace="1d"), table.store, table_end(table)).start()
    assert again.told()[0] == "1 task (1 paused), nothing scheduled"
    assert {run.outcome for run in again.runs()} == {Outcome.SKIPPED}
    again.at(1).stop()
    again.pass_time(1800)
    again.store.resume("remind", again.wall)
    again.pass_time(1800)
    third = Timetable(with_(missed="all", grace="1d"), table.store, table_end(again)).start().at(1)
    made_up = [run.tick or 0 for run in third.runs() if run.outcome is Outcome.OK]
    assert len(made_up) == 3
    assert min(made_up) > again.wall - 1800


# Stops, kills, troubles


def test_a_stop_stops_runs_and_keeps_for_later_what_had_not_begun() -> None:
    table = Timetable(with_(overlap="queue"))
    table.takes["remind"] = 15 * 60
    table.start().at(20).stop()
    assert table.supervisor.finished
    assert table.rows() == ["remind 10:00 stopped"]
    assert [run.tick for run in table.store.jobs()] == [NOON.timestamp() + 1200]
    again = Timetable(with_(overlap="queue"), table.store, table_end(table)).start()
    assert again.runs()[-1].outcome is Outcome.OK


@pytest.mark.parametrize("overlap", ["queue", "replace"])
def test_one_that_had_to_wait_starts_when_the_store_knows_that_it_waits_no_more(
    overlap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Timetable(with_(overlap=overlap))
    table.takes["remind"] = 15 * 60
    spawn, seen = table.children.spawn, list[State]()

    def looking(plan: ProcessPlan) -> Spawned:
        seen.extend(run.state for run in table.runs() if run.name == plan.name)
        return spawn(plan)

    monkeypatch.setattr(table.children, "spawn", looking)
    table.start().at(59)
    assert len(seen) > 3
    assert set(seen) == {State.CLAIMED}  # what is still queued when procman is killed runs again


def called(overlap: str) -> Timetable:
    """The first run has ended, the second is called, and the store has not been told yet."""
    table = Timetable(with_(overlap=overlap))
    table.takes["remind"] = 3600
    table.start().at(20).exit("remind.1")
    table.scheduler.expire(table.clock.now)
    assert table.rows()[1:] == ["remind 20:00 queued"]
    return table


def test_one_that_is_called_when_a_stop_begins_waits_for_the_next_start() -> None:
    table = called("queue").stop()
    assert table.supervisor.finished
    assert table.told("spawn") == ["spawn remind.1"]
    assert [run.tick for run in table.store.jobs()] == [NOON.timestamp() + 1200]


def test_one_that_is_called_is_replaced_by_a_newer_one() -> None:
    table = Timetable(with_(overlap="replace"))
    table.takes["remind"], table.obeys = 3600, False
    table.start().at(20).exit("remind.1")
    table.pass_time(600)
    table.worker.work()
    table.scheduler.expire(table.clock.now)  # the third tick is claimed before the second has begun
    table.settle()
    assert table.rows()[1:] == ["remind 20:00 skipped", "remind 30:00 running"]
    assert table.runs()[1].reason == "replaced by remind.3"


def test_one_that_is_called_is_there_for_others() -> None:
    table = called("queue")
    table.pass_time(600)
    table.settle()
    assert table.rows()[1:] == ["remind 20:00 running", "remind 30:00 queued"]


def test_nothing_is_started_once_a_stop_has_begun() -> None:
    table = Timetable(EVERY_10).start().at(9, 59)
    table.supervisor.stop("asked", table.clock.now)
    assert table.at(30).runs() == []


def test_a_claim_that_is_answered_after_the_stop_waits_for_the_next_start() -> None:
    table = Timetable(EVERY_10).start().at(9, 59)
    table.pass_time(1)
    table.scheduler.expire(table.clock.now)
    table.supervisor.stop("asked", table.clock.now)
    table.settle()
    assert table.runs() == []
    assert [run.state for run in table.store.jobs()] == [State.PENDING]


@pytest.mark.parametrize("on_lost", ["leave", "rerun"])
def test_what_a_killed_procman_left_is_closed_as_lost(on_lost: str) -> None:
    table = Timetable(with_(on_lost=on_lost))
    table.takes["remind"] = 3600
    table.start().at(10)
    again = Timetable(with_(on_lost=on_lost), table.store, table_end(table), owner="procman-2")
    again.dead |= {"procman-1", "child-101"}
    again.start().at(1)
    expected = ["remind 0:00 lost"] + ["remind 0:00 retry ok"] * (on_lost == "rerun")
    assert again.rows() == expected
    assert again.told("lost") == ["remind.1 lost: procman was killed while it ran"]


def test_a_tick_that_was_claimed_by_a_killed_procman_is_lost_and_not_run_twice() -> None:
    table = Timetable(EVERY_10).start().at(9, 59)
    table.pass_time(1)
    table.scheduler.expire(table.clock.now)
    table.worker.work()  # claimed, not spawned
    again = Timetable(EVERY_10, table.store, table_end(table), owner="procman-2")
    again.dead.add("procman-1")
    assert again.start().at(0, 6).rows() == [
        "remind 0:00 claimed"
    ]  # it may have begun, and its guardian lives
    assert again.at(5).rows() == ["remind 0:00 lost"]


def test_two_procmans_on_one_app_run_each_tick_once() -> None:
    store = MemoryStore()
    tables = [Timetable(EVERY_10, store, owner=owner) for owner in ("procman-1", "procman-2")]
    for table in tables:
        table.start()
    for second in range(0, 3600, 20):
        for table in tables:
            table.at(0, second)
    assert tables[0].rows() == [f"remind {minute}:00 ok" for minute in range(10, 60, 10)]


def test_while_the_store_cannot_be_written_no_tick_runs_and_none_is_forgotten() -> None:
    table = Timetable(with_(missed="all")).start().at(9)
    table.worker.broken = StoreError("procman.db: the disk is full: make room")
    table.at(25)
    assert table.runs() == []
    assert table.told() == [NEXT, "procman.db: the disk is full: make room; tasks wait until that is over"]
    table.worker.broken = None
    table.at(25, 6)
    assert table.rows() == ["remind 10:00 catch_up ok", "remind 20:00 catch_up ok"]
    assert table.told("missed") == ["remind: 2 ticks missed, making up for 2"]


def test_an_end_that_cannot_be_written_is_written_later() -> None:
    table = Timetable(EVERY_10)
    table.takes["remind"] = 60
    table.start().at(10)
    table.worker.broken = StoreError("procman.db: the disk is full: make room")
    table.at(12)
    assert table.rows() == ["remind 10:00 running"]
    table.worker.broken = None
    table.at(13)
    assert table.rows() == ["remind 10:00 ok"]
    assert table.told("again") == ["the store can be written again"]


def test_old_runs_are_deleted_by_number_and_by_age() -> None:
    table = Timetable(with_(keep=3)).start().at(61)
    assert [run.tick for run in table.runs()] == [NOON.timestamp() + 600 * k for k in (4, 5, 6)]
    aged = Timetable(with_(keep_for="30m")).start().at(61)
    assert len(aged.runs()) == 3


def test_a_key_outlives_the_rows_of_its_run_for_as_long_as_its_task_says() -> None:
    table = Timetable(with_(keep=1, keep_keys="2h"))
    asked = Request("remind", (), Trigger.MANUAL, table.wall, table.wall, "k")
    number, _ = table.store.request(asked)
    table.start().at(115)
    assert table.store.run(number) is None
    assert table.store.request(asked) == (number, False)
    assert table.at(131).store.request(asked)[1]


def test_what_is_left_outside_the_group_of_a_run_is_stopped_too() -> None:
    table = Timetable(EVERY_10)
    table.strays = [(901, 10, 1), (902, 10, 2)]
    table.start().at(10, 6)
    assert table.reached == [(901, SIGTERM), (901, SIGKILL)]
    table.strays.clear()
    table.at(20, 6)
    assert len(table.reached) == 2


def test_an_orphan_without_environment_is_stopped_when_all_runs_have_ended_that_may_have_left_it() -> None:
    table = Timetable(EVERY_10 + "other: {command: run, schedule: 10 * * * *}")
    table.takes |= {"remind": 60.0, "other": 180.0}
    table.strays = [(901, 10.5, None), (902, 11.5, None), (903, 9, None), (904, 14, None)]
    table.start().at(12, 59)
    assert table.reached == []
    table.at(13, 6)
    assert table.reached == [(901, SIGTERM), (902, SIGTERM), (901, SIGKILL), (902, SIGKILL)]
    table.at(22)
    assert len(table.reached) == 4


def test_what_a_young_process_may_have_started_is_none_of_a_run() -> None:
    table = Timetable("remind: {command: run, schedule: '* * * * *'}", options=Options("web.1"))
    table.takes["remind"] = 45.0
    table.strays = [(901, 0.99, None), (902, 1.01, None), (903, 2.01, None)]
    table.pass_time(55)
    table.start().at(4)
    assert table.reached == [(903, SIGTERM), (903, SIGKILL)]


# What a stranger found


def test_a_catch_up_that_waited_for_its_own_task_and_then_for_a_lane_does_start() -> None:
    others = "".join(f"o{k}: {{command: run, schedule: every hour}}\n" for k in range(4))
    text = others + "x: {command: run, schedule: every 10 minutes, missed: all, grace: 1d}\n"
    table = Timetable(text).start().stop()
    table.pass_time(45 * 60)
    again = Timetable(text, table.store, table_end(table))
    again.takes |= {"x": 60.0, **{f"o{k}": 3000.0 for k in range(4)}}
    again.start().at(200)
    assert {run.outcome for run in again.runs() if run.task == "x"} == {Outcome.OK}
    assert again.store.jobs() == []


def test_a_newer_tick_replaces_an_older_one_that_has_not_begun() -> None:
    table = Timetable("x: {command: run, schedule: every 2 seconds, overlap: replace}")
    table.takes["x"] = 60.0
    table.start().pass_time(4.5)
    table.settle().at(0, 5)
    assert table.rows() == ["x 0:02 skipped", "x 0:04 running"]
    assert table.runs()[0].reason == "replaced by x.2"
    assert table.store.jobs() == []


def test_few_jobs_are_claimed_at_a_time_so_that_few_can_get_lost() -> None:
    table = Timetable("welcome: run").start()
    for _ in range(50):
        ask(table.store, "welcome", due=table.begun)
    table.scheduler.look()
    table.scheduler.expire(table.clock.now)
    table.worker.work()
    assert sum(run.state is State.CLAIMED for run in table.runs()) == 10
    table.settle()
    assert [run.outcome for run in table.runs()] == [Outcome.OK] * 50


def test_a_retry_of_a_tick_minds_the_overlap() -> None:
    table = Timetable("x: {command: run, schedule: every minute, retries: 1, retry_delay: 45s}")
    table.takes["x"], table.codes["x"] = 30.0, 1
    table.start().at(3, 20)
    assert table.rows()[:3] == ["x 1:00 failed", "x 1:00 retry skipped", "x 2:00 failed"]


def test_jobs_do_not_keep_retries_and_jittered_ticks_from_running() -> None:
    text = "job: run\nshaky: {command: run, schedule: every 10 minutes, jitter: 1m, retries: 1}\n"
    table = Timetable(text)
    table.takes["job"], table.codes["shaky"] = 3 * 3600.0, 1
    table.start()
    for _ in range(150):
        ask(table.store, "job", due=table.begun)
    table.scheduler.look()
    table.settle().at(45)
    shaky = [run for run in table.runs() if run.task == "shaky"]
    assert [run.outcome for run in shaky] == [Outcome.FAILED] * 8


def test_a_clock_that_is_set_back_is_told_of() -> None:
    table = Timetable(EVERY_10).start().at(25)
    table.wall -= 3600
    table.settle()
    assert table.told("clock") == ["the clock was set back by 1 h: what ran already does not run again"]


def test_a_clock_that_was_ahead_when_ticks_ran_is_told_of_at_the_start() -> None:
    table = Timetable(EVERY_10, begin=NOON + timedelta(days=30)).start().at(10).stop()
    again = Timetable(EVERY_10, table.store).start()
    assert again.settle().told("clock") == [
        "the clock was set back by 30 d: what ran already does not run again"
    ]


def test_a_claimed_tick_does_not_wait_for_a_clock_that_was_set_back() -> None:
    table = Timetable(EVERY_10).start().at(9, 59.99)
    table.settle()
    table.wall -= 3300
    table.settle()
    assert [run.outcome for run in table.runs()] == [Outcome.OK]


def test_the_tick_of_the_start_is_not_lost_when_the_store_refuses_it() -> None:
    table = Timetable('boot: {command: run, schedule: "@reboot"}')
    table.scheduler.begin()
    table.worker.work()
    table.worker.broken = StoreError("full")
    table.settle()
    table.worker.broken = None
    table.at(1)
    assert [run.outcome for run in table.runs()] == [Outcome.OK]


def test_another_zone_is_another_schedule() -> None:
    daily = "t: {command: run, schedule: daily at 13:00}"
    table = Timetable(daily).start().at(61).stop()
    moved = Timetable(f"{daily}\nz: run", table.store, table_end(table))
    moved.tasks["t"] = moved.tasks["t"]._replace(schedules=(parse("daily at 13:00", ZoneInfo("Asia/Tokyo")),))
    assert moved.start().at(5).rows() == ["t -1:00 ok"]


def test_many_runs_are_pruned_slice_after_slice_without_waiting() -> None:
    table = Timetable("x: {command: run, keep: 10}").start()
    for _ in range(500):
        ask(table.store, "x", due=table.begun)
    table.scheduler.look()
    table.settle().at(0, 31)
    assert len(table.runs()) == 10


def test_ten_thousand_tasks_that_missed_a_week_are_planned_in_slices() -> None:
    many = "".join(f"t{k}: {{command: run, schedule: every 10 minutes}}\n" for k in range(20))
    table = Timetable(many).start().stop()
    table.pass_time(days(7) * 60)
    again = Timetable(many, table.store, table_end(table))
    seconds = itertools.count(step=0.001)
    again.world = again.world._replace(clock=lambda: next(seconds))
    scheduler = Scheduler(again.tasks, again.active, again.queue, again.children.publish, again.world)
    scheduler.begin()
    again.worker.work()
    scheduler.expire(0.0)
    planned = again.worker.work()
    assert planned
    assert 0 < len({run.task for run in again.runs()}) < 20


def test_all_tasks_that_had_runs_are_pruned_in_one_round() -> None:
    many = "".join(f"t{k}: {{command: run, schedule: every second, keep: 1}}\n" for k in range(35))
    table = Timetable(many).start().at(1, 1)
    assert len(table.runs()) <= 35 * 32  # a round each 30 s, and each takes all of them


def test_of_many_that_are_due_at_once_the_first_begin_while_others_are_admitted() -> None:
    many = "".join(f"t{k}: {{command: run, schedule: every minute}}\n" for k in range(20))
    table = Timetable(many).start()
    seconds = itertools.count(step=0.001)
    table.world = table.world._replace(clock=lambda: next(seconds))
    table.scheduler.world = table.world
    table.pass_time(60)
    table.scheduler.expire(0.0)
    table.worker.work()
    begun = sum(len(table.active.of(f"t{k}")) for k in range(20))
    assert 0 < begun < 20
    assert table.scheduler.deadline is not None
    assert table.scheduler.deadline <= next(seconds)  # the others come at once
    table.scheduler.close()
    table.scheduler.expire(1e9)
    table.worker.work()
    assert sum(len(table.active.of(f"t{k}")) for k in range(20)) == begun
    assert len(table.store.jobs()) == 20 - begun  # for the next start
