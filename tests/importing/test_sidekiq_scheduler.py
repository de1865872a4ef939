"""sidekiq-scheduler's schedule, in sidekiq.yml or alone."""

from __future__ import annotations

import time

import pytest

from procman.errors import UserError
from procman.importing.ruby.sidekiqscheduler import OF_SIDEKIQ, PHASE
from tests.importing.ruby import imported, lost

SIDEKIQ_YML = """\
:concurrency: 5
:queues:
  - default
:scheduler:
  :dynamic: false
  :schedule:
    CancelAbandonedOrders:
      cron: "*/5 * * * *"
    clear:
      every: ["30s", {first_in: 120s}]
      class: Clear
      queue: daemons
      args: contributors
      description: Clears the board
    hello:
      cron: "0 9 * * * Europe/Paris"
      class: Hello
      args: [1]
      include_metadata: true
      enabled: false
    once:
      at: "2030/12/12 23:30:00 UTC"
      class: Once
"""


def test_the_schedule_within_sidekiq_yml() -> None:
    assert imported("sidekiq-scheduler", SIDEKIQ_YML).tasks == {
        "CancelAbandonedOrders": {
            "command": "bin/rails runner 'CancelAbandonedOrders.perform_async'",
            "schedule": "*/5 * * * *",
            "missed": "skip",
        },
        "clear": {
            "command": """bin/rails runner 'Clear.set(queue: "daemons").perform_async("contributors")'""",
            "desc": "Clears the board",
            "schedule": "every 30s",
            "missed": "skip",
        },
        "hello": {
            "command": """bin/rails runner 'Hello.perform_async(1, {"scheduled_at" => Time.now.to_f})'""",
            "schedule": "0 9 * * * Europe/Paris",
            "missed": "skip",
            "enabled": False,
        },
        "once": {
            "command": "bin/rails runner 'Once.perform_async'",
            "schedule": "at 2030-12-12 23:30:00 UTC",
            "missed": "skip",
        },
    }


def test_what_is_of_sidekiq_itself_is_told() -> None:
    found = imported("sidekiq-scheduler", SIDEKIQ_YML)
    assert f"1: concurrency: {OF_SIDEKIQ}" in lost(found)
    assert f"2: queues: {OF_SIDEKIQ}" in lost(found)
    assert any(line.startswith("5: dynamic: ") for line in lost(found))
    assert any(line.startswith("10: clear: every: first_in: ") for line in lost(found))
    assert PHASE in [problem.text for problem in found.lost]


@pytest.mark.parametrize(
    "text",
    [
        "schedule:\n  a: {cron: '@daily UTC', class: A}\n",
        ":schedule:\n  a: {cron: '@daily UTC', class: A}\n",
        "a: {cron: '@daily UTC', class: A}\n",
    ],
)
def test_the_schedule_elsewhere(text: str) -> None:
    assert [*imported("sidekiq-scheduler", text).tasks] == ["a"]


def test_when_the_scheduler_is_off_all_tasks_are() -> None:
    text = ":scheduler:\n  :enabled: false\n  :schedule:\n    a: {cron: '@daily UTC', class: A}\n"
    assert imported("sidekiq-scheduler", text).tasks["a"]["enabled"] is False


def test_a_hash_of_arguments_is_keywords_of_active_job() -> None:
    text = "a: {cron: '@daily UTC', class: A, args: {x: 1, y: {z: 2}}}\n"
    found = imported("sidekiq-scheduler", text)
    assert found.tasks["a"]["command"] == "bin/rails runner 'A.perform_later(x: 1, y: {z: 2})'"
    assert found.lost == []


def test_what_has_no_schedule_here_can_be_run_by_hand() -> None:
    found = imported("sidekiq-scheduler", "a: {in: 10m, class: A}\n")
    assert found.tasks == {"a": {"command": "bin/rails runner 'A.perform_async'"}}
    assert "procman run task NAME --in 10m" in lost(found)[0]


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("{every: 1M, class: A}", "no fixed length"),
        ("{class: A}", "none of cron"),
        ("{cron: '@daily'}", "no name of a class"),
        ("{at: tomorrow, class: A}", "not a date"),
        ("{every: [[1]], class: A}", "no plain text"),
        ("{every: [], class: A}", "no plain text"),
    ],
)
def test_what_is_left_out_is_told(job: str, said: str) -> None:
    found = imported("sidekiq-scheduler", f"\nsome job: {job}\n")
    assert not found.tasks
    assert lost(found)[0].startswith("2: some job: ")
    assert said in lost(found)[0]


def test_no_such_file_at_all() -> None:
    with pytest.raises(UserError):
        imported("sidekiq-scheduler", "- 1\n")


@pytest.mark.parametrize(
    ("when", "is_told"),
    [
        ("every: 45s", True),
        ("every: 1m", False),
        ("cron: '*/30 * * * * *'", True),
        ("cron: '10 * * * * *'", False),
        ("cron: '* * * * *'", False),
    ],
)
def test_jobs_that_come_more_often_than_once_a_minute_are_told(when: str, is_told: bool) -> None:
    found = imported("sidekiq-scheduler", f":schedule:\n  a:\n    {when}\n    class: A\n")
    assert any("each tick starts Rails" in each.text for each in found.told()) == is_told


def test_many_jobs_are_read_while_one_presses_a_key() -> None:
    jobs = "".join(f"  a{n}:\n    cron: '{n % 60} {n % 24} * * *'\n    class: A\n" for n in range(200))
    begin = time.process_time()
    found = imported("sidekiq-scheduler", f":schedule:\n{jobs}")
    assert len(found.tasks) == 200
    assert time.process_time() - begin < 5  # each used to take 50 ms: its next thousand ticks


@pytest.mark.parametrize(
    ("text", "line"),
    [("# <%= b\n%>\n<% if a %>\n", 3), ("# <%# c %>\n# <%= d %>\n\n# <%- e\n -%>\n", 4), ("# <%%>\n", 1)],
)
def test_code_in_a_file_is_told_with_its_line(text: str, line: int) -> None:
    found = imported("sidekiq-scheduler", f"{text}:schedule:\n  a:\n    every: 1h\n    class: A\n")
    told = [each for each in lost(found) if "Ruby code" in each]
    assert [each.split(":")[0] for each in told] == [str(line)]


def test_code_without_an_end_is_read_at_once() -> None:
    begin = time.process_time()
    assert imported("sidekiq-scheduler", "a: " + "<%" * 200_000).tasks == {}
    assert time.process_time() - begin < 3
