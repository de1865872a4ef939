"""Runs for the procman that runs, or will run: `--detach`, `--in`, `--at`, `--key`, `cancel`, `pause`."""

from __future__ import annotations

import signal
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from procman.core.tasks.run import Ending, Outcome, State, Trigger
from procman.store.open import in_folder, open_store
from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

NOBODY = "procman: nothing will run until 'procman start'\n"
PARIS = ZoneInfo("Europe/Paris")


def scheduler(app: App) -> Running:
    return app.launch(*PROCMAN, "scheduler")


def listening(app: App) -> Running:
    """A scheduler that has begun to listen."""
    running = scheduler(app)
    wait_until((app.root / ".procman" / "wake").exists)
    return running


def test_a_detached_run_is_run_by_the_procman_that_runs(app: App) -> None:
    app.procfile(web="exec sleep 1000")
    app.tasks("""show: printf '<%s>\\n' "$PROCMAN_TASK" """)
    running = app.start()
    running.pid_of("web.1")
    ended = app.do("run", "task", "show", "--detach", "--", "a b", "$(touch hurt)")
    assert (ended.code, ended.out, ended.err) == (0, "show.1 will run as soon as possible\n", "")
    running.wait_for(r"show\.1 exited with code 0")
    assert running.said_by("show.1") == ["<show>", "<a b>", "<$(touch hurt)>"]
    assert running.stop() == 0
    (run,) = app.runs
    assert (run.trigger, run.outcome, run.args) == (Trigger.MANUAL, Outcome.OK, ("a b", "$(touch hurt)"))


def test_without_a_procman_it_is_kept_and_says_who_is_missing(app: App) -> None:
    app.tasks("show: 'true'")
    for words in (("--detach",), ("--in", "10m"), ("--at", "2100-01-01 10:00")):
        ended = app.do("run", "task", "show", *words)
        assert (ended.code, ended.err) == (0, NOBODY)
    assert [run.state for run in app.runs] == [State.PENDING] * 3
    running = scheduler(app)
    running.wait_for(r"show\.1 exited with code 0")
    assert running.stop() == 0
    assert [run.outcome for run in app.runs] == [Outcome.OK, None, None]


def test_a_delayed_run_waits_for_its_time(app: App) -> None:
    app.tasks("show: printf '<%s>'")
    running = listening(app)
    ended = app.do("run", "task", "show", "--in", "1s", "--", "a b")
    assert ended.err == ""
    assert ended.out.startswith("show.1 will run at ")
    assert ended.out.endswith(", in 1 s\n")
    running.wait_for(r"show\.1 exited with code 0")
    assert running.stop() == 0
    (run,) = app.runs
    assert (run.trigger, run.args, run.outcome) == (Trigger.DELAYED, ("a b",), Outcome.OK)
    assert run.due
    assert run.started_at
    assert run.due == pytest.approx(run.created_at + 1)
    assert run.started_at >= run.due


@pytest.mark.parametrize(
    ("text", "zone", "due"),
    [
        ("2100-12-24 18:00 Europe/Paris", "UTC", datetime(2100, 12, 24, 17, tzinfo=UTC)),
        ("2100-07-24 18:00:30", "Europe/Paris", datetime(2100, 7, 24, 18, 0, 30, tzinfo=PARIS)),
        ("2100-07-24T18:00Z", "Europe/Paris", datetime(2100, 7, 24, 18, tzinfo=UTC)),
    ],
)
def test_a_time_is_in_its_own_zone_or_in_that_of_procman_yml(
    app: App, text: str, zone: str, due: datetime
) -> None:
    app.tasks("show: 'true'", top=f"timezone: {zone}\n")
    (job,) = app.listed("run", "task", "show", "--at", text)
    assert datetime.fromisoformat(job["due"]) == due


def test_a_time_that_is_past_means_at_once_and_that_is_told(app: App) -> None:
    app.tasks("show: 'true'", top="timezone: UTC\n")
    ended = app.do("run", "task", "show", "--at", "2001-01-01 10:00 UTC")
    assert ended.code == 0
    assert ended.out == "show.1 will run as soon as possible, since 2001-01-01 10:00:00 UTC is past\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--in", "soon"), "--in: "),
        (("--in", "-5m"), ""),
        (("--at", "2026-13-45 10:00"), "--at: "),
        (("--at", "2100-01-01 10:00 Mars/Olympus"), "Mars/Olympus"),
        (("--in", "1m", "--at", "2100-01-01 10:00"), "--detach, --in and --at exclude each other"),
        (("--detach", "--in", "1m"), "--detach, --in and --at exclude each other"),
    ],
)
def test_a_time_that_is_none_is_a_mistake(app: App, words: tuple[str, ...], text: str) -> None:
    app.tasks("show: 'true'")
    ended = app.do("run", "task", "show", *words)
    assert ended.code == 2
    assert text in ended.err
    assert "Traceback" not in ended.err
    assert app.runs == []


def test_a_key_makes_one_run_of_two(app: App) -> None:
    app.tasks("show: 'true'\nother: 'true'")
    running = listening(app)
    ask = ("run", "task", "show", "--key", "invoice 42")
    first, second = app.do(*ask), app.do(*ask)
    running.wait_for(r"show\.1 exited with code 0")
    wait_until(lambda: app.runs[0].outcome)
    third = app.do(*ask)
    assert [ended.code for ended in (first, second, third)] == [0, 0, 0]
    assert first.out == "show.1 will run as soon as possible\n"
    assert "show.1 was asked for already with the key 'invoice 42'" in second.out
    assert "show.1 was asked for already with the key 'invoice 42' (ok)" in third.out
    app.do("run", "task", "other", "--key", "invoice 42")  # of another task, so another key
    running.wait_for(r"other\.2 exited with code 0")
    assert running.stop() == 0
    assert [run.name for run in app.runs] == ["show.1", "other.2"]


def test_a_key_is_known_when_its_run_is_no_longer_in_the_history(app: App) -> None:
    app.tasks("show: 'true'")
    app.do("run", "task", "show", "--detach", "--key", "0")
    with closing(open_store(in_folder(str(app.root / ".procman")))) as store:
        (job,) = store.jobs()
        store.finish(job, Ending(Outcome.OK, 1.0))
        assert store.prune("show", 0, 2.0, 1) == 1
    asked = ("run", "task", "show", "--detach", "--key", "0")
    assert app.do(*asked).out == "show.1 was asked for already with the key '0', long ago\n"
    (row,) = app.listed(*asked)
    assert {name: value for name, value in row.items() if value is not None} == {
        "id": 1,
        "task": "show",
        "key": "0",
    }
    assert {"args", "due", "created_at"} < set(row)


def test_a_key_of_a_job_that_was_canceled_may_be_used_again(app: App) -> None:
    app.tasks("show: 'true'")
    app.do("run", "task", "show", "--in", "1h", "--key", "k")
    app.do("cancel", "1")
    assert app.listed("run", "task", "show", "--in", "2h", "--key", "k")[0]["id"] == 2


def test_jobs_are_listed_in_the_order_in_which_they_come(app: App) -> None:
    app.tasks("show: 'true'")
    app.do("run", "task", "show", "--in", "2h", "--", "later")
    app.do("run", "task", "show", "--in", "1h", "--key", "k", "--", "a b", "$x")
    ended = app.do("jobs")
    assert (ended.code, ended.err) == (0, NOBODY)
    assert "'a b' '$x'" in ended.out
    assert ended.out.index("'a b'") < ended.out.index("later")
    jobs = app.listed("jobs")
    assert [(job["id"], job["args"], job["key"]) for job in jobs] == [
        (2, ["a b", "$x"], "k"),
        (1, ["later"], None),
    ]
    due, asked = (datetime.fromisoformat(jobs[0][key]) for key in ("due", "created_at"))
    assert due - asked == timedelta(hours=1)
    assert jobs[0]["due"].endswith("Z")


def test_a_job_that_is_canceled_never_runs_and_is_in_the_history(app: App) -> None:
    app.tasks("show: 'true'")
    (job,) = app.listed("run", "task", "show", "--in", "100ms")
    assert app.do("cancel", "1") == (0, "show.1 canceled\n", "")
    app.do("run", "task", "show", "--in", "200ms")
    wait_until(lambda: datetime.now(UTC) > datetime.fromisoformat(job["due"]))
    running = scheduler(app)
    running.wait_for(r"show\.2 exited with code 0")
    assert running.stop() == 0
    assert [run.outcome for run in app.runs] == [Outcome.CANCELED, Outcome.OK]
    assert app.listed("history")[1]["outcome"] == "canceled"
    assert app.listed("jobs") == []
    assert app.do("jobs").out == "no jobs\n"


def test_to_cancel_twice_or_what_never_was_is_4_and_says_why(app: App) -> None:
    app.tasks("show: 'true'")
    assert app.do("cancel", "1") == (4, "", "procman: cancel: no job '1': 'procman jobs' lists them\n")
    app.do("run", "task", "show", "--in", "1h")
    app.do("run", "task", "show")
    assert app.listed("cancel", "1")[0]["outcome"] == "canceled"
    twice = app.do("cancel", "1")
    assert (twice.code, twice.out) == (4, "")
    assert twice.err == "procman: cancel: show.1 does not wait any more: it is canceled\n"
    assert "show.2 does not wait any more: it is ok" in app.do("cancel", "2").err
    for text in ("99", "-1", "²", "9" * 30):
        ended = app.do("cancel", "--", text)
        assert (ended.code, ended.out) == (4, "")
        assert f"no job '{text}'" in ended.err


def test_a_paused_task_skips_ticks_and_holds_jobs_over_restarts_until_it_is_resumed(app: App) -> None:
    app.tasks("beat: {command: 'true', schedule: every second}\nshow: 'true'")
    assert app.do("pause", "beat") == (0, "beat is paused\n", NOBODY)
    assert app.do("pause", "beat").out == "beat was paused already\n"
    assert app.listed("pause", "show") == [{"task": "show", "paused": True}]
    assert [task["paused"] for task in app.listed("schedule")] == [True, True]
    first = scheduler(app)
    wait_until(lambda: app.runs)
    assert first.stop(signal.SIGINT) == 0
    running = scheduler(app)  # which remembers
    app.do("run", "task", "show", "--detach")
    wait_until(lambda: sum(run.task == "beat" for run in app.runs) >= 2)
    held = next(run for run in app.runs if run.task == "show")
    assert held.state is State.PENDING
    assert app.do("resume", "beat") == (0, "beat is resumed\n", "")
    assert app.do("resume", "beat").out == "beat was not paused\n"
    assert app.listed("resume", "show") == [{"task": "show", "paused": False}]
    running.wait_for(r"show\.\d+ exited with code 0")
    running.wait_for(r"beat\.\d+ exited with code 0")
    assert running.stop() == 0
    beats = [run for run in app.runs if run.task == "beat"]
    skipped = [run for run in beats if run.outcome is Outcome.SKIPPED]
    assert {run.reason for run in skipped} == {"paused"}
    assert beats[: len(skipped)] == skipped  # none of them was made up for
    ticks = [run.tick or 0 for run in beats]
    assert ticks == list(range(ticks[0], ticks[-1] + 1))


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_to_pause_or_resume_a_task_that_does_not_exist_is_4(app: App, command: str) -> None:
    app.tasks("report: 'true'")
    ended = app.do(command, "reprot")
    assert (ended.code, ended.out) == (4, "")
    assert f"{command}: no task 'reprot', did you mean 'report'?" in ended.err
